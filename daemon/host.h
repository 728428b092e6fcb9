/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/* The running kernel: which it is, and whether it can hand ESP to a device at all. */

/* The room for uname's release with its NUL. */
#define HOST_RELEASE_SIZE 65

struct host {
	char kernel[HOST_RELEASE_SIZE];
	char kernel_build[HOST_RELEASE_SIZE]; /* uname's version, as in struct facts */
	bool esp4_offload;                    /* as in struct facts */
	bool esp6_offload;
};

/*
 * host_has_module() - whether a module is loaded, built in, or there to be loaded
 * @root: the directory in which /sys, /lib and /usr/lib are looked for; "" for the host
 * @release: the kernel's release
 * @module: the name with underscores, such as "esp4_offload"
 *
 * "There to be loaded" counts as well: xfrm_dev_state_add() asks for "xfrm-offload-…" with the
 * first SA to be offloaded (net/xfrm/xfrm_state.c, xfrm_get_type_offload()).
 *
 * Return: 1 or 0; a negative errno when a list of modules is there and cannot be read.
 */
int host_has_module(const char *root, const char *release, const char *module) _must_check_;

/*
 * host_observe() - all of struct host
 * @root: as above
 */
int host_observe(const char *root, struct host *ret) _must_check_;
