/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall-host.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "array.h"
#include "command.h"
#include "nft-rules.h"
#include "text.h"

struct families {
	int family;
	const char *nft_save; /* "iptables" alone may be the older kind */
	const char *save;
	const char *legacy_save; /* the older kind, which nf_tables knows nothing of */
	const char *legacy_names;
};

static const struct families families[] = {
	{ AF_INET, "iptables-nft-save", "iptables-save", "iptables-legacy-save",
	  "/proc/net/ip_tables_names" },
	{ AF_INET6, "ip6tables-nft-save", "ip6tables-save", "ip6tables-legacy-save",
	  "/proc/net/ip6_tables_names" },
};

struct tables {
	const char **items;
	size_t n, alloc;
};

/*
 * @only: the tables of nf_tables that are wanted; NULL: all of the older kind
 *
 * Return: 0; 1 when the command is not there or did not work.
 */
static int save(const char *command, int family, const char *const *only, uint64_t limit_usec,
		struct firewall *f)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	const struct command_options options = { .limit_usec = limit_usec };
	const char *const argv[] = { command, NULL };
	int r;

	r = command_run(argv, &options, &result);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !command_succeeded(&result))
		return 1;
	if (!only)
		return firewall_read_legacy_iptables(result.out, family, f);
	return firewall_read_iptables(result.out, family, only, f);
}

/*
 * iptables-save passes over a table in which nft has put what iptables has no words for, and knows
 * none by other names than its own.
 */
static void tell_passed_over(const struct families *a, const struct nft_foreign *foreign,
			     const struct firewall *f, struct text *unread)
{
	for (size_t i = 0; i < foreign->n; i++)
		if (foreign->items[i].family == a->family &&
		    !firewall_has_table(f, a->family, foreign->items[i].name))
			text_printf(unread, "%sthe table %s %s, of which %s tells nothing",
				    unread->len ? ", " : "", a->family == AF_INET ? "ip" : "ip6",
				    foreign->items[i].name, a->nft_save);
}

static int read_foreign(const struct families *a, const struct nft_foreign *foreign,
			uint64_t limit_usec, struct firewall *f, struct text *unread)
{
	struct tables only = { 0 };
	int r = 0;

	for (size_t i = 0; i < foreign->n && r >= 0; i++) {
		if (foreign->items[i].family != a->family)
			continue;
		r = array_reserve(&only.items, &only.alloc, only.n, 2, sizeof(*only.items));
		if (r >= 0)
			only.items[only.n++] = foreign->items[i].name;
	}
	if (r >= 0 && only.n > 0) {
		only.items[only.n] = NULL;
		r = save(a->nft_save, a->family, only.items, limit_usec, f);
		if (r > 0)
			r = save(a->save, a->family, only.items, limit_usec, f);
		if (r > 0)
			text_printf(unread, "%sthe tables of iptables-nft, for want of %s",
				    unread->len ? ", " : "", a->save);
		else if (r == 0)
			tell_passed_over(a, foreign, f, unread);
	}
	free(only.items);
	return r;
}

/* The file names the tables that the older iptables has in use. */
static bool has_legacy(const struct families *a)
{
	FILE *f = fopen(a->legacy_names, "re");
	bool any;

	if (!f)
		return false;
	any = fgetc(f) != EOF;
	(void)fclose(f);
	return any;
}

static int read_legacy(const struct families *a, uint64_t limit_usec, struct firewall *f,
		       struct text *unread)
{
	int r;

	if (!has_legacy(a))
		return 0;
	r = save(a->legacy_save, a->family, NULL, limit_usec, f);
	if (r > 0)
		text_printf(unread, "%sthe tables of the older iptables, for want of %s",
			    unread->len ? ", " : "", a->legacy_save);
	return r;
}

int firewall_read(uint64_t limit_usec, struct firewall *ret, char **ret_unread)
{
	_cleanup_(nft_foreign_done) struct nft_foreign foreign = { 0 };
	_cleanup_firewall_ struct firewall f = FIREWALL_NULL;
	_cleanup_text_ struct text unread = TEXT_NULL;
	_cleanup_free_ char *words = NULL;
	int r;

	r = nft_rules_read(&f, &foreign);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(families); i++) {
		r = read_foreign(&families[i], &foreign, limit_usec, &f, &unread);
		if (r >= 0)
			r = read_legacy(&families[i], limit_usec, &f, &unread);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < foreign.n; i++)
		if (foreign.items[i].family == 0)
			text_printf(&unread, "%sthe table inet %s, of iptables' kind",
				    unread.len ? ", " : "", foreign.items[i].name);
	if (foreign.other_families)
		text_printf(&unread,
			    "%sthe rules of family netdev, bridge or arp, or at the hook ingress",
			    unread.len ? ", " : "");
	if (unread.len > 0 && text_take(&unread, &words) < 0)
		return -ENOMEM;
	*ret = f;
	f = FIREWALL_NULL;
	*ret_unread = TAKE_PTR(words);
	return 0;
}
