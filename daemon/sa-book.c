/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sa-book.h"

#include "array.h"

/* To ask for an SA takes as long as so many of a dump. */
#define ASK_COST 16

/* Beyond that a dump does. */
#define MAX_KNOWN 512

struct sa_book {
	bool begun;
	int bond;
	const struct conn_ends **ends; /* by_ends(), so that thousands do not make each SA dear */
	size_t n_ends;
	struct facts_address *locals; /* the conns' own addresses, each once */
	size_t n_locals, locals_alloc;

	bool whole;               /* no other SA of the kernel's matters */
	size_t n_all;             /* of the host, at the last dump */
	struct xfrm_sa_id *items; /* those that matter */
	size_t n, alloc;
};

/* ---- whose an SA is ---- */

/* Of equal ones the first comes first, so that all of them are known by it. */
static int by_ends(const void *a, const void *b)
{
	const struct conn_ends *const *x = a, *const *y = b;
	int c = conn_ends_compare(&(*x)->remote, &(*x)->local, *y);

	return c != 0 ? c : *x < *y ? -1 : *x > *y;
}

static bool has_local(const struct sa_book *b, const struct facts_ip *local)
{
	for (size_t i = 0; i < b->n_locals; i++)
		if (facts_ip_equal(&b->locals[i].ip, local))
			return true;
	return false;
}

static int add_local(struct sa_book *b, int bond, const struct facts_ip *local)
{
	int r;

	if (has_local(b, local))
		return 0;
	r = array_reserve(&b->locals, &b->locals_alloc, b->n_locals, 1, sizeof(*b->locals));
	if (r >= 0)
		b->locals[b->n_locals++] = (struct facts_address){ bond, *local };
	return r;
}

static int begin(struct sa_book *b, int bond, const struct conn_ends *conns, size_t n_conns)
{
	int r = 0;

	b->ends = calloc(n_conns + 1, sizeof(*b->ends));
	for (size_t i = 0; b->ends && i < n_conns && r >= 0; i++) {
		b->ends[i] = &conns[i];
		r = add_local(b, bond, &conns[i].local);
	}
	if (!b->ends || r < 0) {
		sa_book_forget(b);
		return -ENOMEM;
	}
	if (n_conns > 1)
		qsort(b->ends, n_conns, sizeof(*b->ends), by_ends);
	b->n_ends = n_conns;
	b->bond = bond;
	b->begun = true;
	return 0;
}

