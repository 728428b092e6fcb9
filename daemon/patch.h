/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What one edit of a file has replaced, in whole lines, so that it can be taken back to the byte
 * without a copy of the file. By their SHA-256 the bytes of before and after are known again.
 */

#define PATCH_SUM_SIZE 65 /* in hexadecimal digits, with its NUL */

struct patch {
	size_t at;       /* where in the file */
	char *old_bytes; /* what stood there; NULL: this is no patch */
	size_t old_len;
	char *new_bytes; /* what was put there */
	size_t new_len;
	char before[PATCH_SUM_SIZE]; /* of the whole file */
	char after[PATCH_SUM_SIZE];
};

#define PATCH_NULL ((struct patch){ 0 })

/* patch_make() - from one file to another. Return: 0; -ENOMEM */
int patch_make(const char *old_bytes, size_t old_len, const char *new_bytes, size_t new_len,
	       struct patch *ret);
void patch_done(struct patch *p);

/* patch_copy() - Return: 0; -ENOMEM */
int patch_copy(const struct patch *p, struct patch *ret);

/*
 * patch_undo() - what the file was before
 * @bytes: the file as it is now
 * @ret: free with free(); NUL follows
 *
 * Return: 0; 1 when it is not as the patch has left it; -ENOMEM.
 */
int patch_undo(const struct patch *p, const char *bytes, size_t len, char **ret, size_t *ret_len);

/*
 * patch_join() - makes one of two, the second of which was made upon the first, in the lines that
 * it had put there
 * @first: becomes both of them
 *
 * Return: 0; 1 when they are not such two, with @first as it was; -ENOMEM.
 */
int patch_join(struct patch *first, const struct patch *second);
