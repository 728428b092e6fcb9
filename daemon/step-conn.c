/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "names.h"
#include "steps.h"

/* A key of a conn in Libreswan's files. */

#define CHECK_USEC UINT64_C(20000000)

/* Return: 0 with an edit, or with none when the files say so already. */
static int plan_edit(struct steps *s, struct ipsec_files *files, const char *conn, const char *key,
		     const char *value, struct ipsec_conf_edit **ret)
{
	const struct ipsec_conf_change change = { key, value };
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	int r;

	r = ipsec_conf_plan(ipsec_files_conf(files), conn, &change, 1, &edit);
	if (r < 0)
		return r;
	if (r == IPSEC_CONF_REFUSED)
		return steps_fail(s, "conn %s: %s; %s", conn, edit->reason, edit->remedy);
	if (r == IPSEC_CONF_PLANNED)
		*ret = TAKE_PTR(edit);
	return 0;
}

static int write_edit(struct steps *s, struct ipsec_files *files,
		      const struct ipsec_conf_edit *edit)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	int r;

	r = ipsec_files_check(files, edit, CHECK_USEC, &result);
	if (r == IPSEC_FILES_DONE)
		r = ipsec_files_write(files, edit, &result);
	if (r == IPSEC_FILES_DONE)
		return 0;
	if (r == IPSEC_FILES_UNCHECKED)
		return steps_fail(s, "%s: no Libreswan is installed to check the edit with",
				  edit->path);
	return steps_fail(s, "%s: %s%s%s", edit->path, result.reason ? result.reason : strerror(-r),
			  result.remedy ? "; " : "", result.remedy ? result.remedy : "");
}

/* The value that stands in the files at the key's place, not one that comes from elsewhere. */
static int value_in_place(struct ipsec_files *files, const char *name, const char *key,
			  const struct ipsec_conf_edit *edit, char **ret)
{
	const struct ipsec_conf_conn *conn = ipsec_conf_find(ipsec_files_conf(files), name);
	struct ipsec_conf_value value;
	char *copy;
	int r;

	if (!conn)
		return 0;
	r = ipsec_conf_effective(ipsec_files_conf(files), conn, key, &value);
	if (r < 0)
		return r;
	if (!value.value || (value.origin != IPSEC_CONF_OWN && value.origin != IPSEC_CONF_ALSO) ||
	    value.place.file != edit->file)
		return 0;
	copy = strdup(value.value);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

static int fill_entry(struct ipsec_files *files, const struct step *step,
		      const struct ipsec_conf_edit *edit, struct undo_entry *e)
{
	const struct ipsec_conf_file *file = ipsec_conf_file(ipsec_files_conf(files), edit->file);
	int r;

	e->kind = STEP_CONN;
	e->subject = strdup(step->subject);
	e->file = strdup(edit->path);
	e->key = strdup(step->key);
	e->value = strdup(step->value);
	if (!e->subject || !e->file || !e->key || !e->value)
		return -ENOMEM;
	r = value_in_place(files, step->subject, step->key, edit, &e->old_value);
	if (r >= 0)
		r = patch_make(file->bytes, file->len, edit->bytes, edit->len, &e->patch);
	return r;
}

static int conn_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
	int r;

	r = steps_files(s, &files);
	if (r == 0)
		r = plan_edit(s, files, step->subject, step->key, step->value, &edit);
	if (r != 0 || !edit)
		return r;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	r = fill_entry(files, step, edit, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(e);
	return 0;
}

static int set_key(struct steps *s, const char *conn, const char *key, const char *value)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	int r;

	r = steps_files(s, &files);
	if (r == 0)
		r = plan_edit(s, files, conn, key, value, &edit);
	if (r != 0 || !edit)
		return r;
	return write_edit(s, files, edit);
}

