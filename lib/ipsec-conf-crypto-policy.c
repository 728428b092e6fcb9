/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fnmatch.h>

#include "diff.h"
#include "ipsec-conf.h"
#include "text.h"

/*
 * The system-wide crypto policy is taken in by one line, which is commented out and restored.
 */

#define POLICY_FOLDER "/crypto-policies/"

/* A text that is being edited, and where the first change of it is. */
struct editing {
	struct ipsec_conf *conf;
	bool on;
	struct text text;
	unsigned int first; /* line number; 0: none yet */
};

static size_t line_length(const char *bytes, size_t len, size_t line)
{
	const char *end = memchr(bytes + line, '\n', len - line);

	return end ? (size_t)(end - bytes) - line : len - line;
}

/* True when the line includes a file of the crypto policy, as pluto reads it. */
static bool includes_policy(struct ipsec_conf *conf, const char *bytes, size_t len, size_t line)
{
	size_t path, end = line + line_length(bytes, len, line);

	return ipsec_conf_include_path(ipsec_conf_version(conf), bytes, len, line, &path) &&
	       memmem(bytes + path, end - path, POLICY_FOLDER, strlen(POLICY_FOLDER));
}

/* Where such a line begins behind the "#" and blanks that make it a comment; 0: it is none. */
static size_t commented_policy(struct ipsec_conf *conf, const char *bytes, size_t len, size_t line)
{
	size_t n = line, end = line + line_length(bytes, len, line);

	while (n < end && (bytes[n] == '#' || bytes[n] == ' ' || bytes[n] == '\t'))
		n++;
	return n > line && bytes[line] == '#' && includes_policy(conf, bytes, len, n) ? n : 0;
}

static void edit_line(struct editing *e, const struct ipsec_conf_file *f, size_t line, size_t next,
		      unsigned int number)
{
	size_t begin = line;

	if (e->on) {
		/* One is enough: comments may hold several, as examples. */
		begin = e->first ? 0 : commented_policy(e->conf, f->bytes, f->len, line);
		if (begin == 0)
			begin = line;
		else
			e->first = number;
	} else if (includes_policy(e->conf, f->bytes, f->len, line)) {
		text_add_char(&e->text, '#');
		if (!e->first)
			e->first = number;
	}
	text_add_bytes(&e->text, f->bytes + begin, next - begin);
}

static void edit_file(struct editing *e, const struct ipsec_conf_file *f)
{
	unsigned int number = 0;

	for (size_t line = 0, next; line < f->len; line = next) {
		next = line + line_length(f->bytes, f->len, line);
		next += next < f->len;
		edit_line(e, f, line, next, ++number);
	}
}

/* Whether a pattern of glob(3) leads to that file; with {a,b} in it, it may. */
static bool may_lead_to(const char *pattern, const char *path)
{
	size_t plain = strcspn(pattern, "{");

	if (pattern[plain])
		return strncmp(pattern, path, strcspn(pattern, "{*?[")) == 0;
	return fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}

/* True when the line includes a file of the policy that was read, whatever it says. */
static bool leads_to_policy(struct ipsec_conf *conf, const struct ipsec_conf_file *f, size_t line)
{
	size_t begin, end = line + line_length(f->bytes, f->len, line);
	_cleanup_free_ char *pattern = NULL;

	if (!ipsec_conf_include_path(ipsec_conf_version(conf), f->bytes, f->len, line, &begin))
		return false;
	pattern = strndup(f->bytes + begin, end - begin);
	if (!pattern)
		return false;
	/* Up to its end, or the quote that ends it. */
	pattern[strcspn(pattern, " \t\"")] = '\0';
	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++) {
		const char *path = ipsec_conf_file(conf, i)->path;

		if (strstr(path, POLICY_FOLDER) && may_lead_to(pattern, path))
			return true;
	}
	return false;
}

/*
 * Return: the number of the first line that includes the policy; 0: none does.
 * @edited: those that name its folder are comments by now.
 */
static unsigned int line_in_force(struct ipsec_conf *conf, const struct ipsec_conf_file *f,
				  bool edited)
{
	unsigned int number = 0;

	if (f->error < 0 || !f->bytes || strstr(f->path, POLICY_FOLDER))
		return 0;
	for (size_t line = 0; line < f->len; line += line_length(f->bytes, f->len, line) + 1) {
		bool named = includes_policy(conf, f->bytes, f->len, line);

		number++;
		if (named ? !edited : leads_to_policy(conf, f, line))
			return number;
	}
	return 0;
}

