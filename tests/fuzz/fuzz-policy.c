/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "policy.h"

/*
 * Any bytes as the texts of a policy, 0xff between them. Whatever they are: a policy comes without
 * an error and none without one; each diagnostic prints, with nothing in it that moves a terminal's
 * cursor; and a policy printed and read again is the same.
 */

enum {
	MAX_TEXTS = 8
};

static size_t split(const uint8_t *data, size_t size, struct policy_text texts[MAX_TEXTS])
{
	size_t n = 0;

	for (size_t i = 0; i <= size && n < MAX_TEXTS; i++) {
		size_t from = i;

		while (i < size && (data[i] != 0xff || n == MAX_TEXTS - 1))
			i++;
		texts[n++] = (struct policy_text){ "text", (const char *)data + from, i - from };
	}
	return n;
}

static bool is_harmless(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t' && *s != '\n') || *s == 0x7f)
			return false;
	return true;
}

static void check_diagnostics(const struct diagnostics *d, bool refused)
{
	FUZZ_CHECK((diagnostics_errors(d) > 0) == refused);
	for (size_t i = 0; i < d->n; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		diagnostic_print(&d->items[i], &t);
		FUZZ_CHECK(!t.failed && is_harmless(t.data));
	}
}

static void check_round_trip(const struct policy *p)
{
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *again = NULL;
	_cleanup_free_ char *printed = NULL;
	struct policy_text text = { .file = "printed" };

	FUZZ_CHECK(policy_print(p, &printed) == 0);
	text.bytes = printed;
	text.len = strlen(printed);
	FUZZ_CHECK(policy_parse(&text, 1, &d, &again) == 0);
	FUZZ_CHECK(again->n_bonds == p->n_bonds);
	for (size_t i = 0; i < p->n_bonds; i++)
		FUZZ_CHECK(policy_bond_equal(&p->bonds[i], &again->bonds[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_diagnostics_ struct diagnostics d = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *p = NULL;
	struct policy_text texts[MAX_TEXTS];
	int r = policy_parse(texts, split(data, size, texts), &d, &p);

	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	check_diagnostics(&d, r < 0);
	if (r == 0)
		check_round_trip(p);
	return 0;
}
