/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "probe-opener.h"

/*
 * esp-offload-probe: opens one socket for ICMP echo, and gives it to who asks on the standard
 * input. systemd starts it for each connection, in a sandbox where it may do that and nothing else;
 * so the daemon needs neither the right to open such sockets nor any to send elsewhere.
 */
int main(void)
{
	int r = probe_opener_answer(STDIN_FILENO);

	if (r < 0) {
		fprintf(stderr, "Cannot answer: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
