/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "text.h"

/*
 * What the kernel says in its log when the SAs of a bond are moved to another port: bonding itself
 * (bond_ipsec_add_sa_all(), drivers/net/bonding/bond_main.c) and, before it, the port's driver, who
 * knows the reason. Nothing else tells that an SA could not be moved: its dump looks unchanged.
 */

#define KERNEL_WORDS_MAX  6
#define KERNEL_WORDS_SIZE 120

struct kernel_words {
	struct {
		char text[KERNEL_WORDS_SIZE]; /* without the names of bond, port and driver */
		unsigned int times;
	} items[KERNEL_WORDS_MAX]; /* different ones, in the order of the log; more are left out */
	size_t n;
	uint64_t refused; /* SAs that bonding could not give to the port */
	bool without_ops; /* bonding says that the port's driver offloads nothing at all */
};

/*
 * kernel_words_take() - one message of the kernel's log
 * @message: without its time
 *
 * Return: true when it is about SAs of this port under this bond, and was taken.
 */
bool kernel_words_take(struct kernel_words *w, const char *bond, const char *port,
		       const char *message);

/* kernel_words_print() - "WORDS; WORDS (3 times)"; nothing for none */
void kernel_words_print(const struct kernel_words *w, struct text *t);
