/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-kernel-private.h"

#include "probe.h"

/* ---- the test's side ---- */

void kernel_answers_probes(bool hardware)
{
	kernel.answering = true;
	kernel.answers_in_hardware = hardware;
}

size_t kernel_requests_sent(void)
{
	return kernel.n_requests;
}

void kernel_loses_requests(size_t n)
{
	kernel.n_lost_requests = n;
}

size_t kernel_sockets_opened(void)
{
	return kernel.n_sockets;
}

void kernel_refuses_sockets(size_t n)
{
	kernel.n_sockets_refused = n;
}

void kernel_opens_probes_after(int asked, int error)
{
	kernel.opener_busy = asked;
	kernel.opener_error = error;
}

void kernel_keeps_answers(void)
{
	kernel.keeping_answers = true;
}

void kernel_lets_answers_in(bool hardware)
{
	struct fake_bond *bond = &kernel.bonds[0];

	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port && hardware)
			bond->counters[i].rx_ipsec += bond->answers_missing;
	kernel.answers += (int)bond->answers_missing;
	bond->answers_missing = 0;
	kernel.keeping_answers = false;
}

void kernel_queues_answers(bool queued)
{
	kernel.answers_queued = queued;
}

/* ---- the adapters' side ---- */

struct probe {
	int unused;
};

int probe_open(const struct facts_ip *a _unused_, const char *device _unused_, struct probe **ret)
{
	int r = kernel_may_answer();

	if (r < 0)
		return r;
	kernel.n_sockets++;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

int probe_ask(const char *opener _unused_, const struct facts_ip *a, struct probe **ret)
{
	return probe_open(a, NULL, ret);
}

/* The opener's answer takes as long as the test has it. */
int probe_ready(struct probe *p _unused_)
{
	if (kernel.n_sockets_refused > 0) {
		kernel.n_sockets_refused--;
		return -EIO;
	}
	if (kernel.opener_busy > 0) {
		kernel.opener_busy--;
		return 0;
	}
	return kernel.opener_error < 0 ? kernel.opener_error : 1;
}

struct probe *probe_close(struct probe *p)
{
	free(p);
	return NULL;
}

int probe_fd(const struct probe *p _unused_)
{
	return 0;
}

int probe_renew(struct probe *p _unused_)
{
	return kernel_may_answer();
}

/* Answers that are under way: sent and counted as such, and not received. */
static void keep_answer(struct fake_bond *bond, bool hardware)
{
	bond->packets++;
	bond->answers_missing++;
	for (size_t i = 0; i < PORTS; i++)
		if (bond->ports[i].ifindex == bond->link.bond.active_port)
			bond->counters[i].tx_ipsec += hardware;
}

int probe_send(struct probe *p _unused_, uint16_t seq _unused_)
{
	bool struck = kernel_is_struck();

	kernel.n_requests++;
	if (struck && kernel.fault == KERNEL_FAILS)
		return -EIO;
	if (struck && kernel.fault == KERNEL_NEVER_TELLS)
		return 0;
	if (kernel.n_lost_requests > 0) {
		kernel.n_lost_requests--;
	} else if (kernel.keeping_answers) {
		keep_answer(&kernel.bonds[0], kernel.answers_in_hardware);
	} else if (kernel.answering) {
		kernel_carries(0, 1, kernel.answers_in_hardware);
		kernel.answers++;
	}
	return 0;
}

int probe_read(struct probe *p _unused_)
{
	bool struck = kernel_is_struck();
	int n = kernel.answers;

	if (struck && kernel.fault == KERNEL_FAILS)
		return -EIO;
	if ((struck && kernel.fault == KERNEL_IS_LATE) || kernel.answers_queued)
		return 0;
	kernel.answers = 0;
	if (struck && kernel.fault == KERNEL_TELLS_TWICE)
		return 2 * n;
	return struck && kernel.fault == KERNEL_NEVER_TELLS ? 0 : n;
}
