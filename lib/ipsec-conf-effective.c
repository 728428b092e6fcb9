/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"
#include "ipsec-conf-set.h"
#include "text.h"

/*
 * What a key is where nothing sets it: seen by comparing what addconn of 4.10 sends to pluto with
 * and without the key; for 5.x ipsecconf_default_values() in confread.c, pluto_constants.h and
 * ipsec.conf(5).
 */
static const struct builtin {
	const char *key;
	const char *value;
	unsigned since_major, since_minor, until_major;
} builtins[] = {
	{ "auto", "ignore", 3, 0, 5 },
	{ "compress", "no", 3, 0, 5 },
	{ "encapsulation", "auto", 3, 24, 5 },
	{ "esn", "either", 4, 6, 5 },
	{ "esp", "aes_gcm256,aes_gcm128,chacha20_poly1305,aes256,aes128", 4, 0, 5 },
	{ "fragmentation", "yes", 3, 0, 5 },
	{ "ikelifetime", "8h", 4, 2, 5 },
	{ "ikev2", "insist", 4, 0, 4 },
	{ "ikev2", "yes", 5, 0, 5 },
	{ "mobike", "no", 3, 0, 5 },
	{ "narrowing", "no", 3, 0, 5 },
	{ "nic-offload", "auto", 3, 21, 4 },
	{ "nic-offload", "no", 5, 0, 5 },
	{ "overlapip", "no", 3, 0, 5 },
	{ "pfs", "yes", 3, 0, 5 },
	{ "phase2", "esp", 3, 0, 5 },
	{ "reauth", "no", 3, 0, 5 },
	{ "rekey", "yes", 3, 0, 5 },
	{ "replay-window", "128", 4, 6, 5 },
	{ "salifetime", "8h", 3, 0, 5 },
	{ "tfc", "0", 3, 0, 5 },
	{ "type", "tunnel", 3, 0, 5 },
};

static bool is_builtin(const struct builtin *b, struct libreswan_version v)
{
	return libreswan_at_least(v, b->since_major, b->since_minor) && v.major <= b->until_major;
}

static const char *builtin_value(struct libreswan_version v, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (is_builtin(&builtins[i], v) && streq(builtins[i].key, key))
			return builtins[i].value;
	}
	return NULL;
}

/* The documented name of a field: a string of its own for each end. */
static const char *field_name(struct ipsec_conf *c, uint16_t field, unsigned end)
{
	const char *name = ipsec_keys[field].name;

	if (end == IPSEC_END_NONE)
		return name;
	return arena_printf(&c->arena, "%s%s", end == IPSEC_END_LEFT ? "left" : "right", name);
}

bool ipsec_conf_has_key(const struct ipsec_conf *c, const char *name, uint16_t *ret_key,
			enum ipsec_end *ret_end)
{
	enum ipsec_key_kind kind;
	enum ipsec_end end;
	uint16_t key;

	if (!*name || !ipsec_key_find(c->version, name, strlen(name), &key, &end) ||
	    !(ipsec_keys[key].where & IPSEC_KEY_IN_CONN))
		return false;
	kind = ipsec_key_kind(c->version, &ipsec_keys[key]);
	if (kind == IPSEC_KEY_ALSO || kind == IPSEC_KEY_OBSOLETE)
		return false;
	*ret_key = key;
	*ret_end = end;
	return true;
}

const char *ipsec_conf_key(struct ipsec_conf *c, const char *name)
{
	enum ipsec_end end;
	uint16_t key;

	if (!ipsec_conf_has_key(c, name, &key, &end))
		return NULL;
	return field_name(c, ipsec_key_field(key), end);
}

static const char *copy_value(struct ipsec_conf *c, const struct statement *s)
{
	/* 4.x: a number in quotes is none. */
	if (c->version.major < 5 && s->form != IPSEC_FORM_BARE &&
	    ipsec_key_kind(c->version, &ipsec_keys[s->key]) == IPSEC_KEY_NUMBER)
		return "0";
	return arena_text(&c->arena, statement_value(c, s), statement_len(s));
}

/* RHEL's crypto policy, under either of its names. */
static bool is_crypto_policy(const char *path)
{
	return strstr(path, "/crypto-policies/");
}

