/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-status.h"

#include <ctype.h>
#include <limits.h>

#include "array.h"

/* Protocol numbers as IANA has them: linux/in.h is none of the core's headers. */
#define PROTO_ESP 50
#define PROTO_AH  51

/* A line about a state of pluto: #SERIAL: "CONN" and the rest. */
struct state_line {
	unsigned long serial;
	const char *conn;
	size_t conn_len;
	const char *rest; /* after the closing quote */
	const char *end;  /* of the line */
};

/* Libreswan 4 puts a number before each line, "000 " or, in 3.x, "1v2 ". */
static const char *skip_number(const char *s, const char *end)
{
	if (end - s >= 4 && isdigit((unsigned char)s[0]) && isalnum((unsigned char)s[1]) &&
	    isdigit((unsigned char)s[2]) && s[3] == ' ')
		return s + 4;
	return s;
}

static bool read_number(const char **s, const char *end, int base, unsigned long *ret)
{
	unsigned long n = 0;
	const char *p;

	for (p = *s; p < end && isxdigit((unsigned char)*p); p++) {
		unsigned int digit =
			isdigit((unsigned char)*p)
				? (unsigned int)(*p - '0')
				: (unsigned int)(tolower((unsigned char)*p) - 'a' + 10);

		if (digit >= (unsigned int)base)
			break;
		if (n > (ULONG_MAX - digit) / (unsigned int)base)
			return false;
		n = n * (unsigned int)base + digit;
	}
	if (p == *s)
		return false;
	*s = p;
	*ret = n;
	return true;
}

static bool read_state_line(const char *line, const char *end, struct state_line *ret)
{
	const char *s = skip_number(line, end);
	const char *quote;
	unsigned long serial;

	if (s == end || *s != '#')
		return false;
	s++;
	if (!read_number(&s, end, 10, &serial) || end - s < 3 || memcmp(s, ": \"", 3) != 0)
		return false;
	s += 3;
	quote = memchr(s, '"', (size_t)(end - s));
	if (!quote || quote == s)
		return false;

	*ret = (struct state_line){
		.serial = serial,
		.conn = s,
		.conn_len = (size_t)(quote - s),
		.rest = quote + 1,
		.end = end,
	};
	return true;
}

/* The next line from *@text on; false after the last. */
static bool next_line(const char **text, const char **ret_line, const char **ret_end)
{
	const char *line = *text;
	const char *end = strchr(line, '\n');

	if (*line == '\0')
		return false;
	*ret_line = line;
	*ret_end = end ? end : line + strlen(line);
	*text = end ? end + 1 : *ret_end;
	return true;
}

static const char *find(const char *s, const char *end, const char *what)
{
	return memmem(s, (size_t)(end - s), what, strlen(what));
}

static const char *find_last(const char *s, const char *end, const char *what)
{
	const char *last = NULL;

	for (const char *p = find(s, end, what); p; p = find(p + 1, end, what))
		last = p;
	return last;
}

static char *copy(const char *s, size_t len)
{
	char *c = malloc(len + 1);

	if (!c)
		return NULL;
	memcpy(c, s, len);
	c[len] = '\0';
	return c;
}

/* The number after @key, which begins with ", "; false where there is none. */
static bool read_field(const char *s, const char *end, const char *key, uint64_t *ret)
{
	const char *p = find(s, end, key);
	unsigned long n;

	if (!p)
		return false;
	p += strlen(key);
	if (!read_number(&p, end, 10, &n))
		return false;
	*ret = n;
	return true;
}

/*
 * The peer's name and identity stand in the line, too, and the peer chooses them: what looks like
 * a field may be part of one. The name of an XAUTH user comes before the fields, an identity (which
 * is printed only without such a name) after them.
 */
static const char *find_fields(const struct state_line *l)
{
	const char *type = find(l->rest, l->end, ", type=");

	return type && find(l->rest, type, ", username=") ? find_last(type, l->end, ", type=")
							  : type;
}

struct tunnels {
	struct facts_tunnel *items;
	size_t n;
	size_t alloc;
};

static int add_tunnel(struct tunnels *t, const struct state_line *l, const char *fields)
{
	static const char offload[] = "(nic-offload=";
	struct facts_tunnel tunnel = { .serial = l->serial };
	const char *comma = memchr(fields + 1, ',', (size_t)(l->end - fields - 1));
	bool in, out;

	tunnel.offloaded = comma && find(fields, comma, offload);
	in = read_field(fields, l->end, ", inBytes=", &tunnel.in_bytes);
	out = read_field(fields, l->end, ", outBytes=", &tunnel.out_bytes);
	tunnel.kernel_lost = !in || !out;

	if (ARRAY_GROW(t) < 0)
		return -ENOMEM;
	tunnel.conn = copy(l->conn, l->conn_len);
	if (!tunnel.conn)
		return -ENOMEM;
	t->items[t->n++] = tunnel;
	return 0;
}

int pluto_tunnels_parse(const char *text, struct facts_tunnel **ret, size_t *ret_n)
{
	struct tunnels t = { 0 };
	const char *line, *end;

	while (next_line(&text, &line, &end)) {
		struct state_line l;
		const char *fields;

		if (!read_state_line(line, end, &l))
			continue;
		fields = find_fields(&l);
		if (!fields)
			continue;
		if (add_tunnel(&t, &l, fields) < 0) {
			pluto_tunnels_free(t.items, t.n);
			return -ENOMEM;
		}
	}
	*ret = t.items;
	*ret_n = t.n;
	return 0;
}

