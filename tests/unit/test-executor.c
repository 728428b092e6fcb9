/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "ethtool.h"
#include "evidence.h"
#include "executor.h"
#include "ipsec-files.h"
#include "log.h"
#include "meter.h"
#include "names.h"
#include "nm.h"
#include "settle.h"
#include "temporary.h"
#include "text.h"
#include "trial.h"
#include "undo.h"
#include "unit.h"
#include "units.h"

/*
 * Transactions on a host that the test plays, behind the headers of the adapters; the undo journal
 * and Libreswan's files are real. The process is ended at each call that touches something, before
 * and after it, or that call fails; and then the next process has to make it good.
 */

static const char conf_before[] = "# of the administrator\n"
				  "conn example\n"
				  "\tleft=192.0.2.1\n"
				  "\tright=192.0.2.2\n"
				  "\tauto=start\n"
				  "\n"
				  "conn neighbour\n"
				  "\tleft=192.0.2.1\n"
				  "\tright=192.0.2.3\n"
				  "\tnic-offload=no\n";

/* What outlives a process. */
static struct world {
	int profile; /* the feature in it: -1 not set, 0, 1 */
	int bit;
	bool loaded; /* pluto has taken nic-offload=yes up */
	bool example_up, neighbour_up;
	unsigned int neighbour_lost; /* how often its tunnel went down */
	unsigned int activations;
	unsigned int replacements;
	bool nm_away, trial_fails, trial_unseen, answered, refuse_bit, pluto_stopped, files_refused,
		restart_fails, start_fails;
	bool shares;  /* both conns have one IKE SA, so that replacing one takes both down */
	bool orphans; /* the same, but that pluto still believes in the other one */
	bool orphaned, renewed;
	bool neighbour_away; /* its peer does not answer any more */
	bool failed;         /* the unit */
} * world;

enum how {
	HOW_NOT,
	HOW_DIE_BEFORE,
	HOW_DIE_AFTER,
	HOW_FAIL,
};

static enum how how;
static unsigned int chosen, n_calls;

/* A call that touches something is about to be made. Return: true when it is to fail. */
static bool call(void)
{
	n_calls++;
	if (how == HOW_DIE_BEFORE && n_calls == chosen)
		_exit(77);
	/* After one that changes nothing. */
	if (how == HOW_DIE_AFTER && n_calls == chosen + 1)
		_exit(77);
	return how == HOW_FAIL && n_calls == chosen;
}

static void called(void)
{
	if (how == HOW_DIE_AFTER && n_calls == chosen)
		_exit(77);
}

/* ---- the C library, for the journal and the files ---- */

#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		type r;                                                                            \
                                                                                                   \
		if (call()) {                                                                      \
			errno = ENOSPC;                                                            \
			return -1;                                                                 \
		}                                                                                  \
		r = __real_##name arguments;                                                       \
		called();                                                                          \
		return r;                                                                          \
	}

WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
WRAP(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))

/* That the disk has it takes time and shows nothing here. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd _unused_)
{
	if (call()) {
		errno = ENOSPC;
		return -1;
	}
	called();
	return 0;
}

/* ---- NetworkManager ---- */

struct nm {
	int unused;
};

static struct nm nm_played;

int nm_open(uint64_t limit_usec _unused_, struct nm **ret)
{
	if (world->nm_away)
		return -ESRCH;
	*ret = &nm_played;
	return 0;
}

struct nm *nm_close(struct nm *nm _unused_)
{
	return NULL;
}

const char *nm_error(const struct nm *nm _unused_)
{
	return "not now";
}

int nm_observe(struct nm *nm _unused_, uint64_t limit_usec _unused_, struct facts_profile **ret,
	       size_t *ret_n)
{
	struct facts_profile *p = calloc(1, sizeof(*p));

	strcpy(p->bond, "bond0");
	strcpy(p->uuid, "u-1");
	p->esp_hw_offload = world->profile;
	*ret = p;
	*ret_n = 1;
	return 0;
}

struct facts_profile *nm_profiles_free(struct facts_profile *profiles, size_t n _unused_)
{
	free(profiles);
	return NULL;
}

int nm_set_feature(struct nm *nm _unused_, const char *uuid, int value,
		   uint64_t limit_usec _unused_)
{
	ck_assert_str_eq(uuid, "u-1");
	if (call())
		return -EACCES;
	world->profile = value;
	called();
	return 0;
}

