/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "ipsec-conf-edit.h"
#include "text.h"

/* Whether the bytes can be in a value at all. */
static bool is_printable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 && *value != '\t')
			return false;
	return true;
}

/* Reads "key=TEXT" back as the value of this key. */
static int reads_as(struct edit_plan *p, const struct edit_intent *intent, const char *text,
		    const char *value)
{
	_cleanup_text_ struct text line = TEXT_NULL;
	struct ipsec_lex lex = { .version = p->c->version };
	enum ipsec_token type;
	bool bare;

	text_printf(&line, "\t%s=%s\n", intent->name, text);
	if (line.failed)
		return -ENOMEM;
	ipsec_lex_line(&lex, line.data, line.len, 0);
	if (ipsec_lex_next(&lex) != IPSEC_TOKEN_SPACES || ipsec_lex_next(&lex) != IPSEC_TOKEN_KEY ||
	    ipsec_lex_next(&lex) != IPSEC_TOKEN_EQUAL)
		return 0;
	type = ipsec_lex_next(&lex);
	if (type == IPSEC_TOKEN_EOL || strlen(value) != lex.token_end - lex.token_begin ||
	    memcmp(line.data + lex.token_begin, value, strlen(value)) != 0 ||
	    lex.form == IPSEC_FORM_FOREVER)
		return 0;
	bare = lex.form == IPSEC_FORM_BARE;
	if (!ipsec_key_takes(p->c->version, &ipsec_keys[intent->key], value, strlen(value), bare))
		return 0;
	return ipsec_lex_next(&lex) == IPSEC_TOKEN_EOL;
}

static int refuse_value(struct edit_plan *p, const struct edit_intent *intent)
{
	const struct ipsec_key *key = &ipsec_keys[intent->key];
	const char *words = key->words[p->c->version.major >= 5];
	char remedy[256];

	if (ipsec_key_kind(p->c->version, key) == IPSEC_KEY_BOOL)
		words = "yes no";
	if (words)
		snprintf(remedy, sizeof(remedy), "In Libreswan %u.%u it takes one of: %s.",
			 p->c->version.major, p->c->version.minor, words);
	return edit_refuse(
		p, IPSEC_CONF_REFUSED_VALUE, NOWHERE,
		words ? remedy
		      : "Values have no line breaks, and no double quotes where there are "
			"blanks; numbers are decimal.",
		"%s= does not take the value \"%.100s\"", intent->name, intent->value);
}

int edit_write_value(struct edit_plan *p, const struct edit_intent *intent, enum ipsec_form form,
		     char **ret)
{
	static const char *const patterns[][2] = {
		[IPSEC_FORM_EMPTY] = { "", "" },      [IPSEC_FORM_BARE] = { "", "" },
		[IPSEC_FORM_QUOTED] = { "\"", "\"" }, [IPSEC_FORM_BRACED] = { "{", "}" },
		[IPSEC_FORM_FOREVER] = { "", "" },
	};
	const enum ipsec_form forms[] = { form, IPSEC_FORM_BARE, IPSEC_FORM_QUOTED,
					  IPSEC_FORM_BRACED };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_text_ struct text text = TEXT_NULL;
		char *written;

		/* What only looks like a comment or a list is better seen as one word. */
		if (forms[i] <= IPSEC_FORM_BARE && form != IPSEC_FORM_BARE &&
		    intent->value[0] == '#')
			continue;
		text_printf(&text, "%s%s%s", patterns[forms[i]][0], intent->value,
			    patterns[forms[i]][1]);
		if (text_take(&text, &written) < 0)
			return -ENOMEM;
		r = reads_as(p, intent, written, intent->value);
		if (r > 0) {
			*ret = written;
			return 0;
		}
		free(written);
		if (r < 0)
			return r;
	}
	return refuse_value(p, intent);
}

int edit_judge_value(struct edit_plan *p, const struct edit_intent *intent)
{
	_cleanup_free_ char *written = NULL;

	if (!*intent->value || !is_printable(intent->value))
		return refuse_value(p, intent);
	return edit_write_value(p, intent, IPSEC_FORM_EMPTY, &written);
}
