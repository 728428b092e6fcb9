/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ipsec-conf-set.h"

/*
 * An edit while it is made: first everything that speaks against one, then where each key goes,
 * then the new text, and at last both texts are read again and compared line by line. Only for the
 * files of ipsec-conf-edit themselves.
 *
 * What returns IPSEC_CONF_REFUSED has left the reason, the place and the remedy in the edit.
 */

/* Bytes to put in the place of others. */
struct edit_splice {
	size_t begin;
	size_t len;
	char *text; /* what comes there */
};

struct edit_plan {
	struct ipsec_conf *c;
	const struct ipsec_conf_conn *conn;
	uint32_t section;
	struct ipsec_conf_edit *edit;
	struct {
		struct edit_splice *items;
		size_t n, alloc;
	} splices;
	uint32_t target; /* the section that is changed */
	bool has_target;
};

/* What to do with one key. */
struct edit_intent {
	const char *name;  /* documented */
	const char *value; /* NULL: take it out */
	uint16_t key;
	uint16_t field;
	unsigned end;
	bool changes_text; /* the set does not say so already */
};

#define NOWHERE ((struct ipsec_conf_place){ 0 })

/* edit_refuse() - notes why; Return: IPSEC_CONF_REFUSED, or -ENOMEM */
int edit_refuse(struct edit_plan *p, enum ipsec_conf_refusal refusal, struct ipsec_conf_place place,
		const char *remedy, const char *format, ...) _printf_(5, 6);

/* ---- What speaks against it: ipsec-conf-edit-against.c ---- */

/*
 * edit_judge_conn() - whether a conn can be edited at all; the closure is that of its section then
 *
 * Return: 0; IPSEC_CONF_REFUSED; a negative errno.
 */
int edit_judge_conn(struct edit_plan *p, const char *name);

/* edit_judge_file() - the same of a file by its number */
int edit_judge_file(struct edit_plan *p, uint32_t file);

/*
 * edit_find_dependent() - another section that takes this one's keys by also=, or NO_SECTION; the
 * conn itself is none
 *
 * Return: 0; -ENOMEM.
 */
int edit_find_dependent(struct edit_plan *p, uint32_t section, uint32_t *ret);

/*
 * edit_is_loaded() - whether pluto itself takes up a section that serves others as a target
 *
 * Return: 0; a negative errno.
 */
int edit_is_loaded(struct edit_plan *p, uint32_t section, bool *ret);

/* edit_refuse_shared() - a key is not the conn's alone; @other: who has it too, or NO_SECTION */
int edit_refuse_shared(struct edit_plan *p, const char *key, const struct ipsec_conf_place *place,
		       uint32_t section, uint32_t other);

/* ---- The value as it is written: ipsec-conf-edit-value.c ---- */

/*
 * edit_judge_value() - whether the key takes the value, and it can be written at all
 *
 * Return: 0; IPSEC_CONF_REFUSED; a negative errno.
 */
int edit_judge_value(struct edit_plan *p, const struct edit_intent *intent);

/*
 * edit_write_value() - the value in the form that the old one has, if it can be
 *
 * Return: 0; IPSEC_CONF_REFUSED when it cannot be written at all; a negative errno.
 */
int edit_write_value(struct edit_plan *p, const struct edit_intent *intent, enum ipsec_form form,
		     char **ret);

/* ---- The new text: ipsec-conf-edit-text.c ---- */

/* edit_add_splice() - takes the text; NULL is for want of memory. Return: 0; -ENOMEM. */
int edit_add_splice(struct edit_plan *p, size_t begin, size_t len, char *text);

/*
 * edit_finish() - the new text and the difference, once both texts have been read again and differ
 * in nothing but what the intents say
 *
 * Return: 0; IPSEC_CONF_REFUSED; a negative errno.
 */
int edit_finish(struct edit_plan *p, const struct edit_intent *intents, size_t n);
