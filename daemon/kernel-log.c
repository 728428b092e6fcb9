/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-log.h"

#include <systemd/sd-journal.h>

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

int kernel_log_read(uint64_t since_realtime_usec, kernel_log_each_fn each, void *userdata)
{
	sd_journal *journal = NULL;
	int r;

	r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (r < 0)
		return r;
	(void)sd_journal_set_data_threshold(journal, MAX_MESSAGE);
	r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
	if (r >= 0)
		r = sd_journal_seek_realtime_usec(journal, since_realtime_usec);
	for (int i = 0; r >= 0 && i < KERNEL_LOG_MAX; i++) {
		r = sd_journal_next(journal);
		if (r <= 0)
			break;
		tell(journal, each, userdata);
	}
	sd_journal_close(journal);
	return r < 0 ? r : 0;
}
