/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include "policy-words.h"
#include "text.h"

/* Between double quotes: what YAML 1.1, section 5.7, wants escaped. */
static void print_string(const char *s, struct text *t)
{
	text_add_char(t, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			text_add_char(t, '\\');
		text_add_char(t, *s);
	}
	text_add_char(t, '"');
}

static void print_list(const char *key, char *const *items, size_t n, struct text *t)
{
	text_printf(t, "    %s:\n", key);
	for (size_t i = 0; i < n; i++) {
		text_add(t, "      - ");
		print_string(items[i], t);
		text_add_char(t, '\n');
	}
}

static void print_ensure(const struct policy_ensure *e, struct text *t)
{
	if (!e->esn && !e->esp) {
		text_add(t, "    ensure: {}\n");
		return;
	}

	text_add(t, "    ensure:\n");
	if (e->esn)
		text_printf(t, "      esn: %s\n", e->esn);
	if (e->esp) {
		text_add(t, "      esp: ");
		print_string(e->esp, t);
		text_add_char(t, '\n');
	}
}

static void print_proof(const struct policy_proof *p, struct text *t)
{
	char number[POLICY_NUMBER_SIZE], address[FACTS_IP_TEXT_SIZE];

	text_add(t, "    proof:\n");
	policy_duration_print(p->within_usec, number);
	text_printf(t, "      within: %s\n", number);
	policy_ratio_print(p->ratio, number);
	text_printf(t, "      ratio: %s\n", number);
	if (p->probe_address.family == 0)
		return;
	text_printf(t, "      probe:\n        address: \"%s\"\n        count: %u\n",
		    facts_ip_print(&p->probe_address, address), p->probe_count);
}

static void print_bond(const struct policy_bond *b, struct text *t)
{
	text_add(t, "  ");
	print_string(b->name, t);
	text_add(t, ":\n");
	print_list("connections", b->conns, b->n_conns, t);
	print_list("drivers", b->drivers, b->n_drivers, t);
	text_printf(t, "    manage: %s\n", policy_manage_name(b->manage));
	text_printf(t, "    activation: %s\n", policy_activation_name(b->activation));
	text_printf(t, "    ipsec: %s\n", policy_ipsec_name(b->ipsec));
	text_printf(t, "    on-loss: %s\n", policy_on_loss_name(b->on_loss));
	print_ensure(&b->ensure, t);
	print_proof(&b->proof, t);
	text_printf(t, "    rollback: %s\n", b->rollback ? "true" : "false");
}

int policy_print(const struct policy *p, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "version: %d\n", POLICY_VERSION);
	if (p->n_bonds == 0)
		text_add(&t, "bonds: {}\n");
	else
		text_add(&t, "bonds:\n");
	for (size_t i = 0; i < p->n_bonds; i++)
		print_bond(&p->bonds[i], &t);
	return text_take(&t, ret);
}