int nm_activate(struct nm *nm _unused_, const char *uuid _unused_, const char *bond _unused_,
		const char *const *ports, uint64_t limit_usec _unused_, struct nm_outcome *ret)
{
	ck_assert_str_eq(ports[0], "ix0");
	ck_assert_str_eq(ports[1], "ix1");
	if (call())
		return -EBUSY;
	world->activations++;
	if (world->profile == 1 && !world->refuse_bit)
		world->bit = 1;
	called();
	*ret = (struct nm_outcome){ .activated = true };
	return 0;
}

void nm_outcome_done(struct nm_outcome *o _unused_)
{
}

int nm_settle(struct nm *nm _unused_, const char *bond _unused_, uint64_t limit_usec _unused_)
{
	return call() ? -ETIMEDOUT : 0;
}

/* ---- the kernel ---- */

int ethtool_open(struct ethtool **ret)
{
	*ret = (struct ethtool *)&nm_played;
	return 0;
}

struct ethtool *ethtool_close(struct ethtool *e _unused_)
{
	return NULL;
}

int ethtool_get_feature(struct ethtool *e _unused_, const char *name _unused_,
			const char *feature _unused_, enum facts_feature *ret)
{
	*ret = world->bit ? FACTS_FEATURE_ON : FACTS_FEATURE_OFF;
	return 0;
}

int ethtool_set_feature(struct ethtool *e _unused_, const char *name, const char *feature, bool on)
{
	ck_assert_str_eq(name, "bond0");
	ck_assert_str_eq(feature, FEATURE_ESP_HW_OFFLOAD);
	if (call() || (on && world->refuse_bit))
		return -EOPNOTSUPP;
	world->bit = on;
	called();
	return 0;
}

int meter_start(const struct facts *before _unused_, const struct policy_bond *policy _unused_,
		struct meter **ret)
{
	*ret = NULL;
	return 0;
}

void meter_step(struct meter *m _unused_, size_t step _unused_)
{
}

void meter_stop(struct meter *m _unused_)
{
}

void meter_print(const struct meter *m _unused_, size_t step _unused_, struct text *t _unused_)
{
}

struct meter *meter_free(struct meter *m _unused_)
{
	return NULL;
}

uint64_t evidence_now(void)
{
	return 0;
}

void evidence_gather(uint64_t since_usec _unused_, const char *const *conns,
		     const char *const *devices, struct text *t)
{
	ck_assert_str_eq(conns[0], "example");
	ck_assert_ptr_null(conns[1]);
	ck_assert_str_eq(devices[0], "bond0");
	ck_assert_str_eq(devices[1], "ix0");
	text_add(t, "; pluto: no way");
}

/* ---- Libreswan ---- */

static bool file_has(const char *words)
{
	_cleanup_free_ char *line = NULL;
	FILE *f = fopen(temporary_path("ipsec.conf"), "re");
	bool has = false;
	size_t alloc = 0;

	while (getline(&line, &alloc, f) > 0)
		has = has || strstr(line, words);
	fclose(f);
	return has;
}

static bool file_says_yes(void)
{
	return file_has("nic-offload=yes");
}

int __wrap_ipsec_files_version(struct libreswan_version *ret);
int __wrap_ipsec_files_version(struct libreswan_version *ret)
{
	*ret = (struct libreswan_version){ 4, 10 };
	return 0;
}

int __wrap_ipsec_files_check(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
			     uint64_t limit_usec, struct ipsec_files_result *ret);
int __wrap_ipsec_files_check(struct ipsec_files *files _unused_,
			     const struct ipsec_conf_edit *edit _unused_,
			     uint64_t limit_usec _unused_, struct ipsec_files_result *ret)
{
	if (!call() && !world->files_refused)
		return IPSEC_FILES_DONE;
	ret->reason = strdup("Libreswan does not like it");
	ret->remedy = strdup("do something else");
	return IPSEC_FILES_REFUSED;
}

enum ipsec_auto ipsec_auto_parse(const char *value)
{
	return streq_ptr(value, "start") ? IPSEC_AUTO_START : IPSEC_AUTO_ADD;
}

