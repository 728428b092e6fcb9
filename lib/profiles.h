/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * Which of NetworkManager's profiles counts for each bond, and what is to be known of it. What
 * NetworkManager says goes in as it stands on D-Bus; texts that it does not have are NULL.
 */

/* NetworkManager's NMSettingsConnectionFlags. */
enum profile_flag {
	PROFILE_UNSAVED = 1 << 0,
	PROFILE_GENERATED = 1 << 1,
	PROFILE_VOLATILE = 1 << 2,
	PROFILE_EXTERNAL = 1 << 3,
};

struct profile {
	const char *path; /* D-Bus object path */
	const char *filename;
	uint32_t flags; /* of enum profile_flag */
	const char *id;
	const char *uuid; /* never NULL */
	const char *type;
	const char *interface; /* that it is for */
	bool autoconnect;
	int32_t autoconnect_priority;
	int32_t autoconnect_ports; /* 0 no, 1 yes; what else there is means the default */
	uint64_t timestamp;        /* of when it was active last; 0: never */
	const char *above;         /* of a port: the interface, or the uuid of the profile */
	const char *port_type;     /* what it is a port of */
	int esp_hw_offload;        /* as in struct facts_profile */
};

/* The device of a bond. */
struct profile_bond {
	const char *path;
	const char *interface;
	const char *activation; /* path of what is active on it */
};

/* NetworkManager's NMActiveConnectionState, as far as it matters. */
enum profile_state {
	PROFILE_ACTIVATING = 1,
	PROFILE_ACTIVATED = 2,
};

/* An activation that is under way, complete or ending. */
struct profile_activation {
	const char *path;
	const char *profile; /* path */
	uint32_t state;      /* of enum profile_state */
};

struct profiles {
	const struct profile *items; /* in NetworkManager's order */
	size_t n;
	const struct profile_bond *bonds;
	size_t n_bonds;
	const struct profile_activation *activations;
	size_t n_activations;
};

/* profile_is_writable() - true when it lives in a file that changes are written to */
bool profile_is_writable(uint32_t flags, const char *filename);

/*
 * profiles_of_bonds() - the profile of each bond
 * @ret, @ret_n: one for each bond that is there or has a profile, by name; free with
 *               facts_profiles_free()
 *
 * Of a bond it is the profile that is active on the device; without one, that which would
 * autoconnect: by its priority, then the one used last; without such, the one used last of those
 * that do not autoconnect.
 *
 * Return: 0; -ENOMEM.
 */
int profiles_of_bonds(const struct profiles *profiles, struct facts_profile **ret, size_t *ret_n);
