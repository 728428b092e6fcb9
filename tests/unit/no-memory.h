/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Memory that runs out. no-memory.c takes the place of malloc() and its kin for the whole process,
 * the libraries in it too, so that each allocation can be made to fail in turn.
 */

/*
 * each_failing() - calls @act with its first, second, third … allocation failing, until none does
 * @act: returns -ENOMEM, or 0 when all is as it is with memory enough, which it looks after itself
 *
 * What was leaked on the way is for the address sanitizer to see.
 *
 * Return: how many allocations there were.
 */
size_t each_failing(int (*act)(void));

/* no_memory_pause(), no_memory_resume() - between them no allocation fails, nor counts; an act may
 * end paused */
void no_memory_pause(void);
void no_memory_resume(void);
