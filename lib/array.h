/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * array_reserve() - makes room for n_more elements in an array that grows
 * @p:      address of the pointer to the first element (NULL while empty)
 * @alloc:  address of the number of elements there is room for
 * @n:      the number of elements in use
 * @n_more: how many more are wanted
 * @size:   the size of an element in bytes
 *
 * New memory is zeroed. Growth is by doubling, so that appending stays linear.
 *
 * Return: 0; -ENOMEM, with everything as it was.
 */
int array_reserve(void *p, size_t *alloc, size_t n, size_t n_more, size_t size) _must_check_;

/* Room for one more element in v->items, where v has items, n and alloc. */
#define ARRAY_GROW(v) array_reserve(&(v)->items, &(v)->alloc, (v)->n, 1, sizeof(*(v)->items))
