/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/* Of this process, in memory; made once, and gone at its end. */
static char file_input_folder[64], file_input_path[128];

static inline void file_input_done(void)
{
	(void)unlink(file_input_path);
	(void)rmdir(file_input_folder);
}

/*
 * file_input() - any bytes as a file of that name, always the same one of a program, in a folder
 * that has nothing else
 *
 * Return: the folder.
 */
static inline const char *file_input(const char *name, const uint8_t *data, size_t size)
{
	int fd;

	if (!*file_input_folder) {
		snprintf(file_input_folder, sizeof(file_input_folder), "%s/esp-offloadd-fuzz.%i",
			 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", getpid());
		snprintf(file_input_path, sizeof(file_input_path), "%s/%s", file_input_folder,
			 name);
		FUZZ_CHECK(mkdir(file_input_folder, 0700) == 0);
		FUZZ_CHECK(atexit(file_input_done) == 0);
	}
	fd = open(file_input_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
	close(fd);
	return file_input_folder;
}
