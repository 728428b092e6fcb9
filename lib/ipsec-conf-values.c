/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <strings.h>

#include "ipsec-conf-keys.h"

static inline unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

/* The C locale's comparison, whatever the program's locale is. */
static bool equal_any_case(const char *a, size_t len, const char *b)
{
	for (size_t i = 0; i < len; i++)
		if (!b[i] || lower(a[i]) != lower(b[i]))
			return false;
	return !b[len];
}

static bool begins_with_any_case(const char *s, size_t len, const char *prefix, size_t prefix_len)
{
	return len >= prefix_len && equal_any_case(s, prefix_len, prefix);
}

/* The order of the table, whose names are in lower case. */
static int compare_any_case(const char *name, size_t len, const char *key)
{
	for (size_t i = 0; i < len; i++) {
		if (!key[i])
			return 1;
		if (lower(name[i]) != (unsigned char)key[i])
			return lower(name[i]) < (unsigned char)key[i] ? -1 : 1;
	}
	return key[len] ? -1 : 0;
}

static const struct ipsec_key *find_exact(const char *name, size_t len)
{
	size_t low = 0, high = ipsec_n_keys;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = compare_any_case(name, len, ipsec_keys[middle].name);

		if (r == 0)
			return &ipsec_keys[middle];
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool ipsec_key_find(struct libreswan_version version, const char *name, size_t len,
		    uint16_t *ret_key, enum ipsec_end *ret_end)
{
	const struct ipsec_key *key;
	enum ipsec_end end = IPSEC_END_NONE;
	size_t skip = 0;

	if (begins_with_any_case(name, len, "left", 4)) {
		end = IPSEC_END_LEFT;
		skip = 4;
	} else if (begins_with_any_case(name, len, "right", 5)) {
		end = IPSEC_END_RIGHT;
		skip = 5;
	}
	if (skip > 0 && version.major >= 5 && skip < len && name[skip] == '-')
		skip++;

	key = find_exact(name + skip, len - skip);
	if (!key || ipsec_key_kind(version, key) == IPSEC_KEY_NONE ||
	    (skip > 0) > !!(key->where & IPSEC_KEY_OF_END))
		return false;
	if (skip == 0 && (key->where & IPSEC_KEY_OF_END))
		end = IPSEC_END_RIGHT;

	*ret_key = (uint16_t)(key - ipsec_keys);
	*ret_end = end;
	return true;
}

uint16_t ipsec_key_field(uint16_t key)
{
	const char *field = ipsec_keys[key].field;
	const struct ipsec_key *documented = field ? find_exact(field, strlen(field)) : NULL;

	return documented ? (uint16_t)(documented - ipsec_keys) : key;
}

/* Whether a word is in a list with blanks between. */
static bool is_in_words(const char *words, const char *s, size_t len)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == len && strncasecmp(words, s, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

/* 4.x splits at these, and takes exactly one of the pieces, or none at all. */
static bool is_one_word(const char *words, const char *s, size_t len)
{
	size_t n_found = 0;

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		while (i + n < len && !strchr(":, \t", s[i + n]))
			n++;
		if (n > 0) {
			if (!is_in_words(words, s + i, n))
				return false;
			n_found++;
		}
		i += n + 1;
	}
	return n_found <= 1;
}

static bool is_lower(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return false;
	return true;
}

static size_t count_digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* Whether the number fits in 64 bits. */
static bool fits(const char *s, size_t n)
{
	char copy[24] = "";

	while (n > 1 && *s == '0') {
		s++;
		n--;
	}
	if (n > 20)
		return false;
	memcpy(copy, s, n);
	return n < 20 || strcmp(copy, "18446744073709551615") <= 0;
}

/* A decimal, perhaps with a fraction. Returns its length, 0 for none. */
static size_t decimal_length(const char *s, size_t len)
{
	size_t n = count_digits(s, len);
	size_t whole = n;

	if (!fits(s, n))
		return 0;
	if (n < len && s[n] == '.') {
		size_t fraction = count_digits(s + n + 1, len - n - 1);

		if (whole + fraction == 0)
			return 0;
		n += 1 + fraction;
	}
	return n;
}

static bool is_scaled(const char *s, size_t len, const char *scales)
{
	size_t n = decimal_length(s, len);

	return n > 0 && (n == len || is_in_words(scales, s + n, len - n));
}

/* libswan's ttobool(), ttodeltatime(), ttobinary() and shunk_to_uintmax() in 5.x */
static bool takes_5(const struct ipsec_key *key, enum ipsec_key_kind kind, const char *value,
		    size_t len)
{
	size_t n;

	switch (kind) {
	case IPSEC_KEY_WORD:
		return !key->words[1] || is_in_words(key->words[1], value, len);
	case IPSEC_KEY_NUMBER:
		return len > 0 && count_digits(value, len) == len && fits(value, len);
	case IPSEC_KEY_TIME:
		return is_scaled(value, len, "us ms s m h d w");
	case IPSEC_KEY_PERCENT:
		n = count_digits(value, len);
		return n > 0 && n <= 9 && len == n + 1 && value[n] == '%';
	case IPSEC_KEY_BINARY:
		return is_scaled(value, len, "Ki Mi Gi Ti Pi Ei");
	case IPSEC_KEY_BYTE:
		return is_scaled(value, len, "KiB MiB GiB TiB PiB EiB");
	default:
		return true;
	}
}

bool ipsec_key_takes(struct libreswan_version v, const struct ipsec_key *key, const char *value,
		     size_t len, bool bare)
{
	enum ipsec_key_kind kind = ipsec_key_kind(v, key);
	bool is_number = bare && len > 0 && count_digits(value, len) == len;

	if (v.major >= 5)
		return takes_5(key, kind, value, len);

	switch (kind) {
	case IPSEC_KEY_WORD:
		/* A number is taken as it is, without a look at the words. */
		return !is_number && (!key->words[0] || is_one_word(key->words[0], value, len));
	case IPSEC_KEY_BOOL:
		return is_lower(value, len) &&
		       is_in_words("y yes true on n no false off", value, len);
	case IPSEC_KEY_NUMBER:
		return is_number && fits(value, len);
	case IPSEC_KEY_STRING:
	case IPSEC_KEY_APPEND:
	case IPSEC_KEY_ALSO:
		return !is_number;
	default:
		return true;
	}
}

int libreswan_version_parse(const char *text, struct libreswan_version *ret)
{
	struct libreswan_version v = { 0 };

	for (; *text; text++) {
		char *end;
		unsigned long major, minor;

		if (*text < '0' || *text > '9')
			continue;
		major = strtoul(text, &end, 10);
		if (*end != '.' || end[1] < '0' || end[1] > '9' || major > 99) {
			text = end - 1;
			continue;
		}
		minor = strtoul(end + 1, &end, 10);
		if (minor > 999)
			return -EINVAL;
		v.major = (unsigned)major;
		v.minor = (unsigned)minor;
		*ret = v;
		return 0;
	}
	return -EINVAL;
}

/* Words that mean the same everywhere; -1 for none of them. */
static int truth(const char *s, size_t len)
{
	if (is_in_words("yes true on y 1", s, len))
		return 1;
	if (is_in_words("no false off n 0", s, len))
		return 0;
	return -1;
}

/* A time in microseconds, or -1. */
static double time_usec(const char *s, bool milliseconds)
{
	static const struct {
		const char *name;
		double usec;
	} scales[] = { { "us", 1 },     { "ms", 1e3 },    { "s", 1e6 },     { "m", 60e6 },
		       { "h", 3600e6 }, { "d", 86400e6 }, { "w", 604800e6 } };
	size_t n = decimal_length(s, strlen(s));
	double number = 0, digit = 1;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			digit = 0.1;
		} else if (digit < 1) {
			number += (s[i] - '0') * digit;
			digit /= 10;
		} else {
			number = number * 10 + (s[i] - '0');
		}
	}
	if (!s[n])
		return number * (milliseconds ? 1e3 : 1e6);
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++)
		if (strcasecmp(s + n, scales[i].name) == 0)
			return number * scales[i].usec;
	return -1;
}

