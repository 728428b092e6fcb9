/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * How the policy's values are written: what the reader and the printer share. Nothing here depends
 * on the locale.
 */

/* The words of each enumeration of policy.h in its order, ending in NULL. */
extern const char *const policy_manage_words[];
extern const char *const policy_activation_words[];
extern const char *const policy_ipsec_words[];
extern const char *const policy_on_loss_words[];

/* What conns take for esn= (ipsec.conf(5)), ending in NULL. */
extern const char *const policy_esn_words[];

/*
 * policy_duration_parse() - reads "30s", "500ms", "2min", "1.5s", or plain seconds
 *
 * Return: 0 and microseconds in @ret; -EINVAL when it is none; -ERANGE when it is too large.
 */
int policy_duration_parse(const char *s, uint64_t *ret_usec);

/* The longest text that policy_duration_print() and policy_ratio_print() write, with its NUL. */
enum {
	POLICY_NUMBER_SIZE = 32
};

void policy_duration_print(uint64_t usec, char buffer[POLICY_NUMBER_SIZE]);

/*
 * policy_ratio_parse() - reads a decimal number such as "0.95"
 *
 * At most 15 digits, so that the value is the double that is nearest, and prints as it was written.
 *
 * Return: 0; -EINVAL.
 */
int policy_ratio_parse(const char *s, double *ret);
void policy_ratio_print(double ratio, char buffer[POLICY_NUMBER_SIZE]);

/* policy_number_parse() - reads a whole number without a sign. Return: 0; -EINVAL; -ERANGE. */
int policy_number_parse(const char *s, unsigned int *ret);

/*
 * policy_interface_fault() - what the kernel has against an interface's name
 *
 * The rules are those of dev_valid_name() in net/core/dev.c.
 *
 * Return: the reason, of static storage; NULL when the name is good.
 */
const char *policy_interface_fault(const char *name);
