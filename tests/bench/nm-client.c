/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <NetworkManager.h>

/*
 * Nothing but libnm's client, up to date and idle: what a program that keeps one pays for it. Part
 * of the row "idle".
 */
int main(void)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GError) error = NULL;
	g_autoptr(NMClient) client = nm_client_new(NULL, &error);

	if (!client) {
		g_printerr("%s\n", error->message);
		return 1;
	}
	g_print("%u\n", nm_client_get_connections(client)->len);
	g_main_loop_run(loop);
	return 0;
}
