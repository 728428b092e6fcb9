/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "times.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#define USEC_PER_SEC UINT64_C(1000000)
#define MINUTE       (60 * USEC_PER_SEC)
#define HOUR         (60 * MINUTE)
#define DAY          (24 * HOUR)

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "us", 1 },
	{ "ms", 1000 },
	{ "s", USEC_PER_SEC },
	{ "sec", USEC_PER_SEC },
	{ "min", MINUTE },
	{ "m", MINUTE },
	{ "h", HOUR },
	{ "hour", HOUR },
	{ "hours", HOUR },
	{ "d", DAY },
	{ "day", DAY },
	{ "days", DAY },
	{ "w", 7 * DAY },
	{ "week", 7 * DAY },
	{ "weeks", 7 * DAY },
	{ "minutes", MINUTE },
	{ "minute", MINUTE },
	{ "seconds", USEC_PER_SEC },
	{ "second", USEC_PER_SEC },
};

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " ");
}

/* A number with at most six decimals, which are as fine as anything here. */
static const char *parse_number(const char *s, uint64_t *ret_millionths)
{
	uint64_t n = 0, scale = 100000;
	const char *start = s;

	for (; isdigit((unsigned char)*s); s++) {
		if (n > UINT64_MAX / 10 / USEC_PER_SEC - 10)
			return NULL;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	if (s == start)
		return NULL;
	n *= USEC_PER_SEC;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return NULL;
		for (; isdigit((unsigned char)*s); s++, scale /= 10)
			n += (uint64_t)(*s - '0') * scale;
	}
	*ret_millionths = n;
	return s;
}

static int unit_of(const char *s, size_t len, uint64_t *ret_usec)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len && strncmp(units[i].name, s, len) == 0) {
			*ret_usec = units[i].usec;
			return 0;
		}
	return -EINVAL;
}

/* @n millionths of a unit, in microseconds. */
static int scale_up(uint64_t n, uint64_t unit, uint64_t *ret)
{
	uint64_t whole = n / USEC_PER_SEC, part = n % USEC_PER_SEC, usec;

	if (__builtin_mul_overflow(whole, unit, &usec) ||
	    __builtin_add_overflow(usec, part * unit / USEC_PER_SEC, &usec))
		return -ERANGE;
	*ret = usec;
	return 0;
}

int times_parse_span(const char *text, uint64_t *ret_usec)
{
	const char *s = skip_blanks(text);
	uint64_t sum = 0, n, unit, usec;
	bool any = false;

	while (*s) {
		size_t len;
		int r;

		s = parse_number(s, &n);
		if (!s)
			return -EINVAL;
		s = skip_blanks(s);
		for (len = 0; isalpha((unsigned char)s[len]); len++)
			;
		if (len == 0 && (*s || any))
			return -EINVAL; /* a number without a unit stands alone */
		unit = USEC_PER_SEC;
		r = len > 0 ? unit_of(s, len, &unit) : 0;
		if (r >= 0)
			r = scale_up(n, unit, &usec);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(sum, usec, &sum))
			return -ERANGE;
		s = skip_blanks(s + len);
		any = true;
	}
	if (!any)
		return -EINVAL;
	*ret_usec = sum;
	return 0;
}

/* ---- points in time ---- */

static int usec_of(struct tm *tm, uint64_t *ret)
{
	const struct tm wanted = *tm;
	time_t t;

	tm->tm_isdst = -1;
	t = mktime(tm);
	/* mktime() takes the 31st of April for the 1st of May; we do not. */
	if (t == (time_t)-1 || t < 0 || tm->tm_mday != wanted.tm_mday ||
	    tm->tm_mon != wanted.tm_mon)
		return -EINVAL;
	*ret = (uint64_t)t * USEC_PER_SEC;
	return 0;
}

static int today(uint64_t now_usec, int days, struct tm *ret)
{
	time_t now = (time_t)(now_usec / USEC_PER_SEC);

	if (!localtime_r(&now, ret))
		return -EINVAL;
	ret->tm_hour = ret->tm_min = ret->tm_sec = 0;
	if (days != 0) {
		ret->tm_mday += days;
		ret->tm_isdst = -1;
		if (mktime(ret) == (time_t)-1)
			return -EINVAL;
	}
	return 0;
}