int ipsec_replace(const struct ipsec *ipsec _unused_, const char *conn, enum ipsec_auto want,
		  bool was_up, char **ret_text)
{
	ck_assert_str_eq(conn, "example");
	if (call()) {
		*ret_text = strdup("it is not accepted");
		world->example_up = false;
		return 1;
	}
	world->replacements++;
	world->loaded = file_says_yes();
	world->example_up = was_up || want == IPSEC_AUTO_START;
	if (world->shares) {
		world->neighbour_up = false;
		world->neighbour_lost++;
	}
	if (world->orphans) {
		/* The old one stays where it is. */
		world->orphaned = true;
		world->renewed = false;
		world->neighbour_lost++;
	}
	/* As pluto does with one that the files do not have. */
	if (!file_has("conn example")) {
		*ret_text = strdup("no such conn");
		world->example_up = false;
		return 1;
	}
	called();
	return 0;
}

int ipsec_delete(const struct ipsec *ipsec _unused_, const char *conn)
{
	ck_assert_str_eq(conn, "example");
	if (call())
		return -ETIMEDOUT;
	world->loaded = world->example_up = false;
	called();
	return 0;
}

int ipsec_ask_up(const struct ipsec *ipsec _unused_, const char *conn)
{
	ck_assert_str_eq(conn, "neighbour");
	if (call())
		return -ETIMEDOUT;
	if (!world->neighbour_away) {
		world->neighbour_up = true;
		world->renewed = world->orphaned;
	}
	called();
	return 0;
}

/* The neighbour's: one without its IKE SA, and what took its place. */
int ipsec_sas(const struct ipsec *ipsec _unused_, struct pluto_sas *ret)
{
	struct pluto_sa *sas = calloc(2, sizeof(*sas));
	size_t n = 0;

	if (world->orphaned)
		sas[n++] = (struct pluto_sa){ .conn = strdup("neighbour"),
					      .serial = 5,
					      .orphan = true,
					      .direction = FACTS_OUT };
	if (world->renewed)
		sas[n++] = (struct pluto_sa){ .conn = strdup("neighbour"), .serial = 9 };
	*ret = (struct pluto_sas){ .items = sas, .n = n, .alloc = 2 };
	return 0;
}

int ipsec_wait_established(const struct ipsec *ipsec _unused_, const char *const *conns,
			   size_t n_conns, uint64_t limit_usec _unused_, const char **ret_missing)
{
	for (size_t i = 0; i < n_conns; i++)
		if (streq(conns[i], "example") ? !world->example_up : !world->neighbour_up) {
			*ret_missing = conns[i];
			return 1;
		}
	return 0;
}

int ipsec_tunnels(const struct ipsec *ipsec _unused_, struct facts_tunnel **ret, size_t *ret_n)
{
	struct facts_tunnel *t = calloc(2, sizeof(*t));
	size_t n = 0;

	if (world->example_up)
		t[n++].conn = strdup("example");
	if (world->neighbour_up)
		t[n++].conn = strdup("neighbour");
	*ret = t;
	*ret_n = n;
	return 0;
}

bool trial_is_answered(const struct facts *before _unused_,
		       const struct policy_bond *policy _unused_)
{
	return !world->loaded;
}

int trial_run(const struct facts *before _unused_, const struct policy_bond *policy _unused_,
	      const struct ipsec *ipsec, bool answered, char **ret_reason)
{
	world->answered = answered;
	if (ipsec->stop && ipsec->stop())
		return -ECANCELED;
	if (world->trial_unseen)
		*ret_reason = strdup("it could not be seen");
	if (!call() && !world->trial_fails)
		return 0;
	*ret_reason = strdup("the tunnel of conn example did not come back");
	return 1;
}

int trial_wait_tunnels(const struct facts *before _unused_,
		       const struct policy_bond *policy _unused_,
		       const struct ipsec *ipsec _unused_, char **ret_reason)
{
	if (world->example_up)
		return 0;
	*ret_reason = strdup("the tunnel of conn example did not come back");
	return 1;
}

/* ---- systemd ---- */