/* The also= lines that led to a section, outermost first. */
static int trace(struct ipsec_conf *c, uint32_t visit, struct ipsec_conf_value *v)
{
	const struct visit *visits = c->closure.visits;
	struct ipsec_conf_place *via;
	size_t n = 0;

	for (uint32_t i = visit; visits[i].parent != NO_VISIT; i = visits[i].parent)
		n++;
	if (n == 0)
		return 0;
	via = arena_alloc(&c->arena, n * sizeof(*via));
	if (!via)
		return -ENOMEM;
	v->via = via;
	v->n_via = n;
	for (uint32_t i = visit; visits[i].parent != NO_VISIT; i = visits[i].parent)
		via[--n] = statement_place(&c->statements.items[visits[i].statement]);
	return 0;
}

/* The texts of all lines of a list, joined. */
static int join(struct ipsec_conf *c, uint16_t field, unsigned end, const char **ret)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	for (size_t i = 0; i < c->n_defaults_read; i++) {
		const struct section *section = &c->sections.items[c->defaults.items[i]];

		for (uint32_t j = section->first; j < section->first + section->n; j++) {
			const struct statement *s = &c->statements.items[j];

			if (s->field != field || s->end != end ||
			    (s->flags & (STATEMENT_IGNORED | STATEMENT_INVALID)))
				continue;
			if (text.len > 0)
				text_add_char(&text, ' ');
			text_add_bytes(&text, statement_value(c, s), statement_len(s));
		}
	}
	for (size_t i = 0; i < c->closure.n_order; i++) {
		const struct statement *s = &c->statements.items[c->closure.order[i]];

		if (s->field != field || s->end != end)
			continue;
		if (text.len > 0)
			text_add_char(&text, ' ');
		text_add_bytes(&text, statement_value(c, s), statement_len(s));
	}
	if (text.failed)
		return -ENOMEM;
	*ret = arena_text(&c->arena, text.data ? text.data : "", text.len);
	return *ret ? 0 : -ENOMEM;
}

/* The value of a field in the conn that was put together last. */
static int value_of(struct ipsec_conf *c, uint16_t field, unsigned end,
		    struct ipsec_conf_value *ret)
{
	const struct slot *slot = &c->closure.slots[slot_index(field, end)];
	const struct slot *by_default = &c->default_slots[slot_index(field, end)];
	struct ipsec_conf_value v = { .key = field_name(c, field, end) };
	const struct statement *s;
	int r = 0;

	if (!v.key)
		return -ENOMEM;
	if (!slot->statement && !by_default->statement) {
		v.value = builtin_value(c->version, ipsec_keys[field].name);
		v.origin = v.value ? IPSEC_CONF_BUILTIN : IPSEC_CONF_UNSET;
		*ret = v;
		return 0;
	}

	s = &c->statements.items[(slot->statement ? slot->statement : by_default->statement) - 1];
	v.place = statement_place(s);
	v.spelled = arena_text(&c->arena, c->files.items[s->file].bytes + s->key_begin, s->key_len);
	v.value = copy_value(c, s);
	if (slot->statement) {
		const struct visit *visit = &c->closure.visits[slot->visit];

		v.origin = visit->parent == NO_VISIT ? IPSEC_CONF_OWN : IPSEC_CONF_ALSO;
		v.section = c->sections.items[visit->section].name;
		r = trace(c, slot->visit, &v);
	} else {
		v.origin = is_crypto_policy(c->files.items[s->file].path) ? IPSEC_CONF_CRYPTO_POLICY
									  : IPSEC_CONF_DEFAULT;
		v.section = "%default";
	}
	if (r == 0 && slot->other) {
		const struct statement *other = &c->statements.items[slot->other - 1];

		v.conflict = true;
		v.other = statement_place(other);
		v.other_value = copy_value(c, other);
		if (!v.other_value)
			r = -ENOMEM;
	}
	if (r == 0 && ipsec_key_kind(c->version, &ipsec_keys[field]) == IPSEC_KEY_APPEND)
		r = join(c, field, end, &v.value);
	if (r < 0 || !v.spelled || !v.value)
		return -ENOMEM;
	*ret = v;
	return 0;
}