static int parse_date(const char *text, uint64_t now_usec, uint64_t *ret)
{
	static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
					       "%H:%M:%S", "%H:%M" };
	struct tm tm;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *end;

		if (today(now_usec, 0, &tm) < 0)
			return -EINVAL;
		end = strptime(text, formats[i], &tm);
		if (end && !*end)
			return usec_of(&tm, ret);
	}
	return -EINVAL;
}

/* "1h 30min ago": the span without its last word. */
static int parse_ago(const char *text, uint64_t *ret_span)
{
	static const char ago[] = " ago";
	size_t len = strlen(text), suffix = sizeof(ago) - 1;
	_cleanup_free_ char *span = NULL;

	if (len <= suffix || !streq(text + len - suffix, ago))
		return -EINVAL;
	span = strndup(text, len - suffix);
	return span ? times_parse_span(span, ret_span) : -ENOMEM;
}

int times_parse(const char *text, uint64_t now_usec, uint64_t *ret_usec)
{
	struct tm tm;
	uint64_t n;
	int r;

	if (streq(text, "now")) {
		*ret_usec = now_usec;
		return 0;
	}
	if (streq(text, "today") || streq(text, "yesterday")) {
		r = today(now_usec, streq(text, "today") ? 0 : -1, &tm);
		return r < 0 ? r : usec_of(&tm, ret_usec);
	}
	if (*text == '@') {
		const char *end = parse_number(text + 1, &n);

		if (!end || *end)
			return -EINVAL;
		*ret_usec = n;
		return 0;
	}
	r = *text == '-' ? times_parse_span(text + 1, &n) : parse_ago(text, &n);
	if (r >= 0) {
		if (n > now_usec)
			return -EINVAL;
		*ret_usec = now_usec - n;
		return 0;
	}
	return parse_date(text, now_usec, ret_usec);
}

/* ---- printing ---- */

static bool local_time(uint64_t usec, struct tm *ret)
{
	time_t t = (time_t)(usec / USEC_PER_SEC);

	return localtime_r(&t, ret) != NULL;
}

void times_print(uint64_t usec, char buffer[TIMES_TEXT_SIZE])
{
	struct tm tm;

	if (!local_time(usec, &tm) || strftime(buffer, TIMES_TEXT_SIZE, "%Y-%m-%d %T", &tm) == 0)
		snprintf(buffer, TIMES_TEXT_SIZE, "@%llu",
			 (unsigned long long)(usec / USEC_PER_SEC));
}

void times_print_clock(uint64_t usec, char buffer[TIMES_TEXT_SIZE])
{
	struct tm tm = { 0 };

	(void)local_time(usec, &tm);
	snprintf(buffer, TIMES_TEXT_SIZE, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (unsigned int)(usec % USEC_PER_SEC / 1000));
}

void times_print_span(uint64_t usec, char buffer[TIMES_TEXT_SIZE])
{
	static const struct {
		uint64_t large, small;
		const char *large_name, *small_name;
	} pairs[] = {
		{ DAY, HOUR, "d", "h" },
		{ HOUR, MINUTE, "h", "min" },
		{ MINUTE, USEC_PER_SEC, "min", "s" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		unsigned long long large = usec / pairs[i].large;
		unsigned long long small = usec % pairs[i].large / pairs[i].small;

		if (large == 0)
			continue;
		snprintf(buffer, TIMES_TEXT_SIZE, small ? "%llu %s %llu %s" : "%llu %s", large,
			 pairs[i].large_name, small, pairs[i].small_name);
		return;
	}
	if (usec >= USEC_PER_SEC)
		snprintf(buffer, TIMES_TEXT_SIZE, "%llu.%llu s",
			 (unsigned long long)(usec / USEC_PER_SEC),
			 (unsigned long long)(usec % USEC_PER_SEC / 100000));
	else
		snprintf(buffer, TIMES_TEXT_SIZE, "%llu ms", (unsigned long long)(usec / 1000));
}