/* Somebody has edited the file, and the key alone cannot be put back. */
static void files_cannot_be_put_back(void)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "ae");

	ck_assert_int_ge(fputs("# edited since\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	world->files_refused = true;
}

int __wrap_sd_bus_open_system(sd_bus **ret);
int __wrap_sd_bus_open_system(sd_bus **ret)
{
	return sd_bus_new(ret);
}

int units_look(sd_bus *bus _unused_, const char *unit _unused_, uint64_t limit_usec _unused_,
	       struct units_state *ret)
{
	*ret = (struct units_state){ world->pluto_stopped ? FACTS_UNIT_INACTIVE
				     : world->failed      ? FACTS_UNIT_FAILED
							  : FACTS_UNIT_ACTIVE,
				     7 };
	return 0;
}

static void start_pluto(void)
{
	world->loaded = file_says_yes();
	world->failed = false;
	world->example_up = true;
	world->neighbour_up = false;
	world->neighbour_lost++;
}

int units_restart(sd_bus *bus _unused_, const char *unit, uint64_t limit_usec _unused_,
		  char **ret_text)
{
	ck_assert_str_eq(unit, IPSEC_UNIT);
	if (world->restart_fails)
		files_cannot_be_put_back();
	if (call() || world->restart_fails) {
		world->example_up = world->neighbour_up = false;
		world->failed = true;
		*ret_text = strdup("the job ended with failed");
		return UNITS_FAILED;
	}
	start_pluto();
	called();
	return UNITS_RESTARTED;
}

int units_start_again(sd_bus *bus _unused_, const char *unit _unused_, uint64_t limit_usec _unused_,
		      char **ret_text _unused_)
{
	if (call() || world->start_fails) {
		world->failed = true;
		return UNITS_FAILED;
	}
	start_pluto();
	called();
	return UNITS_RESTARTED;
}

/* ---- one transaction ---- */

/* From which question on it is told to stop; 0: never. */
static unsigned int stop_at, n_asked;

static bool stop(void)
{
	return ++n_asked >= stop_at && stop_at > 0;
}

static const struct executor_options *options(void)
{
	static char conf[128], state[128];
	static const struct executor_options o = { .state_dir = state,
						   .ipsec_conf = conf,
						   .stop = stop };

	snprintf(conf, sizeof(conf), "%s/ipsec.conf", temporary_dir);
	snprintf(state, sizeof(state), "%s/state", temporary_dir);
	return &o;
}

static void write_conf(const char *text)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "we");

	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void conf_is(const char *text)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "re");
	char bytes[4096] = "";

	ck_assert_ptr_nonnull(f);
	(void)!fread(bytes, 1, sizeof(bytes) - 1, f);
	fclose(f);
	ck_assert_str_eq(bytes, text);
}

static struct policy_bond policy;

static bool always_shares, always_orphans;

static void begin(void)
{
	how = HOW_NOT;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	*world = (struct world){ .profile = -1,
				 .example_up = true,
				 .neighbour_up = true,
				 .shares = always_shares,
				 .orphans = always_orphans };
	temporary_make();
	ck_assert_int_eq(mkdir(temporary_path("state"), 0700), 0);
	write_conf(conf_before);
	ck_assert_int_eq(policy_bond_init("bond0", &policy), 0);
	policy.conns = calloc(1, sizeof(char *));
	policy.conns[0] = strdup("example");
	policy.n_conns = 1;
	policy.rollback = true;
}

static void end(void)
{
	policy_bond_done(&policy);
	temporary_remove();
	munmap(world, sizeof(*world));
}

static struct facts *look(void)
{
	struct facts *f = calloc(1, sizeof(*f));
	const struct ipsec_files_options o = { .config = options()->ipsec_conf,
					       .version = { 4, 10 } };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	int n = world->example_up + world->neighbour_up;

	f->n_links = 3;
	f->links = calloc(3, sizeof(*f->links));
	strcpy(f->links[0].name, "bond0");
	strcpy(f->links[0].kind, "bond");
	strcpy(f->links[1].name, "ix0");
	strcpy(f->links[2].name, "ix1");
	for (int i = 0; i < 3; i++) {
		f->links[i].ifindex = i + 1;
		f->links[i].master = i > 0 ? 1 : FACTS_NO_LINK;
	}
	f->n_profiles = 1;
	f->profiles = calloc(1, sizeof(*f->profiles));
	strcpy(f->profiles[0].bond, "bond0");
	strcpy(f->profiles[0].uuid, "u-1");
	f->libreswan = (struct facts_version){ 4, 10 };
	f->tunnels = calloc(2, sizeof(*f->tunnels));
	if (world->neighbour_up)
		f->tunnels[--n].conn = strdup("neighbour");
	if (world->example_up)
		f->tunnels[--n].conn = strdup("example");
	f->n_tunnels = (size_t)(world->example_up + world->neighbour_up);
	ck_assert_int_eq(ipsec_files_load(&o, &files), 0);
	f->conf = ipsec_files_take_conf(files);
	return f;
}

