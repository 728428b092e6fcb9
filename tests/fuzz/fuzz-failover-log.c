/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "small-failover-log.h"

#include "file-input.h"

/*
 * Any bytes as what was kept of failovers. Whatever they are: what is remembered is in order, the
 * bus can be told of it, and the next failover is kept beside it.
 */

static struct failover_log *open_it(const char *path)
{
	struct failover_log *l = NULL;

	FUZZ_CHECK(failover_log_open(path, "boot", &l) == 0 && l);
	return l;
}

static size_t look_at(const struct failover_log *l)
{
	json_t *array = failover_log_since(l, 0), *j;
	json_int_t before = 0;
	size_t n, i;

	FUZZ_CHECK(array);
	n = json_array_size(array);
	FUZZ_CHECK(n <= FAILOVER_LOG_SIZE && (n > 0) == (failover_log_last(l) != NULL));
	json_array_foreach(array, i, j)
	{
		json_int_t id = json_integer_value(json_object_get(j, "id"));

		FUZZ_CHECK(i == 0 || id == before + 1);
		before = id;
	}
	FUZZ_CHECK(n == 0 || (uint64_t)before == failover_log_count(l));
	json_decref(array);
	return n;
}

static void add_and_read(const char *path, struct failover_log *l)
{
	struct failover f = { .realtime_usec = 1, .from = "ix0", .to = "ix1" };
	uint64_t count = failover_log_count(l);

	failover_log_add(l, &f);
	FUZZ_CHECK(failover_log_write(l) == 0 && failover_log_sync(l) == 0);
	FUZZ_CHECK(f.id == count + 1);
	l = open_it(path);
	FUZZ_CHECK(look_at(l) > 0);
	FUZZ_CHECK(failover_log_count(l) == count + 1);
	FUZZ_CHECK(streq(failover_log_last(l)->to, "ix1"));
	failover_log_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *folder = file_input("log", data, size);
	struct failover_log_standing standing;
	_cleanup_free_ char *path = NULL;
	struct failover_log *l;

	FUZZ_CHECK(asprintf(&path, "%s/log", folder) >= 0);
	l = open_it(path);
	look_at(l);
	FUZZ_CHECK(!failover_log_standing(l, &standing) || standing.port[0]);
	/* No host gets there; the next number would be none. */
	if (failover_log_count(l) < INT64_MAX / 2)
		add_and_read(path, l);
	failover_log_free(l);
	return 0;
}