struct facts_tunnel *pluto_tunnels_free(struct facts_tunnel *tunnels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(tunnels[i].conn);
		free(tunnels[i].ike_conn);
	}
	free(tunnels);
	return NULL;
}

/*
 * The number of the IKE SA in the line of a state: with IKEv2 "IKE SA #1", with IKEv1 "isakmp#1" or
 * "ISAKMP SA #1".
 */
#define IKEV2_WORD " IKE SA #"

static unsigned long read_ike(const struct state_line *l)
{
	static const char *const words[] = { IKEV2_WORD, " ISAKMP SA #", " isakmp#" };
	unsigned long ike;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *s = find(l->rest, l->end, words[i]);

		if (!s)
			continue;
		s += strlen(words[i]);
		if (read_number(&s, l->end, 10, &ike))
			return ike;
	}
	return 0;
}

/* Reads "esp.1a2b3c4d@192.0.2.1", with a colon for IPv6. */
static bool read_said(const char *s, const char *end, uint8_t *ret_proto, uint32_t *ret_spi,
		      struct facts_ip *ret_ip)
{
	char address[FACTS_IP_TEXT_SIZE];
	uint8_t proto;
	unsigned long spi;

	if (end - s > 4 && memcmp(s, "esp", 3) == 0) {
		proto = PROTO_ESP;
		s += 3;
	} else if (end - s > 3 && memcmp(s, "ah", 2) == 0) {
		proto = PROTO_AH;
		s += 2;
	} else {
		return false;
	}
	if (*s != '.' && *s != ':')
		return false;
	s++;
	if (!read_number(&s, end, 16, &spi) || spi == 0 || spi > UINT32_MAX || s == end ||
	    *s != '@')
		return false;
	s++;
	if ((size_t)(end - s) >= sizeof(address))
		return false;
	memcpy(address, s, (size_t)(end - s));
	address[end - s] = '\0';
	if (facts_ip_parse(address, ret_ip) < 0)
		return false;
	*ret_proto = proto;
	*ret_spi = (uint32_t)spi;
	return true;
}

/*
 * The SAs of one line of details, which ends in "Traffic: …".
 * @ikev2: they end with their IKE SA
 */
static int add_sas(struct pluto_sas *sas, const struct state_line *l, unsigned long ike, bool ikev2)
{
	const char *end = find(l->rest, l->end, " Traffic:");
	bool outgoing_seen[2] = { false, false };
	const char *s = l->rest;

	if (!end)
		return 0;
	while (s < end) {
		const char *word_end = memchr(s, ' ', (size_t)(end - s));
		struct pluto_sa sa = { .serial = l->serial, .ike = ike, .orphan = ikev2 };

		if (!word_end)
			word_end = end;
		if (read_said(s, word_end, &sa.proto, &sa.spi, &sa.destination)) {
			bool *seen = &outgoing_seen[sa.proto == PROTO_AH];

			sa.direction = *seen ? FACTS_IN : FACTS_OUT;
			*seen = !*seen;
			if (ARRAY_GROW(sas) < 0)
				return -ENOMEM;
			sa.conn = copy(l->conn, l->conn_len);
			if (!sa.conn)
				return -ENOMEM;
			sas->items[sas->n++] = sa;
		}
		s = word_end < end ? word_end + 1 : end;
	}
	return 0;
}

/* The lines of all states. */
struct states {
	struct state_line *items;
	size_t n, alloc;
};

static int compare_serials(const void *a, const void *b)
{
	const struct state_line *x = a, *y = b;

	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* The IKE SA of each SA: whose it is, or that it is no more. */
static int find_ike_sas(struct pluto_sas *sas, struct states *states)
{
	/* Where there is none there is no array either. */
	if (states->n > 0)
		qsort(states->items, states->n, sizeof(*states->items), compare_serials);
	for (size_t i = 0; states->n > 0 && i < sas->n; i++) {
		const struct state_line key = { .serial = sas->items[i].ike };
		struct pluto_sa *sa = &sas->items[i];
		const struct state_line *ike = bsearch(&key, states->items, states->n,
						       sizeof(*states->items), compare_serials);

		if (!ike)
			continue;
		sa->orphan = false;
		sa->ike_conn = copy(ike->conn, ike->conn_len);
		if (!sa->ike_conn)
			return -ENOMEM;
	}
	return 0;
}

int pluto_sas_parse(const char *text, struct pluto_sas *ret)
{
	struct states states = { 0 };
	struct pluto_sas sas = PLUTO_SAS_NULL;
	/* Of the state seen last; its SAs come in the next line. */
	unsigned long serial = 0, ike = 0;
	bool ikev2 = false;
	const char *line, *end;
	int r = 0;

	while (r >= 0 && next_line(&text, &line, &end)) {
		struct state_line l;

		if (!read_state_line(line, end, &l))
			continue;
		if (!find(l.rest, l.end, " Traffic:")) {
			serial = l.serial;
			ike = read_ike(&l);
			ikev2 = find(l.rest, l.end, IKEV2_WORD) != NULL;
			r = ARRAY_GROW(&states);
			if (r >= 0)
				states.items[states.n++] = l;
			continue;
		}
		r = add_sas(&sas, &l, l.serial == serial ? ike : 0, l.serial == serial && ikev2);
	}
	if (r >= 0)
		r = find_ike_sas(&sas, &states);
	if (r >= 0)
		*ret = sas;
	else
		pluto_sas_done(&sas);
	free(states.items);
	return r;
}

void pluto_sas_done(struct pluto_sas *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].conn);
		free(s->items[i].ike_conn);
	}
	free(s->items);
	*s = PLUTO_SAS_NULL;
}