/* The steps of the main job, with pluto's by @pluto. */
static int apply_by(enum step_kind feature, enum step_kind pluto, char **ret_reason)
{
	char uuid[] = "u-1", bond[] = "bond0", conn[] = "example", unit[] = IPSEC_UNIT,
	     key[] = NIC_OFFLOAD_KEY, yes[] = "yes";
	struct step steps[] = {
		{ .kind = STEP_PROFILE, .subject = uuid },
		{ .kind = feature, .subject = bond },
		{ .kind = STEP_CONN, .subject = conn, .key = key, .value = yes },
		{ .kind = pluto, .subject = pluto == STEP_RESTART ? unit : conn },
	};
	const struct plan plan = { .items = steps, .n = ARRAY_SIZE(steps) };
	_cleanup_(facts_freep) struct facts *facts = look();

	return executor_apply(options(), facts, &policy, &plan, ret_reason);
}

static int apply(void)
{
	_cleanup_free_ char *reason = NULL;

	return apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason);
}

static size_t count_files(const char *dir)
{
	_cleanup_free_ struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(names[i]);
	return n < 2 ? 0 : (size_t)n - 2;
}

static void all_is_as_before(void)
{
	conf_is(conf_before);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 0);
	ck_assert(!world->loaded);
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	/* ipsec.conf and the folder of the journals, which is empty */
	ck_assert_uint_eq(count_files(temporary_dir), 2);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
}

static void all_is_as_it_should_be(void)
{
	ck_assert(file_says_yes());
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	ck_assert(world->loaded);
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	ck_assert_uint_eq(count_files(temporary_dir), 2);
	ck_assert_uint_eq(count_files(temporary_path("state")), 1);
}

static int recover(void)
{
	_cleanup_free_ char *reason = NULL;

	return executor_recover(options(), "bond0", &reason);
}

static int revert(char **ret_reason)
{
	return executor_revert(options(), "bond0", ret_reason);
}

START_TEST(what_is_applied_can_be_reverted)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	all_is_as_it_should_be();
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	all_is_as_before();
	ck_assert_ptr_nonnull(strstr(reason, "esp-offloadctl conn set example nic-offload=no"));
	ck_assert_int_eq(revert(&reason), EXECUTOR_NOTHING);
	ck_assert_uint_eq(world->neighbour_lost, 0);
	ck_assert_uint_eq(world->activations, 1);
	end();
}
END_TEST

START_TEST(a_restart_brings_up_again_what_nobody_else_would)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	all_is_as_it_should_be();
	end();
}
END_TEST

START_TEST(who_shares_an_ike_sa_comes_up_again_whatever_is_done)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->shares = true;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	all_is_as_it_should_be();
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	all_is_as_before();
	end();
}
END_TEST

START_TEST(one_that_pluto_believes_in_without_its_ike_sa_is_renewed)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->orphans = true;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	ck_assert(world->orphaned && world->renewed);
	all_is_as_it_should_be();
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert(world->renewed);
	all_is_as_before();
	end();
}
END_TEST

START_TEST(one_that_was_down_is_not_brought_up)
{
	begin();
	world->shares = true;
	world->neighbour_up = false;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert(!world->neighbour_up);
	end();
}
END_TEST

START_TEST(one_that_stays_away_is_told)
{
	_cleanup_free_ char *reason = NULL, *undone = NULL;

	begin();
	world->neighbour_away = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_str_eq(reason,
			 "the tunnel of conn neighbour was up before, and is not up again yet");
	ck_assert(world->example_up && world->loaded);
	end();

	begin();
	world->neighbour_away = world->trial_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &undone), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(
		strstr(undone, "; undone, but the tunnel of conn neighbour is not up again yet"));
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	end();
}
END_TEST

START_TEST(who_answers_is_asked_before_the_steps_and_what_was_not_seen_is_told)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->trial_unseen = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_REPLACE, &reason), EXECUTOR_DONE);
	ck_assert(world->answered);
	ck_assert_str_eq(reason, "it could not be seen");
	all_is_as_it_should_be();
	end();
}
END_TEST

/* ---- repairs ---- */

START_TEST(a_revert_goes_back_before_the_first_apply_whatever_was_repaired)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	world->profile = 0;
	world->bit = 0;
	write_conf(conf_before);
	world->loaded = false;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	all_is_as_it_should_be();
	world->profile = 0;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	all_is_as_before();
	end();
}
END_TEST

START_TEST(what_others_have_edited_meanwhile_stays)
{
	static const char edited[] = "# of the administrator\n"
				     "conn example\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.2\n"
				     "\tauto=start\n"
				     "\tmtu=1400\n"
				     "\n"
				     "conn neighbour\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.3\n"
				     "\tnic-offload=no\n";
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf(edited);
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert(file_says_yes());
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	conf_is(edited);
	end();
}
END_TEST

