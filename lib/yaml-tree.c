/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "yaml-tree.h"

#include <stdio.h>
#include <yaml.h>

#include "array.h"

struct anchor {
	char *name;
	size_t node;
	bool open; /* the node that it names is still being read */
};

struct builder {
	struct yaml_tree tree;
	struct yaml_fault fault;
	size_t open[YAML_DEPTH_MAX]; /* the collections that are being read, outermost first */
	size_t depth;
	size_t n_read; /* nodes and aliases */
	struct anchor anchors[YAML_ANCHORS_MAX];
	size_t n_anchors;
	size_t n_documents;
};

static void node_done(struct yaml_node *n)
{
	free(n->tag);
	free(n->value);
	free(n->items);
}

void yaml_tree_done(struct yaml_tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		node_done(&t->items[i]);
	free(t->items);
	*t = YAML_TREE_NULL;
}

static void builder_done(struct builder *b)
{
	yaml_tree_done(&b->tree);
	for (size_t i = 0; i < b->n_anchors; i++)
		free(b->anchors[i].name);
}

static void parser_done(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

static int fault_at(struct builder *b, const yaml_mark_t *mark, const char *message,
		    const char *hint)
{
	b->fault = (struct yaml_fault){
		.line = (unsigned int)mark->line + 1,
		.column = (unsigned int)mark->column + 1,
		.hint = hint,
	};
	snprintf(b->fault.message, sizeof(b->fault.message), "%s", message);
	return -EBADMSG;
}

static int add_to_parent(struct builder *b, size_t number)
{
	struct yaml_node *parent;
	int r;

	if (b->depth == 0)
		return 0;

	parent = &b->tree.items[b->open[b->depth - 1]];
	r = ARRAY_GROW(parent);
	if (r < 0)
		return r;
	parent->items[parent->n++] = number;
	return 0;
}

static int count_node(struct builder *b, const yaml_mark_t *mark)
{
	if (++b->n_read > YAML_NODES_MAX)
		return fault_at(b, mark, "the file has more than 200000 values", NULL);
	return 0;
}

static int name_anchor(struct builder *b, const yaml_char_t *name, const yaml_mark_t *mark,
		       size_t number, bool open)
{
	struct anchor *a;

	if (!name)
		return 0;
	if (b->n_anchors == YAML_ANCHORS_MAX)
		return fault_at(b, mark, "the file has more than 256 anchors", NULL);

	a = &b->anchors[b->n_anchors];
	a->name = strdup((const char *)name);
	if (!a->name)
		return -ENOMEM;
	a->node = number;
	a->open = open;
	b->n_anchors++;
	return 0;
}

static int add_node(struct builder *b, enum yaml_kind kind, const yaml_event_t *event,
		    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct yaml_node *n;
	size_t number = b->tree.n;
	int r;

	r = count_node(b, mark);
	if (r < 0)
		return r;
	r = ARRAY_GROW(&b->tree);
	if (r < 0)
		return r;

	n = &b->tree.items[b->tree.n++];
	*n = (struct yaml_node){
		.kind = kind,
		.line = (unsigned int)mark->line + 1,
		.column = (unsigned int)mark->column + 1,
	};
	if (tag) {
		n->tag = strdup((const char *)tag);
		if (!n->tag)
			return -ENOMEM;
	}
	if (kind == YAML_KIND_SCALAR) {
		n->len = event->data.scalar.length;
		n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		n->value = malloc(n->len + 1);
		if (!n->value)
			return -ENOMEM;
		memcpy(n->value, event->data.scalar.value, n->len);
		n->value[n->len] = '\0';
	}

	r = name_anchor(b, anchor, mark, number, kind != YAML_KIND_SCALAR);
	if (r < 0)
		return r;
	r = add_to_parent(b, number);
	if (r < 0 || kind == YAML_KIND_SCALAR)
		return r;

	if (b->depth == YAML_DEPTH_MAX)
		return fault_at(b, mark, "nested more than 16 deep", NULL);
	b->open[b->depth++] = number;
	return 0;
}

static void close_collection(struct builder *b)
{
	size_t number = b->open[--b->depth];

	for (size_t i = 0; i < b->n_anchors; i++)
		if (b->anchors[i].node == number)
			b->anchors[i].open = false;
}

/* Of two anchors with one name the later counts (YAML 1.1, section 3.2.2.2). */
static int add_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	int r;

	r = count_node(b, &event->start_mark);
	if (r < 0)
		return r;

	for (size_t i = b->n_anchors; i-- > 0;) {
		if (!streq(b->anchors[i].name, name))
			continue;
		if (b->anchors[i].open)
			return fault_at(b, &event->start_mark, "an alias to what it stands in",
					NULL);
		return add_to_parent(b, b->anchors[i].node);
	}
	return fault_at(b, &event->start_mark, "an alias to an anchor that is not set before",
			NULL);
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->n_documents++ > 0)
			return fault_at(b, &event->start_mark, "a second document in the file",
					"a file of the configuration is one document; "
					"take the \"---\" out");
		return 0;
	case YAML_ALIAS_EVENT:
		return add_alias(b, event);
	case YAML_SCALAR_EVENT:
		return add_node(b, YAML_KIND_SCALAR, event, event->data.scalar.anchor,
				event->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		return add_node(b, YAML_KIND_LIST, event, event->data.sequence_start.anchor,
				event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return add_node(b, YAML_KIND_MAP, event, event->data.mapping_start.anchor,
				event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(b);
		return 0;
	default:
		return 0;
	}
}

/* The length of the line break at @p, or 0: those that libyaml 0.1 and 0.2 count as such. */
static size_t break_length(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);

	if (left >= 2 && u[0] == '\r' && u[1] == '\n')
		return 2;
	if (left >= 1 && (u[0] == '\n' || u[0] == '\r'))
		return 1;
	if (left >= 2 && u[0] == 0xc2 && u[1] == 0x85)
		return 2;
	if (left >= 3 && u[0] == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9))
		return 3;
	return 0;
}

