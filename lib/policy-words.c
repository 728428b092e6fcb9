/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-words.h"

#include <stdio.h>

#include "policy.h"

const char *const policy_manage_words[] = { "enforce", "monitor", NULL };
const char *const policy_activation_words[] = { "auto", "reactivate", "live", NULL };
const char *const policy_ipsec_words[] = { "auto", "restart", "replace", "never", NULL };
const char *const policy_on_loss_words[] = { "report", "rekey", "replace", NULL };
const char *const policy_esn_words[] = { "no", "yes", "either", NULL };

const char *policy_manage_name(enum policy_manage manage)
{
	return policy_manage_words[manage];
}

const char *policy_activation_name(enum policy_activation activation)
{
	return policy_activation_words[activation];
}

const char *policy_ipsec_name(enum policy_ipsec ipsec)
{
	return policy_ipsec_words[ipsec];
}

const char *policy_on_loss_name(enum policy_on_loss on_loss)
{
	return policy_on_loss_words[on_loss];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number without a sign: digits / 10^decimals. */
struct decimal {
	uint64_t digits;
	unsigned int decimals;
};

enum {
	DIGITS_MAX = 15 /* below 2^53 and 10^15 below 2^63: exact in a double */
};

/* Return: the first character that is no digit, or NULL when there are none, or too many. */
static const char *parse_digits(const char *s, struct decimal *d, unsigned int *ret_n)
{
	static const uint64_t too_large = 1000000000000000; /* 10^DIGITS_MAX */
	unsigned int n = 0;

	for (; is_digit(*s); s++, n++) {
		d->digits = d->digits * 10 + (uint64_t)(*s - '0');
		if (d->digits >= too_large || n == DIGITS_MAX)
			return NULL;
	}
	if (n == 0)
		return NULL;

	*ret_n = n;
	return s;
}

/* Return: what follows the number, or NULL when there is none, or one of too many digits. */
static const char *parse_decimal(const char *s, struct decimal *ret)
{
	struct decimal d = { 0 };
	unsigned int n;

	s = parse_digits(s, &d, &n);
	if (s && *s == '.')
		s = parse_digits(s + 1, &d, &d.decimals);
	if (s)
		*ret = d;
	return s;
}

static uint64_t power_of_ten(unsigned int n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "us", 1 },        { "ms", 1000 },          { "s", 1000000 },
	{ "sec", 1000000 }, { "min", 60 * 1000000 }, { "h", 3600000000ull },
};

static uint64_t unit_usec(const char *name)
{
	if (*name == '\0')
		return 1000000;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (streq(units[i].name, name))
			return units[i].usec;
	return 0;
}

int policy_duration_parse(const char *s, uint64_t *ret_usec)
{
	struct decimal d;
	const char *rest = parse_decimal(s, &d);
	uint64_t unit, usec;

	if (!rest)
		return -EINVAL;
	if (*rest == ' ')
		rest++;
	unit = unit_usec(rest);
	if (unit == 0)
		return -EINVAL;
	if (__builtin_mul_overflow(d.digits, unit, &usec))
		return -ERANGE;

	*ret_usec = usec / power_of_ten(d.decimals);
	return 0;
}

void policy_duration_print(uint64_t usec, char buffer[POLICY_NUMBER_SIZE])
{
	const char *unit = usec % 1000 != 0 ? "us" : usec % 1000000 != 0 ? "ms" : "s";

	snprintf(buffer, POLICY_NUMBER_SIZE, "%llu%s", (unsigned long long)(usec / unit_usec(unit)),
		 unit);
}

int policy_ratio_parse(const char *s, double *ret)
{
	struct decimal d;
	const char *rest = parse_decimal(s, &d);

	if (!rest || *rest)
		return -EINVAL;

	*ret = (double)d.digits / (double)power_of_ten(d.decimals);
	return 0;
}

void policy_ratio_print(double ratio, char buffer[POLICY_NUMBER_SIZE])
{
	unsigned int decimals = 0;
	uint64_t scale = 1, digits;

	for (;; decimals++, scale *= 10) {
		digits = (uint64_t)(ratio * (double)scale + 0.5);
		if (decimals == DIGITS_MAX || (double)digits / (double)scale == ratio)
			break;
	}

	if (decimals == 0)
		snprintf(buffer, POLICY_NUMBER_SIZE, "%llu", (unsigned long long)digits);
	else
		snprintf(buffer, POLICY_NUMBER_SIZE, "%llu.%0*llu",
			 (unsigned long long)(digits / scale), (int)decimals,
			 (unsigned long long)(digits % scale));
}

int policy_number_parse(const char *s, unsigned int *ret)
{
	uint64_t n = 0;

	if (!is_digit(*s))
		return -EINVAL;
	for (; is_digit(*s); s++) {
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > UINT32_MAX)
			return -ERANGE;
	}
	if (*s)
		return -EINVAL;

	*ret = (unsigned int)n;
	return 0;
}

/* The kernel's isspace() works on Latin-1, where 0xa0 is a blank (lib/ctype.c). */
static bool kernel_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

const char *policy_interface_fault(const char *name)
{
	if (*name == '\0')
		return "an interface's name is not empty";
	if (strlen(name) >= FACTS_NAME_SIZE)
		return "an interface's name has at most 15 bytes";
	if (streq(name, ".") || streq(name, ".."))
		return "\".\" and \"..\" name folders, not interfaces";
	for (const char *p = name; *p; p++) {
		if (*p == '/' || *p == ':')
			return "an interface's name has neither \"/\" nor \":\"";
		if (kernel_blank((unsigned char)*p))
			return "an interface's name has no blank (nor a byte 0xa0, which the "
			       "kernel takes for one)";
	}
	return NULL;
}

bool policy_is_pattern(const char *name)
{
	return strpbrk(name, "*?[\\") != NULL;
}