/* The first conn of these ends, or NULL. */
static const struct conn_ends *find_ends(const struct sa_book *b, const struct facts_ip *remote,
					 const struct facts_ip *local)
{
	size_t low = 0, high = b->n_ends;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (conn_ends_compare(remote, local, b->ends[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == b->n_ends || conn_ends_compare(remote, local, b->ends[low]) != 0)
		return NULL;
	return b->ends[low];
}

/* The conn of these ends, seen from this host; or one for any peer that has the own end. */
static const struct conn_ends *conn_between(const struct sa_book *b, const struct facts_ip *remote,
					    const struct facts_ip *local)
{
	static const struct facts_ip any = { 0 };

	return find_ends(b, remote, local) ?: find_ends(b, &any, local);
}

static const struct conn_ends *conn_of(const struct sa_book *b, const struct facts_sa *sa)
{
	if (sa->direction == FACTS_IN)
		return conn_between(b, &sa->source, &sa->destination);
	return conn_between(b, &sa->destination, &sa->source);
}

static bool is_offloaded_to(const struct sa_book *b, int link)
{
	return link != FACTS_NO_LINK && link == b->bond;
}

/* Whether it matters; @ret: whose it is, or NULL. */
static bool matters(const struct sa_book *b, const struct facts_sa *sa,
		    const struct conn_ends **ret)
{
	*ret = conn_of(b, sa);
	return (*ret || is_offloaded_to(b, sa->offload_link)) && !facts_sa_is_larval(sa);
}

/* ---- what is known ---- */

int sa_book_new(struct sa_book **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void know_none(struct sa_book *b)
{
	free(b->items);
	b->items = NULL;
	b->n = b->alloc = 0;
	b->whole = false;
}

void sa_book_forget(struct sa_book *b)
{
	know_none(b);
	free(b->ends);
	free(b->locals);
	b->ends = NULL;
	b->locals = NULL;
	b->n_ends = b->n_locals = b->locals_alloc = 0;
	b->begun = false;
}

struct sa_book *sa_book_free(struct sa_book *b)
{
	if (!b)
		return NULL;
	sa_book_forget(b);
	free(b);
	return NULL;
}

/* One that cannot be asked for, or too many of them: there will be dumps. */
static void know(struct sa_book *b, const struct xfrm_sa_id *id, bool marked)
{
	if (marked || b->n == MAX_KNOWN || ARRAY_GROW(b) < 0)
		know_none(b);
	else
		b->items[b->n++] = *id;
}

static bool is_known(const struct sa_book *b, const struct xfrm_sa_id *id)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->items[i].spi == id->spi && b->items[i].proto == id->proto &&
		    facts_ip_equal(&b->items[i].destination, &id->destination))
			return true;
	return false;
}

/* Without offload it may go either way: of its direction the message says nothing. */
static bool may_matter(const struct sa_book *b, const struct xfrm_message *m)
{
	return is_offloaded_to(b, m->offload_link) ||
	       conn_between(b, &m->source, &m->destination) ||
	       conn_between(b, &m->destination, &m->source);
}

void sa_book_take(struct sa_book *b, const struct xfrm_message *message)
{
	const struct xfrm_sa_id id = { message->spi, message->proto, message->destination };

	switch (message->change) {
	case XFRM_ADDED:
	case XFRM_UPDATED:
		if (b->whole && may_matter(b, message) && (message->marked || !is_known(b, &id)))
			know(b, &id, message->marked);
		break;
	case XFRM_MIGRATED:
		know_none(b);
		break;
	case XFRM_DELETED:
	case XFRM_EXPIRED_HARD:
	case XFRM_EXPIRED_SOFT:
	case XFRM_FLUSHED:
		break;
	}
}

/* ---- reading ---- */

static bool is_cheaper_to_ask(const struct sa_book *b)
{
	return b->whole && b->n * ASK_COST <= b->n_all;
}

/* All of the host's: the book is begun anew. */
static int dump(struct sa_book *b, struct facts_sa **ret, size_t *ret_n)
{
	int r;

	know_none(b);
	/* An SA without offload does not tell its direction; the conns' own addresses do. */
	r = xfrm_dump(b->locals, b->n_locals, ret, ret_n);
	if (r < 0)
		return r;
	b->n_all = *ret_n;
	b->whole = true;
	return 0;
}

/* Those that are known, each by itself: the book is begun anew, without those that have gone. */
static int ask(struct sa_book *b, struct facts_sa **ret, size_t *ret_n)
{
	int r = xfrm_get(b->items, b->n, b->locals, b->n_locals, ret, ret_n);

	b->n = 0;
	if (r < 0)
		know_none(b);
	return r;
}

static int take_sa(struct sa_book *b, const struct facts_sa *sa, sa_book_each_t each,
		   void *userdata)
{
	const struct xfrm_sa_id id = { sa->spi, sa->proto, sa->destination };
	const struct conn_ends *conn;

	if (!matters(b, sa, &conn))
		return 0;
	if (b->whole)
		know(b, &id, sa->marked);
	return each(sa, conn, userdata);
}

int sa_book_read(struct sa_book *b, int bond, const struct conn_ends *conns, size_t n_conns,
		 sa_book_each_t each, void *userdata)
{
	_cleanup_free_ struct facts_sa *sas = NULL;
	size_t n = 0;
	int r = 0;

	if (b->bond != bond)
		sa_book_forget(b);
	if (!b->begun)
		r = begin(b, bond, conns, n_conns);
	if (r < 0)
		return r;
	r = is_cheaper_to_ask(b) ? ask(b, &sas, &n) : dump(b, &sas, &n);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = take_sa(b, &sas[i], each, userdata);
	if (r < 0) /* half of it is none */
		know_none(b);
	return r;
}