bool yaml_line(const char *bytes, size_t len, unsigned int line, const char **ret, size_t *ret_len)
{
	const char *p = bytes, *end = bytes + len, *begin = bytes;
	unsigned int at = 1;

	if (line == 0)
		return false;

	while (p < end) {
		size_t n = break_length(p, end);

		if (n == 0) {
			p++;
			continue;
		}
		if (at == line)
			break;
		p += n;
		begin = p;
		at++;
	}
	if (at != line || begin == end)
		return false;

	*ret = begin;
	*ret_len = (size_t)(p - begin);
	return true;
}

/* The reader names a byte by its offset; everything else of libyaml has a line and column. */
static void mark_of_offset(const char *bytes, size_t len, size_t offset, yaml_mark_t *ret)
{
	const char *p = bytes, *end = bytes + (offset < len ? offset : len);
	yaml_mark_t mark = { 0 };

	while (p < end) {
		size_t n = break_length(p, bytes + len);

		if (n > 0) {
			mark.line++;
			mark.column = 0;
			p += n;
		} else {
			mark.column += ((unsigned char)*p & 0xc0) != 0x80;
			p++;
		}
	}
	*ret = mark;
}

static int reader_fault(struct builder *b, const yaml_parser_t *p, const char *bytes, size_t len)
{
	yaml_mark_t mark;
	char message[80];

	mark_of_offset(bytes, len, p->problem_offset, &mark);
	if (p->problem_value == -1)
		return fault_at(b, &mark, "the text breaks off in the middle of a character", NULL);
	if (p->problem_offset < len && (unsigned char)bytes[p->problem_offset] < 0x80) {
		snprintf(message, sizeof(message), "a control character (0x%02x)",
			 (unsigned int)p->problem_value);
		return fault_at(b, &mark, message,
				"YAML allows no control characters; take it out");
	}
	snprintf(message, sizeof(message), "no UTF-8 here (0x%02x)",
		 (unsigned int)p->problem_value);
	return fault_at(b, &mark, message, "save the file as UTF-8");
}

static int parser_fault(struct builder *b, const yaml_parser_t *p, const char *bytes, size_t len)
{
	const char *line, *hint = NULL;
	char message[sizeof(b->fault.message)];
	size_t line_len;

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->error == YAML_READER_ERROR)
		return reader_fault(b, p, bytes, len);

	if (yaml_line(bytes, len, (unsigned int)p->problem_mark.line + 1, &line, &line_len) &&
	    p->problem_mark.column < line_len && line[p->problem_mark.column] == '\t')
		hint = "YAML is indented by blanks, never by tabs";

	snprintf(message, sizeof(message), "%s%s%s", p->problem ? p->problem : "not YAML",
		 p->context ? ", " : "", p->context ? p->context : "");
	return fault_at(b, &p->problem_mark, message, hint);
}

static int build(struct builder *b, const char *bytes, size_t len)
{
	_cleanup_(parser_done) yaml_parser_t parser;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);

	while (!end) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(&parser, &event))
			return parser_fault(b, &parser, bytes, len);
		end = event.type == YAML_STREAM_END_EVENT;
		r = take_event(b, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

int yaml_tree_load(const char *bytes, size_t len, struct yaml_fault *ret_fault,
		   struct yaml_tree *ret)
{
	_cleanup_(builder_done) struct builder b = { 0 };
	int r;

	r = build(&b, bytes, len);
	if (r == -EBADMSG)
		*ret_fault = b.fault;
	if (r < 0)
		return r;

	*ret = b.tree;
	b.tree = YAML_TREE_NULL;
	return 0;
}
