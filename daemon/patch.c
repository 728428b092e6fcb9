/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patch.h"

#include <glib.h>
#include <stdio.h>

static void sum(const char *bytes, size_t len, char ret[PATCH_SUM_SIZE])
{
	char *text = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);

	snprintf(ret, PATCH_SUM_SIZE, "%s", text);
	g_free(text);
}

static bool is_at_line(const char *bytes, size_t at)
{
	return at == 0 || bytes[at - 1] == '\n';
}

/* Three pieces, with a NUL behind. */
static char *concatenate(const char *a, size_t n_a, const char *b, size_t n_b, const char *c,
			 size_t n_c)
{
	char *all = malloc(n_a + n_b + n_c + 1);

	if (!all)
		return NULL;
	memcpy(all, a, n_a);
	memcpy(all + n_a, b, n_b);
	memcpy(all + n_a + n_b, c, n_c);
	all[n_a + n_b + n_c] = '\0';
	return all;
}

static char *copy(const char *bytes, size_t len)
{
	return concatenate(bytes, len, "", 0, "", 0);
}

/* How much both have in common at their ends, in whole lines and outside of the first @at bytes. */
static size_t common_end(const char *a, size_t n_a, const char *b, size_t n_b, size_t at)
{
	size_t most = (n_a < n_b ? n_a : n_b) - at, n = 0;

	while (n < most && a[n_a - n - 1] == b[n_b - n - 1])
		n++;
	while (n > 0 && !(is_at_line(a, n_a - n) && is_at_line(b, n_b - n)))
		n--;
	return n;
}

int patch_make(const char *old_bytes, size_t old_len, const char *new_bytes, size_t new_len,
	       struct patch *ret)
{
	_cleanup_(patch_done) struct patch p = PATCH_NULL;
	size_t end;

	while (p.at < old_len && p.at < new_len && old_bytes[p.at] == new_bytes[p.at])
		p.at++;
	while (!is_at_line(old_bytes, p.at))
		p.at--;
	end = common_end(old_bytes, old_len, new_bytes, new_len, p.at);
	p.old_len = old_len - end - p.at;
	p.new_len = new_len - end - p.at;
	p.old_bytes = copy(old_bytes + p.at, p.old_len);
	p.new_bytes = copy(new_bytes + p.at, p.new_len);
	if (!p.old_bytes || !p.new_bytes)
		return -ENOMEM;
	sum(old_bytes, old_len, p.before);
	sum(new_bytes, new_len, p.after);
	*ret = p;
	p = PATCH_NULL;
	return 0;
}

void patch_done(struct patch *p)
{
	free(p->old_bytes);
	free(p->new_bytes);
	*p = PATCH_NULL;
}

int patch_copy(const struct patch *p, struct patch *ret)
{
	_cleanup_(patch_done) struct patch copied = PATCH_NULL;

	if (!p->old_bytes) {
		*ret = PATCH_NULL;
		return 0;
	}
	copied = *p;
	copied.old_bytes = copy(p->old_bytes, p->old_len);
	copied.new_bytes = copy(p->new_bytes, p->new_len);
	if (!copied.old_bytes || !copied.new_bytes)
		return -ENOMEM;
	*ret = copied;
	copied = PATCH_NULL;
	return 0;
}

/* The bytes of a journal are doubted: the sums decide, and nothing is read beyond the file. */
int patch_undo(const struct patch *p, const char *bytes, size_t len, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *before = NULL;
	char seen[PATCH_SUM_SIZE];
	size_t end;

	if (!p->old_bytes || p->at > len || p->new_len > len - p->at ||
	    memcmp(bytes + p->at, p->new_bytes, p->new_len) != 0)
		return 1;
	sum(bytes, len, seen);
	if (!streq(seen, p->after))
		return 1;
	end = p->at + p->new_len;
	before = concatenate(bytes, p->at, p->old_bytes, p->old_len, bytes + end, len - end);
	if (!before)
		return -ENOMEM;
	len = len - p->new_len + p->old_len;
	sum(before, len, seen);
	if (!streq(seen, p->before))
		return 1;
	*ret = TAKE_PTR(before);
	*ret_len = len;
	return 0;
}

int patch_join(struct patch *first, const struct patch *second)
{
	char *joined;
	size_t from, to;

	if (!first->old_bytes || !second->old_bytes || !streq(first->after, second->before) ||
	    second->at < first->at || second->old_len > first->new_len ||
	    second->at - first->at > first->new_len - second->old_len)
		return 1;
	from = second->at - first->at;
	to = from + second->old_len;
	joined = concatenate(first->new_bytes, from, second->new_bytes, second->new_len,
			     first->new_bytes + to, first->new_len - to);
	if (!joined)
		return -ENOMEM;
	free(first->new_bytes);
	first->new_bytes = joined;
	first->new_len = first->new_len - second->old_len + second->new_len;
	memcpy(first->after, second->after, sizeof(first->after));
	return 0;
}
