/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/* tcpdump(8) in the background. */
struct capture;

/*
 * capture_start() - starts it, and waits until it listens
 * @device:  the device; "" for any
 * @filter:  which packets, in the words of pcap-filter(7)
 * @seconds: how long it captures
 *
 * Return: 0; -ENOENT without tcpdump; another negative errno.
 */
int capture_start(const char *device, const char *filter, unsigned int seconds,
		  struct capture **ret);

/*
 * capture_finish() - waits for its end, and frees it
 * @ret: the packets, a line each; free with free()
 *
 * Return: 0; -EPERM when it may not capture; -EIO when it failed otherwise; -ENOMEM.
 */
int capture_finish(struct capture *c, char **ret);
