/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-log.h"

#include <stdio.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

/* Longer ones are cut; those that matter are far shorter. */
#define MAX_MESSAGE 512

static void tell(sd_journal *journal, kernel_log_each_fn each, void *userdata)
{
	static const char field[] = "MESSAGE=";
	const size_t skip = sizeof(field) - 1;
	char message[MAX_MESSAGE];
	const void *data;
	size_t len;

	if (sd_journal_get_data(journal, "MESSAGE", &data, &len) < 0 || len < skip)
		return;
	len -= skip;
	if (len >= sizeof(message))
		len = sizeof(message) - 1;
	memcpy(message, (const char *)data + skip, len);
	message[len] = '\0';
	each(userdata, message);
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/*
 * The file that journald writes to now, or 0 where it does not go back that far. A host may have
 * hundreds of older ones, each of which would be opened and mapped.
 */
static int open_current(uint64_t since_realtime_usec, sd_journal **ret)
{
	static const char *const folders[] = { "/var/log/journal", "/run/log/journal" };
	char id[SD_ID128_STRING_MAX], room[ARRAY_SIZE(folders)][80];
	const char *paths[ARRAY_SIZE(folders) + 1] = { NULL };
	sd_journal *journal = NULL;
	sd_id128_t machine;
	uint64_t first;
	size_t n = 0;
	int r;

	r = sd_id128_get_machine(&machine);
	if (r < 0)
		return r;
	sd_id128_to_string(machine, id);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(room[i], sizeof(room[i]), "%s/%s/system.journal", folders[i], id);
		if (access(room[i], R_OK) == 0)
			paths[n++] = room[i];
	}
	if (n == 0)
		return 0;
	r = sd_journal_open_files(&journal, paths, 0);
	if (r < 0)
		return r;
	r = sd_journal_get_cutoff_realtime_usec(journal, &first, NULL);
	if (r <= 0 || first > since_realtime_usec) {
		sd_journal_close(journal);
		return r < 0 ? r : 0;
	}
	*ret = journal;
	return 1;
}

int kernel_log_read(uint64_t since_realtime_usec, kernel_log_each_fn each, void *userdata)
{
	uint64_t until = now_usec() + KERNEL_LOG_USEC;
	sd_journal *journal = NULL;
	int r;

	if (open_current(since_realtime_usec, &journal) <= 0) {
		r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
		if (r < 0)
			return r;
	}
	(void)sd_journal_set_data_threshold(journal, MAX_MESSAGE);
	r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
	if (r >= 0)
		r = sd_journal_seek_realtime_usec(journal, since_realtime_usec);
	for (int i = 0; r >= 0 && i < KERNEL_LOG_MAX && now_usec() < until; i++) {
		r = sd_journal_next(journal);
		if (r <= 0)
			break;
		tell(journal, each, userdata);
	}
	sd_journal_close(journal);
	return r < 0 ? r : 0;
}
