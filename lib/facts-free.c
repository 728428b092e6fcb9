/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include "ipsec-conf.h"

struct facts *facts_free(struct facts *f)
{
	if (!f)
		return NULL;

	for (size_t i = 0; i < f->n_profiles; i++) {
		free(f->profiles[i].id);
		free(f->profiles[i].path);
		free(f->profiles[i].device_path);
		free(f->profiles[i].filename);
	}
	for (size_t i = 0; i < f->n_tunnels; i++)
		free(f->tunnels[i].conn);

	free(f->links);
	free(f->addresses);
	free(f->profiles);
	free(f->tunnels);
	free(f->sas);
	ipsec_conf_free(f->conf);
	free(f);
	return NULL;
}
