/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transaction.h"

#include <dirent.h>
#include <sys/mman.h>

#include "fake-host.h"
#include "ipsec-files.h"
#include "names.h"
#include "temporary.h"
#include "unit.h"

const char conf_before[] = "# of the administrator\n"
			   "conn example\n"
			   "\tleft=192.0.2.1\n"
			   "\tright=192.0.2.2\n"
			   "\tauto=start\n"
			   "\n"
			   "conn neighbour\n"
			   "\tleft=192.0.2.1\n"
			   "\tright=192.0.2.3\n"
			   "\tnic-offload=no\n";

unsigned int stop_at, n_asked;

static bool stop(void)
{
	return ++n_asked >= stop_at && stop_at > 0;
}

const struct executor_options *host_options(void)
{
	static char conf[128], state[128];
	static const struct executor_options o = { .state_dir = state,
						   .ipsec_conf = conf,
						   .stop = stop };

	snprintf(conf, sizeof(conf), "%s/ipsec.conf", temporary_dir);
	snprintf(state, sizeof(state), "%s/state", temporary_dir);
	return &o;
}

void write_conf(const char *text)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "we");

	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

void conf_is(const char *text)
{
	FILE *f = fopen(temporary_path("ipsec.conf"), "re");
	char bytes[4096] = "";

	ck_assert_ptr_nonnull(f);
	(void)!fread(bytes, 1, sizeof(bytes) - 1, f);
	fclose(f);
	ck_assert_str_eq(bytes, text);
}

struct policy_bond policy;
bool always_shares, always_orphans, always_deaf, nm_always_restarts;

void host_begin(void)
{
	how = HOW_NOT;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	*world = (struct world){ .profile = -1,
				 .example_up = true,
				 .neighbour_up = true,
				 .shares = always_shares,
				 .orphans = always_orphans,
				 .deaf = always_deaf,
				 .nm_restarts = nm_always_restarts };
	temporary_make();
	ck_assert_int_eq(mkdir(temporary_path("state"), 0700), 0);
	write_conf(conf_before);
	ck_assert_int_eq(policy_bond_init("bond0", &policy), 0);
	policy.conns = calloc(1, sizeof(char *));
	policy.conns[0] = strdup("example");
	policy.n_conns = 1;
	policy.rollback = true;
}

void host_end(void)
{
	policy_bond_done(&policy);
	temporary_remove();
	munmap(world, sizeof(*world));
}

static struct facts *look(void)
{
	struct facts *f = calloc(1, sizeof(*f));
	const struct ipsec_files_options o = { .config = host_options()->ipsec_conf,
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
	f->profiles[0].active = true;
	f->profiles[0].esp_hw_offload = world->profile;
	f->links[0].esp_hw_offload = world->bit ? FACTS_FEATURE_ON : FACTS_FEATURE_OFF;
	f->libreswan = (struct facts_version){ 4, 10 };
	f->tunnels = calloc(2, sizeof(*f->tunnels));
	if (world->neighbour_up)
		f->tunnels[--n].conn = strdup(neighbour_tunnel());
	if (world->example_up)
		f->tunnels[--n].conn = strdup("example");
	f->n_tunnels = (size_t)(world->example_up + world->neighbour_up);
	ck_assert_int_eq(ipsec_files_load(&o, &files), 0);
	f->conf = ipsec_files_take_conf(files);
	return f;
}

static int take(struct step *steps, size_t n, char **ret_reason)
{
	const struct plan plan = { .items = steps, .n = n };
	_cleanup_(facts_freep) struct facts *facts = look();

	return executor_apply(host_options(), facts, &policy, &plan, ret_reason);
}

int apply_missing(char **ret_reason)
{
	_cleanup_(facts_freep) struct facts *facts = look();
	_cleanup_plan_ struct plan plan = PLAN_NULL;
	int r;

	policy.manage = POLICY_ENFORCE;
	ck_assert_int_eq(plan_make(facts, &policy, &plan), 0);
	if (plan.n > 0)
		return executor_apply(host_options(), facts, &policy, &plan, ret_reason);
	r = executor_note_right(host_options(), "bond0", &plan);
	return r < 0 ? r : EXECUTOR_NOTHING;
}

int apply_profile(char **ret_reason)
{
	char uuid[] = "u-1";
	struct step step = { .kind = STEP_PROFILE, .subject = uuid };

	return take(&step, 1, ret_reason);
}

int apply_by(enum step_kind feature, enum step_kind pluto, char **ret_reason)
{
	char uuid[] = "u-1", bond[] = "bond0", conn[] = "example", unit[] = IPSEC_UNIT,
	     key[] = NIC_OFFLOAD_KEY, yes[] = "yes";
	struct step steps[] = {
		{ .kind = STEP_PROFILE, .subject = uuid },
		{ .kind = feature, .subject = bond },
		{ .kind = STEP_CONN, .subject = conn, .key = key, .value = yes },
		{ .kind = pluto, .subject = pluto == STEP_RESTART ? unit : conn },
	};

	return take(steps, ARRAY_SIZE(steps), ret_reason);
}

int apply(void)
{
	_cleanup_free_ char *reason = NULL;

	return apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason);
}

int apply_with_restart(void)
{
	_cleanup_free_ char *reason = NULL;

	return apply_by(STEP_LIVE, STEP_RESTART, &reason);
}

size_t count_files(const char *dir)
{
	_cleanup_free_ struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(names[i]);
	return n < 2 ? 0 : (size_t)n - 2;
}

void all_is_as_before(void)
{
	conf_is(conf_before);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 0);
	ck_assert(!world->made_up);
	ck_assert(!world->loaded);
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	/* ipsec.conf and the folder of the journals, which is empty */
	ck_assert_uint_eq(count_files(temporary_dir), 2);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
}

void all_is_as_it_should_be(void)
{
	ck_assert(file_says_yes());
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	ck_assert(!world->made_up);
	ck_assert(world->loaded);
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	ck_assert_uint_eq(count_files(temporary_dir), 2);
	ck_assert_uint_eq(count_files(temporary_path("state")), 1);
}

int recover(void)
{
	_cleanup_free_ char *reason = NULL;

	return executor_recover(host_options(), "bond0", &reason);
}

int revert(char **ret_reason)
{
	return executor_revert(host_options(), "bond0", ret_reason);
}

size_t n_told;
enum settle_what told_what;
int told_outcome;

static void told(const char *bond, enum settle_what what, int outcome, const char *reason _unused_)
{
	ck_assert_str_eq(bond, "bond0");
	n_told++;
	told_what = what;
	told_outcome = outcome;
}

int settle_with(struct policy *p)
{
	n_told = 0;
	return settle(host_options(), p, told);
}
