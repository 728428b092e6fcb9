/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <strings.h>

#include "ipsec-conf-edit.h"
#include "text.h"

static int refuse_broken(struct edit_plan *p)
{
	for (size_t i = 0; i < p->c->findings.n; i++) {
		const struct ipsec_conf_finding *f = &p->c->findings.items[i];

		if (f->severity == IPSEC_CONF_FATAL)
			return edit_refuse(p, IPSEC_CONF_REFUSED_BROKEN, f->place, f->remedy, "%s",
					   f->text);
	}
	return edit_refuse(p, IPSEC_CONF_REFUSED_BROKEN, NOWHERE, "Have the configuration checked.",
			   "Libreswan would load nothing of this configuration");
}

static int refuse_no_conn(struct edit_plan *p, const char *name)
{
	for (size_t i = 0; i < p->c->conns.n; i++) {
		const struct ipsec_conf_conn *conn = &p->c->conns.items[i];

		if (strcasecmp(conn->name, name) == 0) {
			char remedy[256];

			snprintf(remedy, sizeof(remedy),
				 "Names are case-sensitive: did you mean %s?", conn->name);
			return edit_refuse(p, IPSEC_CONF_REFUSED_NO_CONN, conn->place, remedy,
					   "there is no conn %s, but conn %s", name, conn->name);
		}
	}
	return edit_refuse(p, IPSEC_CONF_REFUSED_NO_CONN, NOWHERE,
			   "See which there are with: esp-offloadctl conn list",
			   "there is no conn %s in %s or what it includes", name,
			   p->c->files.items[0].path);
}

static int refuse_second_definition(struct edit_plan *p)
{
	_cleanup_text_ struct text places = TEXT_NULL;

	for (size_t i = 0; i < p->c->conns.n; i++) {
		const struct ipsec_conf_conn *conn = &p->c->conns.items[i];

		if (conn->first != p->conn->i)
			continue;
		if (places.len > 300) {
			text_add(&places, ", …");
			break;
		}
		text_printf(&places, "%s%s:%u", places.len ? ", " : "",
			    p->c->files.items[conn->place.file].path, conn->place.line);
	}
	return edit_refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_CONN, p->conn->place,
			   "Keep one of them; is a file included twice?",
			   "conn %s is defined %u times: %s", p->conn->name, p->conn->n_definitions,
			   places.data ? places.data : "");
}

/* A fault of this conn for which Libreswan does not load it. */
static int refuse_unloadable(struct edit_plan *p)
{
	for (size_t i = 0; i < p->c->findings.n; i++) {
		const struct ipsec_conf_finding *f = &p->c->findings.items[i];

		if (f->severity != IPSEC_CONF_ERROR || f->conn != p->conn->name)
			continue;
		if (f->code == IPSEC_CONF_DUPLICATE_KEY)
			return edit_refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, f->place, f->remedy,
					   "%s", f->text);
		if (f->code == IPSEC_CONF_ALSO_CONFLICT || f->code == IPSEC_CONF_ALSO_MISSING)
			return edit_refuse(p, IPSEC_CONF_REFUSED_ALSO_CONFLICT, f->place, f->remedy,
					   "%s", f->text);
	}
	/* Not all conflicts may be among the findings: see ipsec_conf_judge(). */
	for (size_t i = 0; p->c->closure.conflict && i < n_slots(); i++) {
		const struct slot *slot = &p->c->closure.slots[i];

		if (slot->other)
			return edit_refuse(p, IPSEC_CONF_REFUSED_ALSO_CONFLICT,
					   statement_place(
						   &p->c->statements.items[slot->other - 1]),
					   "Keep the line in one of the two places.",
					   "a second value for a key of conn %s", p->conn->name);
	}
	return 0;
}

int edit_judge_conn(struct edit_plan *p, const char *name)
{
	int r;

	p->conn = ipsec_conf_find(p->c, name);
	if (p->c->broken)
		return refuse_broken(p);
	if (!p->conn)
		return refuse_no_conn(p, name);
	p->section = p->c->conn_sections.items[p->conn->i];
	if (p->conn->n_definitions > 1)
		return refuse_second_definition(p);
	if (ipsec_conf_nm_owned(p->c, p->conn))
		return edit_refuse(
			p, IPSEC_CONF_REFUSED_NM_OWNED, p->conn->place,
			"Change its profile with nmcli; NetworkManager's plug-in has no key "
			"for offload.",
			"conn %s belongs to NetworkManager, which writes it anew", name);
	r = ipsec_conf_close(p->c, p->section);
	if (r < 0)
		return r;
	return refuse_unloadable(p);
}

