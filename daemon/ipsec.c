/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "command.h"
#include "ipsec-conf.h"
#include "text.h"

#define DEFAULT_PATH  "/usr/sbin/ipsec"
#define DEFAULT_LIMIT UINT64_C(10000000)

/* Enough for the states of some 10,000 conns; a list that is cut off is no list. */
#define MAX_OUTPUT ((size_t)64 * 1024 * 1024)

/* whack could not speak with pluto: RC_WHACK_PROBLEM in Libreswan's include/whack.h. */
#define STATUS_NO_PLUTO 33

/* How long between two questions while one waits, and from which on it does not grow. */
#define WAIT_FIRST_USEC UINT64_C(100000)
#define WAIT_MAX_USEC   UINT64_C(1000000)

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t ipsec_limit(const struct ipsec *ipsec)
{
	uint64_t limit = ipsec->limit_usec ? ipsec->limit_usec : DEFAULT_LIMIT;

	for (unsigned int i = 0; ipsec->patience && i < ipsec->patience->n_hung && limit > 1; i++)
		limit /= 2;
	return limit;
}

/* Of the arguments the two that say what is done are kept; a conn's name is not among them. */
static void note_hang(struct ipsec_patience *p, uint64_t limit_usec, const char *const *args)
{
	p->n_hung++;
	if (*p->first)
		return;
	p->first_usec = limit_usec;
	(void)snprintf(p->first, sizeof(p->first), "%s%s%s", args[0], args[1] ? " " : "",
		       args[1] ? args[1] : "");
}

/* What the run tells of the next one. That others than whack end says nothing of pluto. */
static void learn(const struct ipsec *ipsec, int error, uint64_t limit_usec,
		  const char *const *args)
{
	if (!ipsec->patience)
		return;
	if (error == -ETIMEDOUT)
		note_hang(ipsec->patience, limit_usec, args);
	else if (streq(args[0], "whack"))
		ipsec->patience->n_hung = 0;
}

/* True when whack says that it may not, rather than that pluto is not there. */
static bool says_not_allowed(const struct command_result *r)
{
	return strstr(r->err, "no right to communicate with pluto") ||
	       strstr(r->err, "Permission denied");
}

/*
 * Runs the command with arguments that end in NULL. How it ended is judged as far as that can be
 * believed; a command that hung is an error only where the caller does not want to read along.
 */
static int run(const struct ipsec *ipsec, uint64_t limit_usec, bool may_hang,
	       const char *const *args, struct command_result *ret)
{
	const struct command_options options = {
		.limit_usec = limit_usec,
		.max_output = MAX_OUTPUT,
	};
	const char *argv[8] = { ipsec->path ? ipsec->path : DEFAULT_PATH };
	struct command_result result = COMMAND_RESULT_NULL;
	int r;

	for (size_t i = 0; args[i]; i++) {
		if (i + 2 >= ARRAY_SIZE(argv))
			return -E2BIG;
		argv[i + 1] = args[i];
	}
	r = command_run(argv, &options, &result);
	if (r < 0)
		return r;

	if (result.timed_out)
		r = may_hang ? 0 : -ETIMEDOUT;
	else if (result.truncated)
		r = -EBADMSG;
	else if (result.signal != 0)
		r = -EIO;
	else if (result.exit_status == STATUS_NO_PLUTO)
		r = says_not_allowed(&result) ? -EACCES : -ENOTCONN;
	learn(ipsec, r, limit_usec, args);
	if (r < 0) {
		command_result_done(&result);
		return r;
	}
	*ret = result;
	return 0;
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

int ipsec_version(const struct ipsec *ipsec, struct facts_version *ret)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	struct libreswan_version version;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false, ARGS("--version"), &result);
	if (r < 0)
		return r;
	if (libreswan_version_parse(result.out, &version) < 0)
		return -EBADMSG;
	*ret = (struct facts_version){ .major = version.major, .minor = version.minor };
	return 0;
}

/*
 * True when all that the command printed is blank, the bare numbers of Libreswan 4 included: it has
 * nothing to tell. Words without a single line that was understood are something else.
 */
static bool says_nothing(const char *text)
{
	return text[strspn(text, "0123456789 \t\r\n")] == '\0';
}

int ipsec_tunnels(const struct ipsec *ipsec, struct facts_tunnel **ret, size_t *ret_n)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	struct facts_tunnel *tunnels;
	size_t n;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false, ARGS("whack", "--trafficstatus"), &result);
	if (r < 0)
		return r;
	r = pluto_tunnels_parse(result.out, &tunnels, &n);
	if (r < 0)
		return r;
	if (n == 0 && !says_nothing(result.out))
		return -EBADMSG;
	*ret = tunnels;
	*ret_n = n;
	return 0;
}