static int refuse(struct ipsec_conf_edit *edit, enum ipsec_conf_refusal refusal, const char *reason,
		  const char *remedy)
{
	edit->refusal = refusal;
	edit->reason = strdup(reason);
	edit->remedy = strdup(remedy);
	return edit->reason && edit->remedy ? IPSEC_CONF_REFUSED : -ENOMEM;
}

static int refuse_bytes(struct ipsec_conf_edit *edit, const struct ipsec_conf_file *f)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *reason = NULL;

	text_printf(&t, "%s has carriage returns or NUL bytes in it", f->path);
	if (text_take(&t, &reason) < 0)
		return -ENOMEM;
	return refuse(edit, IPSEC_CONF_REFUSED_BYTES, reason, "Remove them.");
}

/* Return: whether a file of the policy is read at all, whatever the line says that includes it. */
static bool is_read(const struct ipsec_conf *conf)
{
	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++)
		if (strstr(ipsec_conf_file(conf, i)->path, POLICY_FOLDER))
			return true;
	return false;
}

/* One edit is of one file, and of lines that name the folder: others would keep it in force. */
static int refuse_other(struct ipsec_conf *conf, struct ipsec_conf_edit *edit)
{
	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++) {
		const struct ipsec_conf_file *f = ipsec_conf_file(conf, i);
		unsigned int line = line_in_force(conf, f, i == edit->file);
		_cleanup_text_ struct text t = TEXT_NULL;
		_cleanup_free_ char *reason = NULL;

		if (!line)
			continue;
		edit->path = f->path;
		edit->place = (struct ipsec_conf_place){ i, line, 1 };
		text_printf(&t, "%s:%u includes the crypto policy too, and would keep it in force",
			    f->path, line);
		if (text_take(&t, &reason) < 0)
			return -ENOMEM;
		return refuse(edit, IPSEC_CONF_REFUSED_REREAD, reason,
			      "Make that line a comment by hand, and try again.");
	}
	return IPSEC_CONF_PLANNED;
}

/* Edits the first file in which there is something to do. */
static int plan(struct ipsec_conf *conf, bool on, struct ipsec_conf_edit *edit)
{
	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++) {
		const struct ipsec_conf_file *f = ipsec_conf_file(conf, i);
		struct editing e = { .conf = conf, .on = on };
		int r;

		if (f->error < 0 || !f->bytes || strstr(f->path, POLICY_FOLDER))
			continue;
		edit_file(&e, f);
		if (!e.first && !e.text.failed) {
			text_done(&e.text);
			continue;
		}
		edit->file = i;
		edit->path = f->path;
		edit->place = (struct ipsec_conf_place){ i, e.first, 1 };
		edit->len = e.text.len;
		r = text_take(&e.text, &edit->bytes);
		if (r < 0)
			return r;
		if (memchr(f->bytes, '\0', f->len) || memchr(f->bytes, '\r', f->len))
			return refuse_bytes(edit, f);
		r = on ? IPSEC_CONF_PLANNED : refuse_other(conf, edit);
		if (r != IPSEC_CONF_PLANNED)
			return r;
		return diff_unified(f->path, f->bytes, f->len, f->path, edit->bytes, edit->len, 3,
				    &edit->diff);
	}
	if (!on && is_read(conf))
		return refuse(edit, IPSEC_CONF_REFUSED_REREAD,
			      "the crypto policy is in force, and no line that includes it names "
			      "its folder",
			      "Look for an include of Libreswan's files that a pattern or a link "
			      "leads there, and make it a comment by hand.");
	if (!on)
		return IPSEC_CONF_ALREADY;
	return refuse(edit, IPSEC_CONF_REFUSED_REREAD,
		      "no file has a commented line that includes the crypto policy",
		      "Add to /etc/ipsec.conf, behind its other lines: include "
		      "/etc/crypto-policies/back-ends/libreswan.config");
}

int ipsec_conf_plan_crypto_policy(struct ipsec_conf *conf, bool on, struct ipsec_conf_edit **ret)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	int r;

	edit = calloc(1, sizeof(*edit));
	if (!edit)
		return -ENOMEM;
	r = IPSEC_CONF_PLANNED;
	for (size_t i = 0; on && r == IPSEC_CONF_PLANNED && i < ipsec_conf_n_files(conf); i++)
		if (line_in_force(conf, ipsec_conf_file(conf, i), false))
			r = IPSEC_CONF_ALREADY;
	if (r == IPSEC_CONF_PLANNED)
		r = plan(conf, on, edit);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(edit);
	return r;
}
