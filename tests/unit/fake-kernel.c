/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include <check.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fake_kernel kernel;

void kernel_begin(size_t n_bonds)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ck_assert_int_ge(kernel.fd, 0);
	kernel.next_ifindex = 100;
	kernel.n_strangers = 64;
	kernel.n = n_bonds;
	for (size_t b = 0; b < n_bonds; b++) {
		struct fake_bond *bond = &kernel.bonds[b];

		bond->there = bond->offload = true;
		bond->spi = 0x1000 + (uint32_t)b * 16;
		bond->link = (struct facts_link){ .ifindex = 10 + (int)b * 10,
						  .kind = "bond",
						  .up = true,
						  .carrier = true,
						  .bond.mode = FACTS_MODE_ACTIVE_BACKUP };
		snprintf(bond->link.name, FACTS_NAME_SIZE, "bond%hhu", (unsigned char)b);
		for (size_t i = 0; i < PORTS; i++) {
			bond->esp[i] = true;
			bond->ports[i] =
				(struct facts_link){ .ifindex = bond->link.ifindex + 1 + (int)i,
						     .master = bond->link.ifindex,
						     .up = true,
						     .carrier = true,
						     .port.mii_up = true };
			snprintf(bond->ports[i].name, FACTS_NAME_SIZE, "ix%hhu",
				 (unsigned char)(b * PORTS + i));
		}
		bond->ports[0].port.active = true;
		bond->link.bond.active_port = bond->ports[0].ifindex;
	}
}

void kernel_end(void)
{
	close(kernel.fd);
}
