/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * NetworkManager: the profiles of bonds, changed and activated, and the only way by which they are;
 * nm-look.h reads them. The only place that knows libnm and GLib, which copy all that
 * NetworkManager has: it is opened by who changes something. Everything that libnm does in the
 * background runs in a context of its own while a call waits here; between calls nothing runs. No
 * call waits longer than it is told.
 */

struct nm;

/*
 * nm_open() - connects to a NetworkManager that runs; it is never started
 * @limit_usec: for connecting and reading all that there is
 *
 * The bus is the system's, or the one in $DBUS_SYSTEM_BUS_ADDRESS.
 *
 * Return: 0; -ENOTCONN when there is no bus; -ESRCH when NetworkManager does not run; -ETIMEDOUT;
 * -EIO when it answers nonsense; -ENOMEM.
 */
int nm_open(uint64_t limit_usec, struct nm **ret);

struct nm *nm_close(struct nm *nm);
DEFINE_CLEANUP(struct nm, nm_close)

/* nm_error() - what NetworkManager or libnm said when the last call failed; "" for nothing */
const char *nm_error(const struct nm *nm);

/*
 * nm_set_feature() - writes ethtool.feature-esp-hw-offload into a profile, on disk
 * @uuid:  the profile's
 * @value: 1 on, 0 off, -1 not set
 *
 * Everything else of the profile stays as NetworkManager has it, keys unknown to us and secrets
 * included. The device is not touched (ethtool settings cannot be re-applied, and until the next
 * activation `nmcli device reapply` of others fails on this device). Read back afterwards.
 *
 * Return: 0 when it was written; 1 when it stood so already, and nothing was done; -ENOENT when
 * there is no such profile; -EROFS when it cannot be kept on disk (it lives in memory, or where
 * packages put it); -EACCES; -ESTALE when somebody changed it at the same time; -EIO when it does
 * not read back; -ESRCH, -ETIMEDOUT, -ENOMEM.
 */
int nm_set_feature(struct nm *nm, const char *uuid, int value, uint64_t limit_usec);

/* What became of an activation. */
struct nm_outcome {
	bool activated; /* the profile reached ACTIVATED, and each port is back under the bond */
	char **by_hand; /* ports that did not come back by themselves and were fetched; NULL: none
			 */
	size_t n_by_hand;
	bool rolled_back; /* it failed, and NetworkManager restored what was before */
	uint64_t usec;    /* from the request to ACTIVATED with all ports, or to the failure */
	/*
	 * Why it failed, and why the rollback did, if so; of one that did not, that its checkpoint
	 * could not be removed: see nm_settle(). NULL: all is well
	 */
	char *error;
};

#define NM_OUTCOME_NULL ((struct nm_outcome){ 0 })

void nm_outcome_done(struct nm_outcome *o);

/*
 * nm_activate() - activates a bond's profile (again), and sees that its ports come back
 * @uuid:  the profile's
 * @bond:  the interface
 * @ports: the interfaces that must be under it again, ending in NULL
 * @limit_usec: until everything is back; a rollback afterwards may take as long again, or 30 s
 *
 * A checkpoint of NetworkManager holds the bond and its ports; should this process die, or not
 * finish in twice the time, NetworkManager itself goes back to it. It is destroyed on success, and
 * rolled back on failure (both interrupt the bond).
 *
 * ACTIVATED says nothing about the feature: a refusal of it is only logged. Ask the kernel.
 *
 * Return: 0 with what happened in @ret, successful or not; -ENOENT when there is no such profile;
 * -ENODEV when the bond or a port is not there, or NetworkManager does not manage it; -EBUSY when
 * the checkpoint is refused; -EACCES, -ESRCH, -ETIMEDOUT, -ENOMEM, -EIO. After a negative return
 * nothing was touched.
 */
int nm_activate(struct nm *nm, const char *uuid, const char *bond, const char *const *ports,
		uint64_t limit_usec, struct nm_outcome *ret);

/*
 * nm_settle() - sees an activation through that another process had begun before it died
 * @limit_usec: what nm_activate() was told then: by it its checkpoint is recognised
 *
 * Once bond and ports are back the checkpoint is removed, since it would have NetworkManager
 * interrupt the bond once more, minutes later; when they do not come back, it is rolled back. Where
 * NetworkManager has rolled it back by itself, the end of that is waited for.
 *
 * Return: 0, also when there is none; -EIO when neither goes; -ESRCH, -ETIMEDOUT, -ENOMEM.
 */
int nm_settle(struct nm *nm, const char *bond, uint64_t limit_usec);

/*
 * nm_hand_back() - gives a bond its profile back, where NetworkManager has put one in its place
 * that nobody has written
 * @uuid:  of the profile that was active
 * @ports: the interfaces that were under the bond, ending in NULL; those are left out that are
 * gone, or not NetworkManager's any more
 * @limit_usec: as for nm_activate()
 *
 * So it does when it is restarted while the bond is between two activations (a profile's flags
 * nm-generated and external), or leaves it disconnected. A profile that somebody has written is
 * left where it is. A NetworkManager that is starting is waited for.
 *
 * Return: 0 when there is nothing to be given back, also because there is no bond or no such
 * profile any more; 1 when it was; -EIO when the activation failed; as nm_activate().
 */
int nm_hand_back(struct nm *nm, const char *uuid, const char *bond, const char *const *ports,
		 uint64_t limit_usec);