START_TEST(what_somebody_has_set_otherwise_is_not_taken_back)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	world->profile = 0;
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_int_eq(world->profile, 0);
	end();
}
END_TEST

/* ---- conns that the policy names no more ---- */

static size_t n_told;
static enum settle_what told_what;
static int told_outcome;

static void told(const char *bond, enum settle_what what, int outcome, const char *reason _unused_)
{
	ck_assert_str_eq(bond, "bond0");
	n_told++;
	told_what = what;
	told_outcome = outcome;
}

static int settle_with(struct policy *p)
{
	n_told = 0;
	return settle(options(), p, told);
}

START_TEST(a_bond_that_the_policy_names_no_more_is_reverted)
{
	struct policy none = { 0 };

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told_what, SETTLE_BOND);
	ck_assert_int_eq(told_outcome, EXECUTOR_DONE);
	all_is_as_before();
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(n_told, 0);
	end();
}
END_TEST

START_TEST(a_conn_that_the_policy_names_no_more_is_reverted_alone)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	strcpy(policy.conns[0], "other");
	policy.manage = POLICY_MONITOR;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	policy.manage = POLICY_ENFORCE;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told_what, SETTLE_CONNS);
	conf_is(conf_before);
	ck_assert(!world->loaded);
	ck_assert(world->example_up);
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	end();
}
END_TEST

START_TEST(what_cannot_be_taken_back_is_tried_again_and_nothing_done_twice)
{
	struct policy none = { 0 };
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	world->nm_away = true;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_int_eq(told_outcome, EXECUTOR_FAILED_HALF);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	world->nm_away = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 0);
	conf_is(conf_before);
	end();
}
END_TEST

static const char conf_without_example[] = "conn neighbour\n"
					   "\tleft=192.0.2.1\n"
					   "\tright=192.0.2.3\n"
					   "\tnic-offload=no\n";

START_TEST(a_conn_that_is_gone_from_the_files_leaves_pluto_and_the_journal)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	strcpy(policy.conns[0], "other");
	write_conf(conf_without_example);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_int_eq(told_outcome, EXECUTOR_DONE);
	ck_assert(!world->loaded);
	ck_assert(!world->example_up);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	end();

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf(conf_without_example);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert(!world->example_up);
	ck_assert_int_eq(world->profile, -1);
	conf_is(conf_without_example);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	end();
}
END_TEST

START_TEST(a_conn_that_cannot_be_seen_stays_in_pluto)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf("conn neighbour\n\tthis is no line of Libreswan's\n");
	ck_assert_int_eq(revert(&reason), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(reason, "whether conn example is gone"));
	ck_assert(world->example_up);
	end();
}
END_TEST

START_TEST(a_restart_that_is_undone_brings_up_again_what_nobody_else_would)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	all_is_as_before();
	end();
}
END_TEST

static long journal_size(void)
{
	struct stat st;

	ck_assert_int_eq(stat(temporary_path("state/undo-bond0.jsonl"), &st), 0);
	return (long)st.st_size;
}

START_TEST(a_file_that_cannot_be_put_back_costs_no_tunnel_however_often_it_is_tried)
{
	struct policy none = { 0 };
	_cleanup_free_ char *reason = NULL;

	begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert(!world->loaded);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	end();

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->replacements, 1);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert(!world->loaded);
	end();
}
END_TEST

START_TEST(nor_does_one_of_a_conn_that_the_policy_names_no_more)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };
	long size;

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	size = journal_size();
	strcpy(policy.conns[0], "other");
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&p), 1);
	ck_assert_int_eq(settle_with(&p), 1);
	ck_assert_int_eq(told_what, SETTLE_CONNS);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_int_eq(journal_size(), size);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert(!world->loaded);
	end();
}
END_TEST

START_TEST(what_a_failed_restart_left_down_comes_up_though_a_file_cannot_be_put_back)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->restart_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_FAILED_HALF);
	ck_assert(world->example_up && world->neighbour_up);
	ck_assert(executor_is_unsettled(options(), "bond0"));
	end();
}
END_TEST