int ipsec_sas(const struct ipsec *ipsec, struct pluto_sas *ret)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false, ARGS("whack", "--showstates"), &result);
	if (r < 0)
		return r;
	return pluto_sas_parse(result.out, ret);
}

int ipsec_conn(const struct ipsec *ipsec, const char *conn, struct pluto_conn *ret)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false, ARGS("whack", "--status"), &result);
	if (r < 0)
		return r;
	pluto_conn_parse(result.out, conn, ret);
	return 0;
}

enum ipsec_auto ipsec_auto_parse(const char *value)
{
	static const struct {
		const char *word;
		enum ipsec_auto value;
	} words[] = {
		{ "add", IPSEC_AUTO_ADD },        { "ondemand", IPSEC_AUTO_ONDEMAND },
		{ "route", IPSEC_AUTO_ONDEMAND }, { "start", IPSEC_AUTO_START },
		{ "up", IPSEC_AUTO_START },       { "keep", IPSEC_AUTO_KEEP },
	};

	for (size_t i = 0; value && i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i].word) == 0)
			return words[i].value;
	return IPSEC_AUTO_IGNORE;
}

/* What a command printed, on either stream: Libreswan 4 and 5 do not agree on which. */
static void add_output(struct text *t, const struct command_result *r)
{
	text_add(t, r->out);
	text_add(t, r->err);
}

static int run_and_keep(const struct ipsec *ipsec, const char *const *args, struct text *t)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false, args, &result);
	if (r < 0)
		return r;
	add_output(t, &result);
	return 0;
}

/*
 * Whether pluto has the conn: it complains when asked for the traffic of a name that it does not
 * know, and says nothing at all of one that is loaded and not up.
 */
static int is_loaded(const struct ipsec *ipsec, const char *conn)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	r = run_and_keep(ipsec, ARGS("whack", "--trafficstatus", "--name", conn), &t);
	if (r < 0)
		return r;
	if (t.failed)
		return -ENOMEM;
	return !t.data || !(strstr(t.data, "no such connection") ||
			    strstr(t.data, "no connection or alias named") ||
			    strstr(t.data, "no connection named"));
}

/*
 * The conn is handed to whack and addconn themselves: the shell scripts in between split a name at
 * its blanks. `ipsec auto --replace` of Libreswan 4 runs the same two commands; addconn of
 * Libreswan 5 deletes by itself, and deleting twice does no harm.
 */
static int replace(const struct ipsec *ipsec, const char *conn, enum ipsec_auto want, bool was_up,
		   struct text *t)
{
	int r, deleted, loaded;

	deleted = run_and_keep(ipsec, ARGS("whack", "--delete", "--name", conn), t);
	/* Pluto may have done it all the same. */
	if (deleted == -ETIMEDOUT)
		deleted = run_and_keep(ipsec, ARGS("whack", "--delete", "--name", conn), t);
	if (deleted < 0 && deleted != -ETIMEDOUT)
		return deleted;
	r = run_and_keep(ipsec, ARGS("addconn", "--", conn), t);
	/* Where it is not known whether what is loaded is the old one, it is loaded at least. */
	if (deleted < 0 || r < 0)
		return deleted < 0 ? deleted : r;
	loaded = is_loaded(ipsec, conn);
	if (loaded < 0)
		return loaded;
	if (!loaded)
		return 1;

	if (want == IPSEC_AUTO_ONDEMAND) {
		r = run_and_keep(ipsec, ARGS("whack", "--route", "--name", conn), t);
		if (r < 0)
			return r;
	}
	if (want == IPSEC_AUTO_START || was_up)
		r = run_and_keep(ipsec,
				 ARGS("whack", "--name", conn, "--initiate", "--asynchronous"), t);
	return r;
}

int ipsec_replace(const struct ipsec *ipsec, const char *conn, enum ipsec_auto want, bool was_up,
		  char **ret_text)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r, result;

	result = replace(ipsec, conn, want, was_up, &t);
	if (result < 0)
		return result;
	r = text_take(&t, ret_text);
	return r < 0 ? r : result;
}

