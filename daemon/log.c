/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "journal-socket.h"
#include "text.h"

/* For a journal that takes nothing; no failover is followed while it is waited for. */
#define PATIENCE_MSEC 1000

/* The process has one log: where it goes is decided once, at its start. */
static struct {
	const char *identifier;
	int max_priority;
	bool journal;
	unsigned long n_lost; /* since it took something */
} sink = { .identifier = "esp-offloadd", .max_priority = LOG_INFO };

/* systemd.exec(5), $JOURNAL_STREAM: device and inode of the stream, if it is still that one. */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	/* What systemd has put there; any other is no journal. */
	if (!env || sscanf(env, "%20llu:%20llu", &dev, &ino) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_open(const char *identifier, int max_priority)
{
	sink.identifier = identifier;
	sink.max_priority = max_priority;
	sink.journal = stderr_is_journal();
}

static int to_journal(int priority, const char *message_id, const struct log_field *fields,
		      size_t n_fields, const char *message)
{
	enum {
		MAX_FIELDS = 12
	};
	struct iovec iov[MAX_FIELDS + 4];
	struct text texts[MAX_FIELDS + 4] = { 0 };
	size_t n = 0;
	int r = 0;

	text_printf(&texts[n++], "MESSAGE=%s", message);
	text_printf(&texts[n++], "PRIORITY=%d", priority);
	text_printf(&texts[n++], "SYSLOG_IDENTIFIER=%s", sink.identifier);
	if (message_id)
		text_printf(&texts[n++], "MESSAGE_ID=%s", message_id);
	for (size_t i = 0; i < n_fields && n < ARRAY_SIZE(texts); i++)
		if (fields[i].value)
			text_printf(&texts[n++], "%s=%s", fields[i].name, fields[i].value);

	for (size_t i = 0; i < n; i++) {
		if (texts[i].failed)
			r = -ENOMEM;
		iov[i] = (struct iovec){ .iov_base = texts[i].data, .iov_len = texts[i].len };
	}
	if (r == 0)
		r = sd_journal_sendv(iov, (int)n);

	for (size_t i = 0; i < n; i++)
		text_done(&texts[i]);
	return r;
}

/* Whether the journal takes an entry. Once it has been waited for in vain it is asked, and no more.
 */
static bool journal_takes(void)
{
	return journal_socket_takes(JOURNAL_SOCKET, sink.n_lost == 0 ? PATIENCE_MSEC : 0);
}

static void tell_lost(void)
{
	char message[96];

	snprintf(message, sizeof(message),
		 "messages missing before this one, as the journal took none: %lu", sink.n_lost);
	if (to_journal(LOG_WARNING, NULL, NULL, 0, message) == 0)
		sink.n_lost = 0;
}

/* Return: 0; -EAGAIN, and the entry is counted, where the journal hangs; another negative errno. */
static int to_journal_in_time(int priority, const char *message_id, const struct log_field *fields,
			      size_t n_fields, const char *message)
{
	if (sink.n_lost > 0 && journal_takes())
		tell_lost();
	if (!journal_takes()) {
		sink.n_lost++;
		return -EAGAIN;
	}
	return to_journal(priority, message_id, fields, n_fields, message);
}

static void log_message(int priority, const char *message_id, const struct log_field *fields,
			size_t n_fields, const char *message)
{
	int r = -ENOTCONN;

	if (sink.journal)
		r = to_journal_in_time(priority, message_id, fields, n_fields, message);
	/* With a journal that hangs standard error leads there as well. */
	if (r < 0 && r != -EAGAIN)
		fprintf(stderr, "%s: %s\n", sink.identifier, message);
}

void log_event(int priority, const char *message_id, const struct log_field *fields,
	       size_t n_fields, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	int saved = errno;
	va_list args;

	if (priority > sink.max_priority)
		return;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);

	if (message)
		log_message(priority, message_id, fields, n_fields, message);
	errno = saved;
}
