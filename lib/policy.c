/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

static void strings_free(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

void policy_bond_done(struct policy_bond *b)
{
	free(b->name);
	strings_free(b->conns, b->n_conns);
	strings_free(b->drivers, b->n_drivers);
	free(b->ensure.esn);
	free(b->ensure.esp);
	*b = (struct policy_bond){ 0 };
}

int policy_bond_init(const char *name, struct policy_bond *ret)
{
	struct policy_bond b = {
		.manage = POLICY_ENFORCE,
		.activation = POLICY_ACTIVATION_AUTO,
		.ipsec = POLICY_IPSEC_AUTO,
		.on_loss = POLICY_LOSS_REPORT,
		.proof = { .within_usec = 30 * 1000000, .ratio = 0.95, .probe_count = 5 },
		.rollback = true,
	};

	b.name = strdup(name);
	b.drivers = calloc(1, sizeof(*b.drivers));
	if (b.drivers) {
		/* The one driver whose offload below a bond is supported by a distribution. */
		b.drivers[0] = strdup("ixgbe");
		b.n_drivers = 1;
	}
	if (!b.name || !b.drivers || !b.drivers[0]) {
		policy_bond_done(&b);
		return -ENOMEM;
	}

	*ret = b;
	return 0;
}

struct policy *policy_free(struct policy *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_bonds; i++)
		policy_bond_done(&p->bonds[i]);
	free(p->bonds);
	free(p);
	return NULL;
}

const struct policy_bond *policy_bond_named(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_bonds; i++)
		if (streq(p->bonds[i].name, name))
			return &p->bonds[i];
	return NULL;
}

static bool strings_equal(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (!streq(a[i], b[i]))
			return false;
	return true;
}

static bool proof_equal(const struct policy_proof *a, const struct policy_proof *b)
{
	return a->within_usec == b->within_usec && a->ratio == b->ratio &&
	       facts_ip_equal(&a->probe_address, &b->probe_address) &&
	       a->probe_count == b->probe_count;
}

bool policy_bond_equal(const struct policy_bond *a, const struct policy_bond *b)
{
	return streq(a->name, b->name) &&
	       strings_equal(a->conns, a->n_conns, b->conns, b->n_conns) &&
	       strings_equal(a->drivers, a->n_drivers, b->drivers, b->n_drivers) &&
	       a->manage == b->manage && a->activation == b->activation && a->ipsec == b->ipsec &&
	       a->on_loss == b->on_loss && streq_ptr(a->ensure.esn, b->ensure.esn) &&
	       streq_ptr(a->ensure.esp, b->ensure.esp) && proof_equal(&a->proof, &b->proof) &&
	       a->rollback == b->rollback;
}

uint64_t policy_run_limit_usec(const struct policy *p)
{
	static const uint64_t minute = 60000000;
	uint64_t usec = 10 * minute;

	for (size_t i = 0; i < p->n_bonds && usec < 23 * 60 * minute; i++)
		usec += 3 * p->bonds[i].proof.within_usec;
	if (usec < 15 * minute)
		return 15 * minute;
	return usec < 23 * 60 * minute ? usec : 23 * 60 * minute;
}