int ipsec_check_files(const struct ipsec *ipsec, const char *config, char **ret_text)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false,
		ARGS("addconn", "--config", config, "--checkconfig"), &result);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	/* From 126 on it is the shell's word that there is no such program. */
	if (result.exit_status == 0 || result.exit_status >= 126)
		return 0;
	text_printf(&t, "exit status %d, ", result.exit_status);
	text_add_bytes(&t, result.err, strcspn(result.err, "\n"));
	r = text_take(&t, ret_text);
	return r < 0 ? r : 1;
}

int ipsec_load(const struct ipsec *ipsec, const char *conn)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	/* One that it has would lose its SAs. */
	r = is_loaded(ipsec, conn);
	if (r != 0)
		return r < 0 ? r : 0;
	r = run_and_keep(ipsec, ARGS("addconn", "--", conn), &t);
	if (r >= 0)
		r = is_loaded(ipsec, conn);
	return r < 0 ? r : !r;
}

int ipsec_delete(const struct ipsec *ipsec, const char *conn)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	r = run_and_keep(ipsec, ARGS("whack", "--delete", "--name", conn), &t);
	return r < 0 ? r : is_loaded(ipsec, conn);
}

/*
 * Libreswan 4 calls it --rekey-ipsec, and 5 --rekey-child. Whack ends with the same status for an
 * option that it does not know as without pluto.
 */
int ipsec_rekey(const struct ipsec *ipsec, const char *conn, char **ret_text)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	r = run(ipsec, ipsec_limit(ipsec), false,
		ARGS("whack", "--name", conn, "--asynchronous", "--rekey-ipsec"), &result);
	if (r == -ENOTCONN)
		r = run(ipsec, ipsec_limit(ipsec), false,
			ARGS("whack", "--name", conn, "--asynchronous", "--rekey-child"), &result);
	if (r < 0)
		return r;
	add_output(&t, &result);
	return text_take(&t, ret_text);
}

int ipsec_initiate(const struct ipsec *ipsec, const char *conn, uint64_t limit_usec,
		   char **ret_text)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	r = run(ipsec, limit_usec, true, ARGS("whack", "--name", conn, "--initiate"), &result);
	if (r < 0)
		return r;
	add_output(&t, &result);
	return text_take(&t, ret_text);
}

int ipsec_ask_up(const struct ipsec *ipsec, const char *conn)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	return run_and_keep(ipsec, ARGS("whack", "--name", conn, "--initiate", "--asynchronous"),
			    &t);
}

/* The first of the conns that is not among the tunnels, or NULL. */
static const char *first_missing(struct facts_tunnel *tunnels, size_t n_tunnels,
				 const char *const *conns, size_t n_conns)
{
	const struct facts facts = { .tunnels = tunnels, .n_tunnels = n_tunnels };

	for (size_t i = 0; i < n_conns; i++)
		if (!facts_tunnel_of(&facts, conns[i]))
			return conns[i];
	return NULL;
}

static void pause_usec(uint64_t usec)
{
	const struct timespec ts = {
		.tv_sec = (time_t)(usec / 1000000),
		.tv_nsec = (long)(usec % 1000000) * 1000,
	};

	nanosleep(&ts, NULL);
}

static uint64_t next_pause(uint64_t pause)
{
	return pause * 2 < WAIT_MAX_USEC ? pause * 2 : WAIT_MAX_USEC;
}

int ipsec_wait_established(const struct ipsec *ipsec, const char *const *conns, size_t n_conns,
			   uint64_t limit_usec, const char **ret_missing)
{
	uint64_t deadline = now_usec() + limit_usec;
	const char *missing;

	if (n_conns == 0)
		return 0;
	missing = conns[0];

	for (uint64_t pause = WAIT_FIRST_USEC;; pause = next_pause(pause)) {
		uint64_t now = now_usec(), left = now < deadline ? deadline - now : 1;
		const struct ipsec bounded = {
			.path = ipsec->path,
			.limit_usec = left < ipsec_limit(ipsec) ? left : ipsec_limit(ipsec),
		};
		struct facts_tunnel *tunnels = NULL;
		size_t n = 0;
		int r;

		r = ipsec_tunnels(&bounded, &tunnels, &n);
		if (r == -ENOENT || r == -EACCES || r == -ENOMEM)
			return r;
		if (r >= 0) {
			missing = first_missing(tunnels, n, conns, n_conns);
			pluto_tunnels_free(tunnels, n);
			if (!missing)
				return 0;
		}

		if (ipsec->stop && ipsec->stop())
			return -ECANCELED;
		now = now_usec();
		if (now >= deadline) {
			*ret_missing = missing;
			return 1;
		}
		pause_usec(pause < deadline - now ? pause : deadline - now);
	}
}
