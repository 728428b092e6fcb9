/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <NetworkManager.h>
/* What libnm's header of 1.30 and before leaves out. */
#ifndef __NM_CHECKPOINT_H__
#define __NETWORKMANAGER_H_INSIDE__
#include <nm-checkpoint.h>
#undef __NETWORKMANAGER_H_INSIDE__
#endif

#include "nm.h"

/* What the files of this adapter share. Nobody else includes this: it brings GLib along. */

struct nm {
	GMainContext *context; /* all that libnm does happens in here, while a call waits */
	GDBusConnection *bus;
	NMClient *client;
	char *error; /* what nm_error() tells; NULL: nothing */
};

/*
 * A request to libnm that one waits for:
 *
 *	struct nm_request *q = nm_request_new();
 *	some_async(…, q->cancellable, nm_request_done, q);
 *	r = nm_request_wait(nm, q, deadline);
 *	if (r == 0)
 *		x = some_finish(…, q->result, &error);
 *	nm_request_free(q);
 *
 * It belongs to the one who waits and to the callback, so that an answer that comes too late finds
 * something to be put into.
 */
struct nm_request {
	unsigned int n_refs;
	GCancellable *cancellable;
	GAsyncResult *result; /* NULL while there is no answer */
};

struct nm_request *nm_request_new(void);
struct nm_request *nm_request_free(struct nm_request *q);
DEFINE_CLEANUP(struct nm_request, nm_request_free)
void nm_request_done(GObject *source, GAsyncResult *result, gpointer request);

/* For a local struct nm_request. */
#define _cleanup_request_ _cleanup_(nm_request_freep)

/* nm_now() - the monotonic clock in microseconds */
uint64_t nm_now(void);

/*
 * nm_enter(), nm_leave() - what libnm begins in between runs in the context of @nm
 *
 * nm_enter() also forgets the error of the last call.
 */
void nm_enter(struct nm *nm);
void nm_leave(struct nm *nm);

/*
 * nm_request_wait() - lets libnm work until the answer has come
 * @deadline: of nm_now()
 *
 * Return: 0 with the answer in q->result, which may be an error; -ETIMEDOUT, with the request
 * cancelled.
 */
int nm_request_wait(struct nm *nm, struct nm_request *q, uint64_t deadline);

/*
 * nm_iterate() - lets libnm work until something has happened, or until the deadline
 *
 * Return: false when the deadline has passed.
 */
bool nm_iterate(struct nm *nm, uint64_t deadline);

/*
 * nm_refresh() - asks NetworkManager for a sign of life, after which libnm knows all that happened
 * before
 *
 * Return: 0; -ESRCH when it has gone; -ETIMEDOUT; -EIO.
 */
int nm_refresh(struct nm *nm, uint64_t deadline);

/* nm_managed_device() - the device of that name, where it is there and NetworkManager's; or NULL */
NMDevice *nm_managed_device(struct nm *nm, const char *name);

/* nm_fail() - keeps what an error says for nm_error() and frees it; returns its errno */
int nm_fail(struct nm *nm, GError *error);

/* nm_failed() - the same, with a text of our own */
int nm_failed(struct nm *nm, int error, const char *format, ...) _printf_(3, 4);