int ipsec_conf_effective(struct ipsec_conf *c, const struct ipsec_conf_conn *conn, const char *name,
			 struct ipsec_conf_value *ret)
{
	enum ipsec_end end;
	uint16_t key;
	int r;

	if (!ipsec_conf_has_key(c, name, &key, &end))
		return -EINVAL;
	r = ipsec_conf_close(c, c->conn_sections.items[conn->i]);
	if (r < 0)
		return r;
	return value_of(c, ipsec_key_field(key), end, ret);
}

const char *ipsec_conf_setup_value(struct ipsec_conf *c, const char *name)
{
	const struct statement *last = NULL;
	enum ipsec_end end;
	uint16_t key;

	if (!ipsec_key_find(c->version, name, strlen(name), &key, &end))
		return NULL;
	for (size_t i = 0; i < c->sections.n; i++) {
		const struct section *section = &c->sections.items[i];

		for (uint32_t j = section->first;
		     section->type == SECTION_SETUP && j < section->first + section->n; j++) {
			const struct statement *s = &c->statements.items[j];

			if (s->field == ipsec_key_field(key) &&
			    !(s->flags & (STATEMENT_IGNORED | STATEMENT_INVALID)))
				last = s;
		}
	}
	return last ? copy_value(c, last) : NULL;
}

struct values {
	struct ipsec_conf_value *items;
	size_t n, alloc;
};

static int add_value(struct ipsec_conf *c, uint16_t field, unsigned end, struct values *values)
{
	int r = ARRAY_GROW(values);

	if (r == 0)
		r = value_of(c, field, end, &values->items[values->n]);
	if (r == 0)
		values->n++;
	return r;
}

static int add_builtin(const struct builtin *b, uint16_t field, struct values *values)
{
	int r = ARRAY_GROW(values);

	if (r < 0)
		return r;
	values->items[values->n++] = (struct ipsec_conf_value){
		.key = ipsec_keys[field].name,
		.value = b->value,
		.origin = IPSEC_CONF_BUILTIN,
	};
	return 0;
}

static int add_all(struct ipsec_conf *c, struct values *values)
{
	const struct closure *closure = &c->closure;
	int r = 0;

	/* Own lines first in both versions' order of reading; 5.x mixes those of also= in. */
	for (int also = 0; also <= 1; also++) {
		for (size_t i = 0; r == 0 && i < closure->n_order; i++) {
			const struct statement *s = &c->statements.items[closure->order[i]];
			size_t k = slot_index(s->field, s->end);

			if (closure->slots[k].statement == closure->order[i] + 1 &&
			    (closure->order_visit[i] != 0) == also)
				r = add_value(c, s->field, s->end, values);
		}
	}
	for (int policy = 0; policy <= 1; policy++) {
		for (size_t i = 0; r == 0 && i < c->n_defaults_read; i++) {
			const struct section *section = &c->sections.items[c->defaults.items[i]];
			bool is_policy = is_crypto_policy(c->files.items[section->file].path);

			for (uint32_t j = section->first; r == 0 && j < section->first + section->n;
			     j++) {
				const struct statement *s = &c->statements.items[j];
				size_t k = slot_index(s->field, s->end);

				if (is_policy == policy && !closure->slots[k].statement &&
				    c->default_slots[k].statement == j + 1)
					r = add_value(c, s->field, s->end, values);
			}
		}
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(builtins); i++) {
		const char *name = builtins[i].key;
		enum ipsec_end end;
		uint16_t key;
		size_t k;

		if (!is_builtin(&builtins[i], c->version) ||
		    !ipsec_key_find(c->version, name, strlen(name), &key, &end))
			continue;
		k = slot_index(key, end);
		if (!closure->slots[k].statement && !c->default_slots[k].statement)
			r = add_builtin(&builtins[i], key, values);
	}
	return r;
}

int ipsec_conf_effective_all(struct ipsec_conf *c, const struct ipsec_conf_conn *conn,
			     struct ipsec_conf_value **ret, size_t *ret_n)
{
	struct values values = { 0 };
	int r;

	r = ipsec_conf_close(c, c->conn_sections.items[conn->i]);
	if (r == 0)
		r = add_all(c, &values);
	if (r < 0) {
		free(values.items);
		return r;
	}
	*ret = values.items;
	*ret_n = values.n;
	return 0;
}
