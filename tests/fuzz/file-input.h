/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/*
 * file_input() - any bytes as a file of that name, in a folder of this process in memory
 *
 * Return: the folder, until file_input_done().
 */
static inline const char *file_input(const char *name, const uint8_t *data, size_t size)
{
	static char folder[64];
	_cleanup_free_ char *path = NULL;
	int fd;

	snprintf(folder, sizeof(folder), "%s/esp-offloadd-fuzz.%i",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", getpid());
	if (mkdir(folder, 0700) < 0)
		FUZZ_CHECK(errno == EEXIST);
	FUZZ_CHECK(asprintf(&path, "%s/%s", folder, name) >= 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(size == 0 || write(fd, data, size) == (ssize_t)size);
	close(fd);
	return folder;
}

/* file_input_done() - takes file and folder away again, so that nothing is left at the end */
static inline void file_input_done(const char *folder, const char *name)
{
	_cleanup_free_ char *path = NULL;

	FUZZ_CHECK(asprintf(&path, "%s/%s", folder, name) >= 0);
	(void)unlink(path);
	(void)rmdir(folder);
}
