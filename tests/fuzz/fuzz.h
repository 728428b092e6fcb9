/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base.h"

/*
 * A target is one function over bytes, in the shape that libFuzzer and AFL++ expect. Built without
 * either, replay.c feeds it the files of its corpus, as a plain test.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input: unlike assert(), never compiled away. */
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%i: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