/* Each try has pluto started, for there is no tunnel left to be interrupted; until it is up. */
START_TEST(so_does_what_could_not_be_started_then_with_the_next_try)
{
	_cleanup_free_ char *reason = NULL;
	struct policy none = { 0 };

	begin();
	world->restart_fails = world->start_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_FAILED_HALF);
	ck_assert(!world->example_up);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(!world->example_up);
	world->start_fails = false;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(world->example_up && world->neighbour_up);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	world->files_refused = world->restart_fails = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert(!executor_is_unsettled(options(), "bond0"));
	ck_assert(world->example_up && world->neighbour_up && !world->loaded);
	end();
}
END_TEST

START_TEST(so_does_a_conn_that_a_replacement_has_lost)
{
	struct policy none = { 0 };

	begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	files_cannot_be_put_back();
	world->example_up = false;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(world->example_up);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->replacements, 2);
	end();
}
END_TEST

/* ---- failures ---- */

START_TEST(a_tunnel_that_does_not_return_has_everything_undone_and_the_reason_told)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->trial_fails = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_str_eq(reason, "the tunnel of conn example did not come back; pluto: no way; "
				 "undone: all is as it was before");
	all_is_as_before();
	end();
}
END_TEST

START_TEST(a_refused_feature_has_everything_undone)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->refuse_bit = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(strstr(reason, "yet the kernel has esp-hw-offload off"));
	all_is_as_before();
	end();
}
END_TEST

START_TEST(without_rollback_what_was_done_stays)
{
	_cleanup_free_ char *reason = NULL;

	begin();
	world->trial_fails = true;
	policy.rollback = false;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED_HALF);
	all_is_as_it_should_be();
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	end();
}
END_TEST

/* Before each step, and while it is tried: there is nothing wrong with it, so nothing is blamed. */
START_TEST(whenever_it_is_told_to_stop_everything_is_undone)
{
	for (stop_at = 1; stop_at <= 5; stop_at++) {
		_cleanup_free_ char *reason = NULL;

		begin();
		n_asked = 0;
		policy.rollback = stop_at % 2;
		ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
		ck_assert_str_eq(reason, "told to stop before it was finished; undone: all is as "
					 "it was before");
		all_is_as_before();
		end();
	}
	begin();
	n_asked = 0;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(n_asked, 5);
	stop_at = 0;
	end();
}
END_TEST

/* Whatever fails, at whichever call: undone, with a reason, and nothing lies about. */
static unsigned int fail_at_each_call(enum step_kind feature, enum step_kind pluto)
{
	unsigned int i;

	for (i = 1;; i++) {
		_cleanup_free_ char *reason = NULL;
		int outcome;

		begin();
		chosen = i;
		n_calls = 0;
		how = HOW_FAIL;
		outcome = apply_by(feature, pluto, &reason);
		how = HOW_NOT;
		if (outcome == EXECUTOR_DONE) {
			all_is_as_it_should_be();
			end();
			if (n_calls < i)
				return i;
			continue;
		}
		ck_assert_msg(outcome == EXECUTOR_FAILED, "call %u: outcome %d", i, outcome);
		ck_assert_ptr_nonnull(reason);
		all_is_as_before();
		end();
	}
}

START_TEST(each_call_that_fails_has_everything_undone)
{
	ck_assert_uint_gt(fail_at_each_call(STEP_REACTIVATE, STEP_REPLACE), 20);
	ck_assert_uint_gt(fail_at_each_call(STEP_LIVE, STEP_RESTART), 20);
}
END_TEST

/* ---- the end of the process ---- */

/* Does it in a process of its own, which ends at the chosen call. Return: false when it did not. */
static bool dies(unsigned int at, enum how in_which_way, int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		chosen = at;
		n_calls = 0;
		how = in_which_way;
		(void)what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert(WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 77;
}

static int apply_with_restart(void)
{
	_cleanup_free_ char *reason = NULL;

	return apply_by(STEP_LIVE, STEP_RESTART, &reason);
}

/* What the next start finds is taken back or finished; the tunnels are up. */
static void is_made_good(void)
{
	ck_assert_int_ne(recover(), EXECUTOR_FAILED_HALF);
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	ck_assert(!world->orphaned || world->renewed);
	if (world->profile == 1)
		all_is_as_it_should_be();
	else
		all_is_as_before();
}

static void die_at_each_call(int (*what)(void))
{
	for (unsigned int i = 1;; i++) {
		bool died = false;

		for (int way = HOW_DIE_BEFORE; way <= HOW_DIE_AFTER; way++) {
			begin();
			died |= dies(i, (enum how)way, what);
			is_made_good();
			end();
		}
		if (!died)
			return;
	}
}

START_TEST(a_process_that_ends_at_any_call_is_made_good_by_the_next)
{
	die_at_each_call(apply);
	die_at_each_call(apply_with_restart);
	always_shares = true;
	die_at_each_call(apply);
	always_shares = false;
	always_orphans = true;
	die_at_each_call(apply);
	always_orphans = false;
}
END_TEST

START_TEST(so_is_one_that_ends_while_it_makes_good)
{
	bool more = true;

	for (unsigned int i = 3; more; i += 5) {
		begin();
		more = dies(i, HOW_DIE_AFTER, apply);
		end();
		for (unsigned int k = 1, again = more; again; k++) {
			begin();
			(void)dies(i, HOW_DIE_AFTER, apply);
			again = dies(k, k % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, recover);
			is_made_good();
			end();
		}
	}
}
END_TEST

static int settle_nothing_named(void)
{
	struct policy none = { 0 };

	return settle_with(&none);
}

static int settle_without_conn(void)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };

	strcpy(policy.conns[0], "other");
	return settle_with(&p);
}

