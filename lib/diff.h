/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * diff_unified() - what changed between two texts, as diff -u prints it
 * @old_name, @new_name: for the two lines at the top
 * @context: how many equal lines around a change
 *
 * The shortest script of whole lines is found in time and memory that grow with the square of the
 * number of changed lines; beyond 500 of them the rest is shown as one change. Bytes are passed
 * through as they are.
 *
 * Return: 0, and the text in @ret ("" for equal texts); -ENOMEM.
 */
int diff_unified(const char *old_name, const char *old_bytes, size_t old_len, const char *new_name,
		 const char *new_bytes, size_t new_len, unsigned context, char **ret) _must_check_;
