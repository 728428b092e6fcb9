/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-conn.h"

#include <ctype.h>
#include <stdio.h>

#include "facts.h"

static const char *find(const char *s, const char *end, const char *word)
{
	return memmem(s, (size_t)(end - s), word, strlen(word));
}

/* The number that 3.x and 4.x put before each line. */
static const char *skip_number(const char *s, const char *end)
{
	if (end - s >= 4 && isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) &&
	    isdigit((unsigned char)s[2]) && s[3] == ' ')
		return s + 4;
	return s;
}

/* What follows the quoted name, when the line is about that conn; else NULL. */
static const char *rest_of(const char *line, const char *end, const char *name)
{
	const char *s = skip_number(line, end), *quote;

	while (s < end && *s == ' ')
		s++;
	quote = s < end && *s == '"' ? memchr(s + 1, '"', (size_t)(end - s - 1)) : NULL;
	if (!quote || !facts_is_tunnel_of(s + 1, (size_t)(quote - s - 1), name))
		return NULL;
	return quote + 1;
}

static unsigned long number_after(const char *s, const char *end, const char *word)
{
	const char *p = find(s, end, word);
	unsigned long n = 0;

	if (!p)
		return 0;
	for (p += strlen(word); p < end && isdigit((unsigned char)*p) && n < 100000000; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	return n;
}

/*
 * The number of an SA, by the first of the names that is there: "newest ISAKMP SA: #1" of 4.x,
 * "established IKE SA: #1" of 5.x.
 */
static unsigned long number_of_sa(const char *s, const char *end, const char *const words[])
{
	unsigned long n = 0;

	for (size_t i = 0; words[i] && n == 0; i++)
		n = number_after(s, end, words[i]);
	return n;
}

static void copy_value(const char *s, const char *end, const char *word, char *buffer, size_t size)
{
	const char *p = find(s, end, word);
	size_t n = 0;

	if (!p)
		return;
	for (p += strlen(word); p < end && *p != ';' && n + 1 < size; p++)
		buffer[n++] = *p;
	buffer[n] = '\0';
}

/* With ipsec-interface= that one comes first: "ipsec1@bond0", or "ipsec1[5]@bond0". */
static void copy_interface(const char *s, const char *end, char *buffer, size_t size)
{
	char value[64] = "";
	const char *name = value, *at;

	copy_value(s, end, "; interface: ", value, sizeof(value));
	if (!*value)
		return;
	at = strchr(value, '@');
	if (at && has_prefix(value, "ipsec") && isdigit((unsigned char)value[strlen("ipsec")]))
		name = at + 1;
	(void)snprintf(buffer, size, "%.*s", (int)size - 1, name);
}

/* True for "; routed-tunnel;" of 5.x, "; erouted;" of 4.x and their kin, false for "unrouted". */
static bool says_routed(const char *s, const char *end)
{
	return !find(s, end, "unrouted") &&
	       (find(s, end, "; routed") || find(s, end, "erouted") || find(s, end, " routed"));
}

static void read_line(const char *s, const char *end, struct pluto_conn *c)
{
	static const char *const ike[] = { "newest ISAKMP SA: #", "newest IKE SA: #",
					   "established ISAKMP SA: #", "established IKE SA: #",
					   NULL };
	static const char *const child[] = { "newest IPsec SA: #", "newest Child SA: #",
					     "established IPsec SA: #", "established Child SA: #",
					     NULL };
	unsigned long n;

	c->loaded = true;
	if (find(s, end, "..."))
		c->routed = c->routed || says_routed(s, end);
	if (find(s, end, "oriented;") && !find(s, end, "unoriented;"))
		c->oriented = true;
	copy_interface(s, end, c->interface, sizeof(c->interface));
	copy_value(s, end, "algorithm newest: ",
		   find(s, end, "ESP algorithm") ? c->esp_algorithm : c->ike_algorithm,
		   sizeof(c->esp_algorithm));
	n = number_after(s, end, " mtu: ");
	if (n > 0)
		c->mtu = (unsigned int)n;
	n = number_of_sa(s, end, ike);
	if (n > 0)
		c->ike = n;
	n = number_of_sa(s, end, child);
	if (n > 0)
		c->child = n;
}

void pluto_conn_parse(const char *text, const char *name, struct pluto_conn *ret)
{
	struct pluto_conn c = { 0 };

	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *rest = rest_of(text, end, name);

		if (rest)
			read_line(rest, end, &c);
		text = *end ? end + 1 : end;
	}
	if (streq(c.interface, "unset"))
		c.interface[0] = '\0';
	*ret = c;
}
