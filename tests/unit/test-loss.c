/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loss.h"

#include <netinet/in.h>

#include "facts-builder.h"
#include "xfrm.h"

#define SECOND "192.0.2.9"

/* Pluto and the kernel, as the test plays them: conn example is up, and has its SAs. */
static bool kernel_lost;
static const char *own; /* the own end of the SAs; NULL: there are none */

int ipsec_tunnels(const struct ipsec *ipsec _unused_, struct facts_tunnel **ret, size_t *ret_n)
{
	struct facts_tunnel *tunnel = calloc(1, sizeof(*tunnel));

	ck_assert_ptr_nonnull(tunnel);
	tunnel->conn = builder_copy("example");
	tunnel->kernel_lost = kernel_lost;
	*ret = tunnel;
	*ret_n = 1;
	return 0;
}

int xfrm_dump(const struct facts_address *addresses _unused_, size_t n_addresses _unused_,
	      struct facts_sa **ret, size_t *ret_n)
{
	struct facts_sa *sas = calloc(2, sizeof(*sas));

	ck_assert_ptr_nonnull(sas);
	for (int in = 0; in <= 1; in++)
		sas[in] = (struct facts_sa){
			.spi = 0x100 + (uint32_t)in,
			.proto = IPPROTO_ESP,
			.key_bits = 128,
			.source = ip_of(in ? PEER : own ?: ""),
			.destination = ip_of(in ? own ?: "" : PEER),
		};
	*ret = sas;
	*ret_n = own ? 2 : 0;
	return 0;
}

static void ck_lost(int lost)
{
	const struct ipsec ipsec = { 0 };

	ck_assert_int_eq(loss_is_there(facts(), &host.policy, &ipsec, "example"), lost);
	ck_assert_int_eq(loss_wait_repaired(facts(), &host.policy, &ipsec, "example", 0), lost);
}

START_TEST(a_tunnel_is_lost_where_pluto_says_so_or_the_kernel_has_no_sas_between_its_ends)
{
	begin_host();
	own = OWN;
	ck_lost(0);
	own = NULL;
	ck_lost(1);
	own = OWN;
	kernel_lost = true;
	ck_lost(1);
	kernel_lost = false;
	end_host();
}
END_TEST

/* Which of the bond's addresses pluto takes is not in the files. */
START_TEST(a_tunnel_whose_own_end_is_only_assumed_is_lost_where_pluto_says_so)
{
	begin_host();
	add_address(BOND0, SECOND);
	set_keys("left=%defaultroute");
	own = SECOND;
	kernel_lost = true;
	ck_lost(1);
	kernel_lost = false;
	ck_lost(0);
	end_host();
}
END_TEST

UNIT_MAIN("loss", a_tunnel_is_lost_where_pluto_says_so_or_the_kernel_has_no_sas_between_its_ends,
	  a_tunnel_whose_own_end_is_only_assumed_is_lost_where_pluto_says_so)
