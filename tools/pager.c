/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pager.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal.h"

static pid_t pager; /* 0: none */

/* Return: NULL when there is to be none */
static const char *wanted(void)
{
	static const char *const variables[] = { "ESP_OFFLOAD_PAGER", "PAGER" };
	const char *command = "less";

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value) {
			command = value;
			break;
		}
	}
	return *command && !streq(command, "cat") ? command : NULL;
}

/* What is not there shows everything all the same. */
_Noreturn static void become_pager(const char *command, int input)
{
	(void)dup2(input, STDIN_FILENO);
	close(input);
	/* F: end where it fits; R: colours; S: lines are cut and not folded; X, K as people expect
	 */
	(void)setenv("LESS", "FRSXMK", 0);
	(void)setenv("LESSSECURE", "1", 0);
	if (streq(command, "less"))
		execlp("less", "less", NULL);
	else
		execl("/bin/sh", "sh", "-c", command, NULL);
	execlp("cat", "cat", NULL);
	_exit(127);
}

void pager_begin(void)
{
	const char *command = wanted();
	char columns[16];
	int ends[2];

	if (!command || !isatty(STDOUT_FILENO) || pager > 0)
		return;
	/* A pipe has no width that could be asked for. */
	snprintf(columns, sizeof(columns), "%u", terminal_width());
	if (pipe(ends) < 0)
		return;
	fflush(NULL);
	pager = fork();
	if (pager == 0) {
		close(ends[1]);
		become_pager(command, ends[0]);
	}
	close(ends[0]);
	if (pager > 0) {
		(void)setenv("COLUMNS", columns, 0);
		(void)dup2(ends[1], STDOUT_FILENO);
	} else {
		pager = 0;
	}
	close(ends[1]);
}

void pager_end(void)
{
	if (pager <= 0)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
}