/* What the files say once they were written, read anew. */
static int see_key(struct steps *s, const char *name, const char *key, const char *wanted)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	const struct ipsec_conf_conn *conn;
	struct ipsec_conf_value value;
	struct ipsec_conf *conf;
	int r;

	r = steps_files(s, &files);
	if (r != 0)
		return r;
	conf = ipsec_files_conf(files);
	conn = ipsec_conf_find(conf, name);
	if (!conn)
		return steps_fail(s, "conn %s is gone from Libreswan's files", name);
	r = ipsec_conf_effective(conf, conn, key, &value);
	if (r < 0)
		return r;
	if (!value.value ||
	    !ipsec_conf_same_value(ipsec_conf_version(conf), key, value.value, wanted))
		return steps_fail(s, "conn %s has %s=%s after it was set to %s", name, key,
				  value.value ? value.value : "", wanted);
	return 0;
}

static int conn_take(struct steps *s, const struct step *step, const struct undo_entry *noted)
{
	int r;

	if (!noted)
		return 0; /* the files say so already */
	r = set_key(s, step->subject, step->key, step->value);
	if (r != 0)
		return r;
	return see_key(s, step->subject, step->key, step->value);
}

/* Where others have edited the file since, the key alone goes back to what it was. */
static int undo_key(struct steps *s, const struct undo_entry *e)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	const struct ipsec_conf_conn *conn;
	struct ipsec_conf_value value;
	struct ipsec_conf *conf;
	int r;

	r = steps_files(s, &files);
	if (r != 0)
		return r;
	conf = ipsec_files_conf(files);
	conn = ipsec_conf_find(conf, e->subject);
	if (!conn) /* somebody removed it, and the key with it */
		return steps_see_gone(s, conf, e->subject);
	r = ipsec_conf_effective(conf, conn, e->key, &value);
	if (r < 0)
		return r;
	if (!value.value ||
	    !ipsec_conf_same_value(ipsec_conf_version(conf), e->key, value.value, e->value))
		return 0; /* not as the step left it: somebody else's now */
	/* So it is where its line is gone, and who wrote the same into conn %default means that. */
	if (value.origin < IPSEC_CONF_ALSO)
		return 0;
	return set_key(s, e->subject, e->key, e->old_value);
}

/*
 * With the line gone, Libreswan 4 goes back to auto: where the feature is on, the tunnel is
 * offloaded all the same. As it was before; but whoever wants it off is told how.
 */
static int remark_auto(struct steps *s, const struct undo_entry *e)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	const struct ipsec_conf_conn *conn;
	struct ipsec_conf_value value;
	struct ipsec_conf *conf;
	char *more;
	int r;

	if (e->old_value || !streq(e->key, NIC_OFFLOAD_KEY))
		return 0;
	r = steps_files(s, &files);
	if (r != 0)
		return r;
	conf = ipsec_files_conf(files);
	conn = ipsec_conf_find(conf, e->subject);
	if (!conn || ipsec_conf_version(conf).major >= 5 ||
	    ipsec_conf_effective(conf, conn, e->key, &value) < 0 ||
	    value.origin != IPSEC_CONF_BUILTIN)
		return 0;
	if (asprintf(&more,
		     "%s%sconn %s says nothing of nic-offload again, which means auto to Libreswan "
		     "4: to have it off, run \"esp-offloadctl conn set %s nic-offload=no\" and "
		     "\"ipsec auto --replace %s\"",
		     s->remark ? s->remark : "", s->remark ? "; " : "", e->subject, e->subject,
		     e->subject) < 0)
		return -ENOMEM;
	free(s->remark);
	s->remark = more;
	return 0;
}

/* The file as it was, to the byte, where it is as the step has left it. Return: true when it is. */
static bool put_back(const struct undo_entry *e)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	_cleanup_free_ char *now = NULL, *before = NULL;
	size_t now_len, before_len;

	return ipsec_files_read(e->file, &now, &now_len) == 0 &&
	       patch_undo(&e->patch, now, now_len, &before, &before_len) == 0 &&
	       ipsec_files_put_back(e->file, now, now_len, before, before_len, &result) ==
		       IPSEC_FILES_DONE;
}

static int conn_undo(struct steps *s, const struct undo_entry *e)
{
	int r = 0;

	if (undo_entry_is_right(e))
		return 0;
	if (!put_back(e)) {
		ipsec_files_tidy(e->file);
		r = undo_key(s, e);
	}
	return r == 0 ? remark_auto(s, e) : r;
}

const struct step_kind_ops step_conn = {
	.note = conn_note,
	.take = conn_take,
	.undo = conn_undo,
};