START_TEST(so_is_one_that_ends_while_it_reverts)
{
	for (unsigned int i = 1, more = true; more; i++) {
		begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_nothing_named);
		ck_assert_int_eq(settle_nothing_named(), 0);
		all_is_as_before();
		end();
	}
	for (unsigned int i = 1, more = true; more; i++) {
		begin();
		ck_assert_int_eq(apply_with_restart(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_nothing_named);
		ck_assert_int_eq(settle_nothing_named(), 0);
		all_is_as_before();
		end();
	}
	for (unsigned int i = 1, more = true; more; i++) {
		begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_without_conn);
		ck_assert_int_eq(settle_without_conn(), 0);
		conf_is(conf_before);
		ck_assert(!world->loaded);
		ck_assert(world->example_up);
		ck_assert_int_eq(world->profile, 1);
		end();
	}
}
END_TEST

/* Whenever it ends: who makes it good leaves pluto alone. */
START_TEST(where_the_policy_says_so_pluto_is_left_alone_whatever_is_taken_back)
{
	for (unsigned int i = 1, more = true; more; i++) {
		begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		policy.ipsec = POLICY_IPSEC_NEVER;
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_without_conn);
		ck_assert_int_eq(settle_without_conn(), 0);
		conf_is(conf_before);
		ck_assert_uint_eq(world->replacements, 1);
		end();
	}
}
END_TEST

UNIT_MAIN("executor", what_is_applied_can_be_reverted,
	  a_restart_brings_up_again_what_nobody_else_would,
	  who_shares_an_ike_sa_comes_up_again_whatever_is_done,
	  one_that_pluto_believes_in_without_its_ike_sa_is_renewed,
	  one_that_was_down_is_not_brought_up, one_that_stays_away_is_told,
	  who_answers_is_asked_before_the_steps_and_what_was_not_seen_is_told,
	  a_revert_goes_back_before_the_first_apply_whatever_was_repaired,
	  what_others_have_edited_meanwhile_stays,
	  what_somebody_has_set_otherwise_is_not_taken_back,
	  a_bond_that_the_policy_names_no_more_is_reverted,
	  a_conn_that_the_policy_names_no_more_is_reverted_alone,
	  what_cannot_be_taken_back_is_tried_again_and_nothing_done_twice,
	  a_conn_that_is_gone_from_the_files_leaves_pluto_and_the_journal,
	  a_conn_that_cannot_be_seen_stays_in_pluto,
	  a_restart_that_is_undone_brings_up_again_what_nobody_else_would,
	  a_file_that_cannot_be_put_back_costs_no_tunnel_however_often_it_is_tried,
	  nor_does_one_of_a_conn_that_the_policy_names_no_more,
	  what_a_failed_restart_left_down_comes_up_though_a_file_cannot_be_put_back,
	  so_does_what_could_not_be_started_then_with_the_next_try,
	  so_does_a_conn_that_a_replacement_has_lost,
	  a_tunnel_that_does_not_return_has_everything_undone_and_the_reason_told,
	  a_refused_feature_has_everything_undone, without_rollback_what_was_done_stays,
	  whenever_it_is_told_to_stop_everything_is_undone,
	  each_call_that_fails_has_everything_undone,
	  a_process_that_ends_at_any_call_is_made_good_by_the_next,
	  so_is_one_that_ends_while_it_makes_good, so_is_one_that_ends_while_it_reverts,
	  where_the_policy_says_so_pluto_is_left_alone_whatever_is_taken_back)
