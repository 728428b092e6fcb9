/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

/* Feeds a target the files that are named, and those in the folders that are named. */

static unsigned int n_fed;

static void feed(const char *path)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct stat st;
	size_t size;
	FILE *f;

	f = fopen(path, "re");
	FUZZ_CHECK(f && fstat(fileno(f), &st) == 0);
	size = (size_t)st.st_size;
	/* Exactly as large as the input, for the address sanitizer. */
	bytes = malloc(size ?: 1);
	FUZZ_CHECK(bytes && fread(bytes, 1, size, f) == size);
	fclose(f);

	LLVMFuzzerTestOneInput(bytes, size);
	n_fed++;
}

static void feed_folder(const char *path, DIR *folder)
{
	struct dirent *entry;

	while ((entry = readdir(folder))) {
		_cleanup_free_ char *file = NULL;

		if (entry->d_name[0] == '.')
			continue;
		FUZZ_CHECK(asprintf(&file, "%s/%s", path, entry->d_name) >= 0);
		feed(file);
	}
	closedir(folder);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);

		if (folder)
			feed_folder(argv[i], folder);
		else
			feed(argv[i]);
	}
	printf("%u inputs\n", n_fed);
	return n_fed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
