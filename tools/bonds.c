/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bonds.h"

#include <getopt.h>

#include "fields.h"
#include "text.h"

int bonds_argument(int argc, char **argv, const char **ret)
{
	if (argc - optind > 1) {
		ctl_error("One bond at a time, please: \"%s\" is too much.", argv[optind + 1]);
		return CTL_USAGE;
	}
	*ret = optind < argc ? argv[optind] : NULL;
	return CTL_FINE;
}

int bonds_argument_here(const struct ctl *ctl, int argc, char **argv, const char **ret)
{
	if (ctl->root) {
		ctl_error("This is about the running host, whatever lies below %s: --root= is for "
			  "init, check, plan, diagnose, conn and config.",
			  ctl->root);
		return CTL_USAGE;
	}
	return bonds_argument(argc, argv, ret);
}

int bonds_options(struct ctl *ctl, int argc, char **argv, const char *help, const char **ret)
{
	static const struct option options[] = { CTL_OPTIONS, { 0 } };
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		status = ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	status = bonds_argument_here(ctl, argc, argv, ret);
	return status == CTL_FINE ? -1 : status;
}

int bonds_read(struct daemon **ret_daemon, json_t **ret_document)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct daemon *d = NULL;
	int r, status = CTL_FINE;

	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_read(d, ret_document, &error);
	if (r < 0) {
		status = daemon_complain(&error, NULL);
		daemon_close(d);
	} else {
		*ret_daemon = d;
	}
	sd_bus_error_free(&error);
	return status;
}

static void add_names(struct text *t, const json_t *document)
{
	json_t *bond;
	size_t i;

	json_array_foreach(json_object_get(document, "bonds"), i, bond)
		text_printf(t, "%s%s", i ? ", " : "", field_string(bond, "interface"));
}

static int no_such_bond(const json_t *document, const char *name)
{
	_cleanup_text_ struct text names = TEXT_NULL;

	add_names(&names, document);
	if (names.len > 0)
		ctl_error("The policy has no bond \"%s\"; it has %s.", name, names.data);
	else
		ctl_error("The policy has no bond \"%s\", nor any other. Name it in the "
			  "configuration, and run \"esp-offloadctl reload\".",
			  name);
	return CTL_ERROR;
}

int bonds_gone(const char *name)
{
	ctl_error("The policy has no bond \"%s\" any more: it was loaded anew meanwhile.", name);
	return CTL_ERROR;
}

int bonds_choose(const json_t *document, const char *name, json_t **ret)
{
	json_t *bonds = json_object_get(document, "bonds"), *bond;

	if (!name) {
		*ret = json_incref(bonds);
		return CTL_FINE;
	}
	bond = daemon_bond(document, name);
	if (!bond)
		return no_such_bond(document, name);
	bonds = json_pack("[O]", bond);
	if (!bonds) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	*ret = bonds;
	return CTL_FINE;
}

int bonds_only(const json_t *document, const char *name, const char **ret)
{
	_cleanup_text_ struct text names = TEXT_NULL;
	const json_t *bonds = json_object_get(document, "bonds");

	if (name) {
		if (!daemon_bond(document, name))
			return no_such_bond(document, name);
		*ret = name;
		return CTL_FINE;
	}
	if (json_array_size(bonds) == 1) {
		*ret = field_string(json_array_get(bonds, 0), "interface");
		return CTL_FINE;
	}
	add_names(&names, document);
	if (names.len > 0)
		ctl_error("Which bond? The policy has %s.", names.data);
	else
		ctl_error("The policy has no bond. Name one in the configuration, and run "
			  "\"esp-offloadctl reload\".");
	return names.len > 0 ? CTL_USAGE : CTL_ERROR;
}

int bonds_worse(int a, int b)
{
	static const int order[] = { CTL_ERROR, CTL_USAGE, CTL_BLOCKED, CTL_NOT_OFFLOADED,
				     CTL_NOT_PROVABLE };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CTL_FINE;
}