static bool same_number(const char *a, const char *b)
{
	while (a[0] == '0' && a[1])
		a++;
	while (b[0] == '0' && b[1])
		b++;
	return streq(a, b);
}

/* Other names of the same word, e.g. up for start. NULL: it is its own. */
static const char *main_word(struct libreswan_version v, const char *key, const char *word)
{
	static const struct {
		const char *key, *word, *means;
		unsigned since, until; /* major versions */
	} synonyms[] = {
		{ "nic-offload", "crypto", "yes", 5, 99 },
		{ "auto", "up", "start", 3, 99 },
		{ "auto", "route", "ondemand", 3, 99 },
		{ "type", "pass", "passthrough", 3, 99 },
		{ "ikev2", "insist", "yes", 5, 99 },
		{ "ikev2", "propose", "yes", 5, 99 },
		{ "ikev2", "always", "yes", 5, 99 },
		{ "ikev2", "permit", "no", 5, 99 },
		{ "ikev2", "never", "no", 5, 99 },
		{ "ikev2", "always", "insist", 3, 4 },
		{ "ikev2", "never", "no", 3, 4 },
		{ "fragmentation", "insist", "force", 3, 99 },
		{ "fragmentation", "never", "no", 3, 99 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
		if (streq(key, synonyms[i].key) && strcasecmp(word, synonyms[i].word) == 0 &&
		    v.major >= synonyms[i].since && v.major <= synonyms[i].until)
			return synonyms[i].means;
	return word;
}

bool ipsec_key_same(struct libreswan_version v, const struct ipsec_key *key, const char *a,
		    const char *b)
{
	const char *field = key->field ? key->field : key->name;
	enum ipsec_key_kind kind = ipsec_key_kind(v, key);
	double usec;

	if (streq(a, b))
		return true;
	switch (kind) {
	case IPSEC_KEY_WORD:
		a = main_word(v, field, a);
		b = main_word(v, field, b);
		if (strcasecmp(a, b) == 0)
			return true;
		return v.major >= 5 && truth(a, strlen(a)) >= 0 &&
		       truth(a, strlen(a)) == truth(b, strlen(b));
	case IPSEC_KEY_BOOL:
		return truth(a, strlen(a)) >= 0 && truth(a, strlen(a)) == truth(b, strlen(b));
	case IPSEC_KEY_NUMBER:
		return same_number(a, b);
	case IPSEC_KEY_TIME:
		usec = time_usec(a, streq(field, "retransmit-interval"));
		return usec >= 0 && usec == time_usec(b, streq(field, "retransmit-interval"));
	default:
		return false;
	}
}

bool ipsec_conf_same_value(struct libreswan_version version, const char *name, const char *a,
			   const char *b)
{
	enum ipsec_end end;
	uint16_t key;

	if (streq(a, b))
		return true;
	return ipsec_key_find(version, name, strlen(name), &key, &end) &&
	       ipsec_key_same(version, &ipsec_keys[key], a, b);
}

static const char *name_of(const char *const *names, size_t n, size_t i)
{
	return i < n ? names[i] : NULL;
}

#define NAME_OF(names, i) name_of(names, ARRAY_SIZE(names), (size_t)(i))

const char *ipsec_conf_code_name(enum ipsec_conf_code code)
{
	static const char *const names[_IPSEC_CONF_CODE_MAX] = {
		[IPSEC_CONF_SYNTAX] = "syntax",
		[IPSEC_CONF_BYTES] = "bytes",
		[IPSEC_CONF_UNKNOWN_KEY] = "unknown-key",
		[IPSEC_CONF_BAD_VALUE] = "bad-value",
		[IPSEC_CONF_IGNORED] = "ignored",
		[IPSEC_CONF_MAIN_UNREADABLE] = "main-unreadable",
		[IPSEC_CONF_INCLUDE_NOTHING] = "include-nothing",
		[IPSEC_CONF_INCLUDE_UNREADABLE] = "include-unreadable",
		[IPSEC_CONF_INCLUDE_DEPTH] = "include-depth",
		[IPSEC_CONF_DUPLICATE_CONN] = "duplicate-conn",
		[IPSEC_CONF_DUPLICATE_KEY] = "duplicate-key",
		[IPSEC_CONF_ALSO_MISSING] = "also-missing",
		[IPSEC_CONF_ALSO_CONFLICT] = "also-conflict",
		[IPSEC_CONF_ALSO_IN_DEFAULT] = "also-in-default",
	};

	return NAME_OF(names, code);
}

const char *ipsec_conf_severity_name(enum ipsec_conf_severity severity)
{
	static const char *const names[] = { "note", "warning", "error", "fatal" };

	return NAME_OF(names, severity);
}

const char *ipsec_conf_origin_name(enum ipsec_conf_origin origin)
{
	static const char *const names[] = { "unset",   "built-in", "crypto-policy",
					     "default", "also",     "own" };

	return NAME_OF(names, origin);
}

const char *ipsec_conf_refusal_name(enum ipsec_conf_refusal refusal)
{
	static const char *const names[_IPSEC_CONF_REFUSED_MAX] = {
		[IPSEC_CONF_REFUSED_NOT] = "none",
		[IPSEC_CONF_REFUSED_NO_CONN] = "no-conn",
		[IPSEC_CONF_REFUSED_BROKEN] = "broken",
		[IPSEC_CONF_REFUSED_BYTES] = "bytes",
		[IPSEC_CONF_REFUSED_DUPLICATE_CONN] = "duplicate-conn",
		[IPSEC_CONF_REFUSED_DUPLICATE_KEY] = "duplicate-key",
		[IPSEC_CONF_REFUSED_ALSO_CONFLICT] = "also-conflict",
		[IPSEC_CONF_REFUSED_SHARED] = "shared",
		[IPSEC_CONF_REFUSED_NM_OWNED] = "nm-owned",
		[IPSEC_CONF_REFUSED_KEY] = "key",
		[IPSEC_CONF_REFUSED_VALUE] = "value",
		[IPSEC_CONF_REFUSED_REREAD] = "reread",
	};

	return NAME_OF(names, refusal);
}