int edit_judge_file(struct edit_plan *p, uint32_t file)
{
	const struct ipsec_conf_file *f = &p->c->files.items[file];
	struct ipsec_conf_place place = { .file = file, .line = 1, .column = 1 };

	/* Each time it may begin in another state: within a line that the file before left open. */
	if (f->n_inclusions > 1)
		return edit_refuse(p, IPSEC_CONF_REFUSED_REREAD, place,
				   "Keep one of the lines that include it.",
				   "the file is included %u times", f->n_inclusions);
	if (memchr(f->bytes, '\0', f->len))
		return edit_refuse(p, IPSEC_CONF_REFUSED_BYTES, place, "Remove the NUL bytes.",
				   "the file has NUL bytes");
	if (memchr(f->bytes, '\r', f->len))
		return edit_refuse(p, IPSEC_CONF_REFUSED_BYTES, place,
				   "Save it with line ends of Unix, e.g. with dos2unix.",
				   "the file has carriage returns");
	return 0;
}

/* Whether an also= line has one of the marked sections for a target. */
static bool leads_to(const struct ipsec_conf *c, const struct also *also, const bool *marked)
{
	size_t position = 0, len;
	const char *name;

	while (also_next(c, &c->statements.items[also->statement], &position, &name, &len)) {
		uint32_t target = ipsec_conf_section(c, name, len);

		if (target != NO_SECTION && marked[target])
			return true;
	}
	return false;
}

/* Another section that takes this one's keys by also=, or NO_SECTION. */
int edit_find_dependent(struct edit_plan *p, uint32_t section, uint32_t *ret)
{
	struct ipsec_conf *c = p->c;
	_cleanup_free_ bool *reaches = NULL;
	bool more = true;

	*ret = NO_SECTION;
	if (c->alsos.n == 0)
		return 0;
	reaches = calloc(c->sections.n, sizeof(*reaches));
	if (!reaches)
		return -ENOMEM;
	reaches[section] = true;
	/* The conn itself is the only one that may be found and gone on from. */
	while (more) {
		more = false;
		for (size_t i = 0; i < c->alsos.n; i++) {
			const struct also *also = &c->alsos.items[i];

			if (reaches[also->section] || !leads_to(c, also, reaches))
				continue;
			if (also->section != p->section) {
				*ret = also->section;
				return 0;
			}
			reaches[also->section] = true;
			more = true;
		}
	}
	return 0;
}

/* Whether pluto itself takes up a section that serves others as a target. */
int edit_is_loaded(struct edit_plan *p, uint32_t section, bool *ret)
{
	const struct section *s = &p->c->sections.items[section];
	struct ipsec_conf_value value;
	int r;

	if (s->type != SECTION_CONN) {
		*ret = true; /* conn %default: it is everybody's */
		return 0;
	}
	r = ipsec_conf_effective(p->c, &p->c->conns.items[s->conn], "auto", &value);
	if (r < 0)
		return r;
	*ret = value.value && strcasecmp(value.value, "ignore") != 0;
	return ipsec_conf_close(p->c, p->section);
}

int edit_refuse_shared(struct edit_plan *p, const char *key, const struct ipsec_conf_place *place,
		       uint32_t section, uint32_t other)
{
	const char *name = p->c->sections.items[section].name;

	if (other == NO_SECTION)
		return edit_refuse(p, IPSEC_CONF_REFUSED_SHARED, *place,
				   "Move the line into the conns that are to have it.",
				   "%s= stands in conn %s, which is loaded by itself as well", key,
				   name);
	return edit_refuse(
		p, IPSEC_CONF_REFUSED_SHARED, *place,
		"Move the line into the conns that are to have it; own lines do not override "
		"those of also=.",
		section == p->section
			? "%s= cannot be changed in conn %s alone: conn %s takes its keys by "
			  "also="
			: "%s= stands in conn %s, which conn %s uses by also= as well",
		key, name, p->c->sections.items[other].name);
}
