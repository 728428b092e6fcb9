/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <strings.h>

#include "array.h"
#include "ipsec-conf-set.h"

/*
 * The parser reads the files as one stream, in pluto's order, and keeps the scanner's state from
 * one to the next, as pluto does: a section whose last line has no newline goes on in the next
 * file. After a fault, where pluto gives up, it goes on with the next line so that all of the
 * faults are found.
 */

#define MAX_DEPTH 10   /* MAX_INCLUDE_DEPTH in parser.lex, the main file among them */
#define MAX_AGAIN 5000 /* readings of files that were read before */
#define MAX_BYTES ((size_t)256 * 1024 * 1024)

struct parser {
	struct ipsec_conf *c;
	const struct ipsec_conf_source *source;
	struct ipsec_lex lex;
	uint32_t open;    /* the section that indented lines belong to */
	bool after_fault; /* a header was not understood: its lines are nobody's */
	bool begun;       /* too late for "version" */
	bool exhausted;
	size_t n_inclusions;
	size_t n_bytes;
	struct seen seen;
	/* Where the parser is. */
	uint32_t file;
	const char *bytes;
	size_t len;
	size_t next; /* line */
	uint32_t line;
	uint32_t line_begin;
};

static bool is_old(const struct parser *p)
{
	return p->c->version.major < 5;
}

static const char *file_name(const struct ipsec_conf *c, uint32_t i)
{
	return c->files.items[i].path;
}

static struct ipsec_conf_place place_at(const struct parser *p, size_t offset)
{
	return (struct ipsec_conf_place){ .file = p->file,
					  .line = p->line,
					  .column = (unsigned)(offset - p->line_begin) + 1 };
}

static struct ipsec_conf_place place_of_line(const struct parser *p)
{
	return place_at(p, p->line_begin);
}

/* The token as a person would quote it. */
static const char *token_text(const struct parser *p, size_t *ret_len)
{
	size_t len = p->lex.outer_end - p->lex.outer_begin;

	*ret_len = len > 60 ? 60 : len;
	return p->bytes + p->lex.outer_begin;
}

/* Pluto loads nothing of the set. */
static int syntax_fault(struct parser *p, enum ipsec_token type, const char *remedy)
{
	struct ipsec_conf_place place = place_at(p, p->lex.outer_begin);
	size_t len;
	const char *s = token_text(p, &len);
	int r;

	if (type == IPSEC_TOKEN_EOL || type == IPSEC_TOKEN_CONTINUE)
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_SYNTAX, IPSEC_CONF_FATAL, place, NULL,
					  "the line ends too early: Libreswan loads nothing at "
					  "all\n%s",
					  remedy);
	else if (type == IPSEC_TOKEN_SPACES)
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_SYNTAX, IPSEC_CONF_FATAL, place, NULL,
					  "an indented line that belongs to no section: Libreswan "
					  "loads nothing at all\n%s",
					  remedy);
	else
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_SYNTAX, IPSEC_CONF_FATAL, place, NULL,
					  "\"%.*s\" cannot stand here: Libreswan loads nothing at "
					  "all\n%s",
					  (int)len, s, remedy);
	p->lex.state = IPSEC_LEX_INITIAL;
	return r;
}

static int header_fault(struct parser *p, enum ipsec_token type)
{
	p->open = NO_SECTION;
	p->after_fault = true;
	return syntax_fault(p, type,
			    "A line begins with conn NAME, config setup, include FILE, or with "
			    "blanks and a key; a comment has blanks around its #.");
}

static int statement_fault(struct parser *p, enum ipsec_token type)
{
	return syntax_fault(p, type,
			    "Write KEY=VALUE, values with blanks in double quotes, and blanks "
			    "around the # of a comment.");
}

/* ---- Sections ---- */

static int open_section(struct parser *p, enum section_type type, const char *name)
{
	struct ipsec_conf *c = p->c;
	uint32_t i = (uint32_t)c->sections.n;
	struct section *section;
	int r;

	r = ARRAY_GROW(&c->sections);
	if (r < 0)
		return r;
	section = &c->sections.items[c->sections.n++];
	section->name = name;
	section->type = type;
	section->file = p->file;
	section->line = p->line;
	section->line_begin = p->line_begin;
	section->first = (uint32_t)c->statements.n;
	section->n = 0;
	section->conn = UINT32_MAX;
	p->open = i;
	p->after_fault = false;
	return 0;
}

static int add_conn(struct parser *p, uint32_t section, uint32_t first)
{
	struct ipsec_conf *c = p->c;
	const char *name = c->sections.items[section].name;
	struct ipsec_conf_place place = place_of_line(p);
	struct ipsec_conf_conn *conn;
	int r;

	r = ARRAY_GROW(&c->conns);
	if (r == 0)
		r = ARRAY_GROW(&c->conn_sections);
	if (r < 0)
		return r;
	conn = &c->conns.items[c->conns.n];
	conn->i = c->conns.n;
	conn->name = name;
	conn->place = place;
	conn->n_definitions = 1;
	conn->first = first == section ? conn->i : c->sections.items[first].conn;
	c->sections.items[section].conn = (uint32_t)conn->i;
	c->conn_sections.items[c->conn_sections.n++] = section;
	c->conns.n++;
	if (first == section)
		return 0;

	c->conns.items[conn->first].n_definitions++;
	return ipsec_conf_find_fault(
		c, IPSEC_CONF_DUPLICATE_CONN, IPSEC_CONF_WARNING, place, name,
		"conn %s is defined a second time, first at %s: at start-up the last definition "
		"wins, \"ipsec auto --add\" takes the first\nKeep one of the definitions.",
		name, place_text(c, c->conns.items[conn->first].place));
}

static int begin_conn(struct parser *p, size_t begin, size_t end, bool forever)
{
	struct ipsec_conf *c = p->c;
	uint32_t section, *slot;
	const char *name;
	int r;

	name = forever ? "0" : arena_text(&c->arena, p->bytes + begin, end - begin);
	if (!name)
		return -ENOMEM;
	r = open_section(p, streq(name, "%default") ? SECTION_DEFAULT : SECTION_CONN, name);
	if (r < 0)
		return r;
	section = p->open;

	r = names_reserve(&c->section_names, c, section_name);
	if (r < 0)
		return r;
	slot = names_slot(&c->section_names, c, section_name, name, strlen(name));
	if (!*slot) {
		*slot = section + 1;
		c->section_names.n++;
	}

	if (c->sections.items[section].type == SECTION_CONN)
		return add_conn(p, section, *slot - 1);
	r = ARRAY_GROW(&c->defaults);
	if (r < 0)
		return r;
	c->defaults.items[c->defaults.n++] = section;
	return 0;
}

/* ---- Statements ---- */

static const char *conn_of(const struct parser *p)
{
	const struct section *section = &p->c->sections.items[p->open];

	return section->type == SECTION_CONN ? section->name : NULL;
}

static int add_statement(struct parser *p, struct statement *s)
{
	struct ipsec_conf *c = p->c;
	int r;

	r = ipsec_conf_judge_statement(c, &p->seen, p->open, s);
	if (r < 0)
		return r;
	r = ARRAY_GROW(&c->statements);
	if (r == 0 && !(s->flags & STATEMENT_IGNORED) &&
	    ipsec_key_kind(c->version, &ipsec_keys[s->key]) == IPSEC_KEY_ALSO) {
		r = ARRAY_GROW(&c->alsos);
		if (r == 0)
			c->alsos.items[c->alsos.n++] =
				(struct also){ p->open, (uint32_t)c->statements.n };
	}
	if (r < 0)
		return r;
	c->statements.items[c->statements.n++] = *s;
	c->sections.items[p->open].n++;
	return 0;
}

static void next_line(struct parser *p)
{
	p->line++;
	p->line_begin = (uint32_t)p->next;
	ipsec_lex_line(&p->lex, p->bytes, p->len, p->next);
	p->next = p->lex.end + p->lex.newline;
}

/* x-…=: any value at all. */
static int parse_comment_key(struct parser *p)
{
	enum ipsec_token type = ipsec_lex_next(&p->lex);
	bool swallowed = false;

	if (type == IPSEC_TOKEN_EOL && !is_old(p))
		return 0;
	if (type != IPSEC_TOKEN_EQUAL)
		return statement_fault(p, type);
	type = ipsec_lex_next(&p->lex);
	while (type == IPSEC_TOKEN_CONTINUE && p->next < p->len) {
		/* Empty lines, then the first that is not: it is the value. */
		next_line(p);
		type = ipsec_lex_next(&p->lex);
		swallowed = true;
	}
	if (type == IPSEC_TOKEN_EOL && !is_old(p))
		return 0;
	if (type != IPSEC_TOKEN_STRING)
		return statement_fault(p, type);
	if (is_old(p) && p->c->sections.items[p->open].type == SECTION_DEFAULT)
		return ipsec_conf_find_fault(p->c, IPSEC_CONF_SYNTAX, IPSEC_CONF_FATAL,
					     place_of_line(p), NULL,
					     "an x- key in conn %%default makes Libreswan %u.%u "
					     "crash\nMove it into a conn, or make it a comment.",
					     p->c->version.major, p->c->version.minor);
	if (!swallowed)
		return 0;
	return ipsec_conf_find_fault(p->c, IPSEC_CONF_IGNORED, IPSEC_CONF_WARNING, place_of_line(p),
				     conn_of(p),
				     "this line is taken for the value of the x- key before it, "
				     "which has none of its own\nGive the x- key a value.");
}

/* seccomp= is there with USE_SECCOMP, as Fedora and RHEL build it and Debian does not. */
static bool is_key_of_some_builds(const char *s, size_t len)
{
	static const char key[] = "seccomp";

	return len == strlen(key) && strncasecmp(s, key, len) == 0;
}

static int unknown_key(struct parser *p)
{
	size_t len;
	const char *s = token_text(p, &len);
	bool some_have_it = is_key_of_some_builds(s, len);
	bool fatal = !some_have_it && ipsec_keys_are_complete(p->c->version);
	const char *more = " that is known here";
	int r;

	if (some_have_it)
		more = ", unless it was built with it: else it loads nothing at all";
	else if (fatal)
		more = ": it loads nothing at all";
	r = ipsec_conf_find_fault(
		p->c, IPSEC_CONF_UNKNOWN_KEY, fatal ? IPSEC_CONF_FATAL : IPSEC_CONF_WARNING,
		place_at(p, p->lex.outer_begin), conn_of(p),
		"\"%.*s\" is no key of Libreswan %u.%u%s\nCorrect or remove the line; keys that "
		"begin with x- are free for own use.",
		(int)len, s, p->c->version.major, p->c->version.minor, more);
	p->lex.state = IPSEC_LEX_INITIAL;
	return r;
}

/* Whether 4.x's grammar has a rule for this kind of key with this kind of value. */
static bool fits_kind(enum ipsec_key_kind kind, enum ipsec_token type)
{
	switch (kind) {
	case IPSEC_KEY_BOOL:
		return type == IPSEC_TOKEN_BOOLEAN;
	case IPSEC_KEY_PERCENT:
		return type == IPSEC_TOKEN_STRING;
	case IPSEC_KEY_TIME:
	case IPSEC_KEY_BINARY:
	case IPSEC_KEY_BYTE:
		return type == IPSEC_TOKEN_STRING || type == IPSEC_TOKEN_INTEGER;
	default:
		return type == IPSEC_TOKEN_STRING || type == IPSEC_TOKEN_INTEGER ||
		       type == IPSEC_TOKEN_EOL;
	}
}

static int parse_key(struct parser *p)
{
	struct statement s = {
		.file = p->file,
		.line = p->line,
		.line_begin = p->line_begin,
		.key_begin = (uint32_t)p->lex.token_begin,
		.key_len = (uint16_t)(p->lex.token_end - p->lex.token_begin),
		.key = p->lex.key,
		.field = ipsec_key_field(p->lex.key),
		.end = (uint8_t)p->lex.key_end,
	};
	enum ipsec_token type;
	size_t after_equal;

	type = ipsec_lex_next(&p->lex);
	if (type != IPSEC_TOKEN_EQUAL)
		return statement_fault(p, type);
	after_equal = p->lex.outer_end;
	type = ipsec_lex_next(&p->lex);
	if (is_old(p) ? !fits_kind(ipsec_key_kind(p->c->version, &ipsec_keys[s.key]), type)
		      : type != IPSEC_TOKEN_STRING && type != IPSEC_TOKEN_EOL)
		return statement_fault(p, type);

	if (type == IPSEC_TOKEN_EOL) {
		s.value_begin = s.outer_begin = (uint32_t)after_equal;
		s.form = IPSEC_FORM_EMPTY;
		return add_statement(p, &s);
	}
	s.value_begin = (uint32_t)p->lex.token_begin;
	s.value_len = (uint32_t)(p->lex.token_end - p->lex.token_begin);
	s.outer_begin = (uint32_t)p->lex.outer_begin;
	s.outer_len = (uint32_t)(p->lex.outer_end - p->lex.outer_begin);
	s.form = (uint8_t)p->lex.form;

	type = ipsec_lex_next(&p->lex);
	if (type != IPSEC_TOKEN_EOL)
		return statement_fault(p, type);
	return add_statement(p, &s);
}

/* An indented line. */
static int parse_statement(struct parser *p)
{
	enum ipsec_token type;

	if (p->open == NO_SECTION) {
		if (!p->after_fault)
			return syntax_fault(p, IPSEC_TOKEN_SPACES,
					    "Remove its blanks, or put it under its conn.");
		p->lex.state = IPSEC_LEX_INITIAL;
		return 0;
	}

	type = ipsec_lex_next(&p->lex);
	switch (type) {
	case IPSEC_TOKEN_EOL:
		return 0; /* blanks and no newline: the section goes on in the next file */
	case IPSEC_TOKEN_KEY:
		return parse_key(p);
	case IPSEC_TOKEN_COMMENT_KEY:
		return parse_comment_key(p);
	case IPSEC_TOKEN_STRING:
	case IPSEC_TOKEN_UNKNOWN:
		return unknown_key(p);
	default:
		return statement_fault(p, type);
	}
}

bool also_next(const struct ipsec_conf *c, const struct statement *s, size_t *position,
	       const char **ret_name, size_t *ret_len)
{
	const char *value = statement_value(c, s);
	size_t len = statement_len(s), begin = *position, end;

	if (c->version.major >= 5) {
		if (begin > 0)
			return false;
		*position = 1;
		*ret_name = value;
		*ret_len = len;
		return true;
	}
	while (begin < len && (value[begin] == ' ' || value[begin] == '\t'))
		begin++;
	for (end = begin; end < len && value[end] != ' ' && value[end] != '\t'; end++)
		;
	*position = end;
	*ret_name = value + begin;
	*ret_len = end - begin;
	return end > begin;
}

/* ---- Files ---- */

static int judge_bytes(struct parser *p, uint32_t file)
{
	const struct ipsec_conf_file *f = &p->c->files.items[file];
	const char *cr = memchr(f->bytes, '\r', f->len), *nul = memchr(f->bytes, '\0', f->len);
	struct ipsec_conf_place place = { .file = file, .line = 1, .column = 1 };
	int r = 0;

	if (has_prefix(f->bytes, "\xef\xbb\xbf"))
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_BYTES, IPSEC_CONF_FATAL, place, NULL,
					  "%s begins with a byte order mark: Libreswan loads "
					  "nothing at all\nSave it without one.",
					  f->path);
	if (r == 0 && cr) {
		for (const char *s = f->bytes; s < cr; s++)
			place.line += *s == '\n';
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_BYTES, IPSEC_CONF_WARNING, place, NULL,
					  "%s has carriage returns, which become part of names and "
					  "values\nSave it with line ends of Unix.",
					  f->path);
	}
	if (r == 0 && nul)
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_BYTES, IPSEC_CONF_WARNING,
					  (struct ipsec_conf_place){ .file = file, .line = 1 },
					  NULL,
					  "%s has NUL bytes, which end names and values\n"
					  "Remove them.",
					  f->path);
	return r;
}

/* The number of a file, which is read when it is seen first. */
static int intern_file(struct parser *p, const char *path, uint32_t *ret)
{
	struct ipsec_conf *c = p->c;
	struct ipsec_conf_file *file;
	char *bytes = NULL;
	uint32_t *slot;
	size_t len = 0;
	int r;

	r = names_reserve(&c->file_names, c, file_name);
	if (r == 0)
		r = ARRAY_GROW(&c->files);
	if (r < 0)
		return r;
	slot = names_slot(&c->file_names, c, file_name, path, strlen(path));
	if (*slot) {
		*ret = *slot - 1;
		c->files.items[*ret].n_inclusions++;
		return 0;
	}

	path = arena_text(&c->arena, path, strlen(path));
	if (!path)
		return -ENOMEM;
	r = p->source->read_file(p->source->userdata, path, &bytes, &len);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && len >= UINT32_MAX) {
		free(bytes);
		r = -EFBIG;
	}
	if (r == 0) {
		/* With a NUL behind it, which no search runs past. */
		char *more = realloc(bytes, len + 1);

		if (!more) {
			free(bytes);
			return -ENOMEM;
		}
		bytes = more;
		bytes[len] = '\0';
	}
	file = &c->files.items[c->files.n];
	*file = (struct ipsec_conf_file){ .path = path, .error = r < 0 ? r : 0, .n_inclusions = 1 };
	if (r == 0) {
		file->bytes = bytes;
		file->len = len;
	}
	*ret = (uint32_t)c->files.n++;
	*slot = *ret + 1;
	c->file_names.n++;
	return r == 0 ? judge_bytes(p, *ret) : 0;
}

static int parse_file(struct parser *p, uint32_t file, unsigned depth);

static int fault_unreadable(struct parser *p, const char *path, int error,
			    struct ipsec_conf_place place)
{
	if (error == -EISDIR)
		return ipsec_conf_find_fault(
			p->c, IPSEC_CONF_INCLUDE_UNREADABLE, IPSEC_CONF_FATAL, place, NULL,
			"%s is a folder: Libreswan ends there, and loads nothing at all\nMove it "
			"away, or give it a name that the include does not match.",
			path);
	return ipsec_conf_find_fault(
		p->c, IPSEC_CONF_INCLUDE_UNREADABLE, IPSEC_CONF_ERROR, place, NULL,
		"%s cannot be read, %s: this include ends there, and all of its later files are "
		"skipped without a word\nRemove the file or the dangling link, or make it "
		"readable.",
		path, strerror(-error));
}

static int include_files(struct parser *p, char **paths, size_t n, unsigned depth,
			 struct ipsec_conf_place place)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t file;
		int r;

		/* The first reading of a file is none; that of the main file is no inclusion. */
		if (p->n_inclusions + 1 >= MAX_AGAIN + p->c->files.n || p->n_bytes >= MAX_BYTES) {
			if (p->exhausted)
				return 0;
			p->exhausted = true;
			return ipsec_conf_find_fault(
				p->c, IPSEC_CONF_INCLUDE_DEPTH, IPSEC_CONF_FATAL, place, NULL,
				"files that include themselves, or too many of them: reading ends "
				"here\nRemove the include that goes round in a circle.");
		}
		p->n_inclusions++;
		r = intern_file(p, paths[i], &file);
		if (r < 0)
			return r;
		if (p->c->files.items[file].error < 0)
			return fault_unreadable(p, p->c->files.items[file].path,
						p->c->files.items[file].error, place);
		r = parse_file(p, file, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int include(struct parser *p, const char *pattern, struct ipsec_conf_place place,
		   unsigned depth)
{
	char **paths = NULL;
	size_t n = 0;
	int r;

	r = ARRAY_GROW(&p->c->patterns);
	if (r < 0)
		return r;
	p->c->patterns.items[p->c->patterns.n++] = pattern;

	r = p->source->glob(p->source->userdata, pattern, is_old(p), &paths, &n);
	if (r == -ENOMEM)
		return r;
	if (r == -ENOENT) {
		if (strchr(pattern, '*'))
			return 0;
		return ipsec_conf_find_fault(
			p->c, IPSEC_CONF_INCLUDE_NOTHING, IPSEC_CONF_WARNING, place, NULL,
			"include %s names no file, and is passed over\nCorrect "
			"the name or remove the line.",
			pattern);
	}
	if (r < 0)
		return ipsec_conf_find_fault(
			p->c, IPSEC_CONF_INCLUDE_NOTHING, IPSEC_CONF_WARNING, place, NULL,
			"a folder of include %s cannot be read, %s: the include is passed "
			"over\nMake the folder, or make it readable.",
			pattern, r == -ENOTDIR ? "there is none" : strerror(-r));

	if (depth + 1 >= MAX_DEPTH)
		r = ipsec_conf_find_fault(p->c, IPSEC_CONF_INCLUDE_DEPTH, IPSEC_CONF_WARNING, place,
					  NULL,
					  "include %s is more than %d files deep, and is passed "
					  "over\nInclude it from further out; does a file include "
					  "itself?",
					  pattern, MAX_DEPTH);
	else
		r = include_files(p, paths, n, depth, place);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
	return r;
}

/* ---- Lines ---- */

/* The rest of a header: one word and the end of the line. */
static int parse_header_word(struct parser *p, enum ipsec_token want, bool number_too,
			     size_t *ret_begin, size_t *ret_end, bool *ret_forever)
{
	enum ipsec_token type = ipsec_lex_next(&p->lex);
	int r;

	if (type != want && !(number_too && type == IPSEC_TOKEN_INTEGER)) {
		r = header_fault(p, type);
		return r < 0 ? r : 1;
	}
	*ret_begin = p->lex.token_begin;
	*ret_end = p->lex.token_end;
	*ret_forever = p->lex.form == IPSEC_FORM_FOREVER;
	type = ipsec_lex_next(&p->lex);
	if (type != IPSEC_TOKEN_EOL) {
		r = header_fault(p, type);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int parse_header(struct parser *p, enum ipsec_token type, unsigned depth)
{
	struct ipsec_conf_place place = place_of_line(p);
	bool begun = p->begun, forever = false;
	size_t begin = 0, end = 0;
	const char *pattern;
	int r;

	if (type == IPSEC_TOKEN_EOL) {
		/* A comment in the last line, or stray quotes: it ends the section. */
		p->open = NO_SECTION;
		return 0;
	}

	p->begun = true;
	switch (type) {
	case IPSEC_TOKEN_VERSION:
		if (begun)
			return header_fault(p, type);
		r = parse_header_word(p, IPSEC_TOKEN_STRING, true, &begin, &end, &forever);
		p->open = NO_SECTION;
		return r < 0 ? r : 0;
	case IPSEC_TOKEN_CONFIG:
		r = parse_header_word(p, IPSEC_TOKEN_SETUP, false, &begin, &end, &forever);
		if (r != 0)
			return r < 0 ? r : 0;
		return open_section(p, SECTION_SETUP, "");
	case IPSEC_TOKEN_CONN:
		r = parse_header_word(p, IPSEC_TOKEN_STRING, false, &begin, &end, &forever);
		if (r != 0)
			return r < 0 ? r : 0;
		return begin_conn(p, begin, end, forever);
	case IPSEC_TOKEN_INCLUDE:
		r = parse_header_word(p, IPSEC_TOKEN_STRING, false, &begin, &end, &forever);
		if (r != 0)
			return r < 0 ? r : 0;
		p->open = NO_SECTION;
		p->after_fault = false;
		pattern = forever ? "0" : arena_text(&p->c->arena, p->bytes + begin, end - begin);
		return pattern ? include(p, pattern, place, depth) : -ENOMEM;
	default:
		return header_fault(p, type);
	}
}

static int parse_line(struct parser *p, unsigned depth)
{
	enum ipsec_token type;

	if (ipsec_lex_is_blank(&p->lex))
		return 0;
	type = ipsec_lex_next(&p->lex);
	if (type == IPSEC_TOKEN_SPACES)
		return parse_statement(p);
	return parse_header(p, type, depth);
}

static int parse_file(struct parser *p, uint32_t file, unsigned depth)
{
	struct parser outer = *p;
	int r;

	p->file = file;
	p->bytes = p->c->files.items[file].bytes;
	p->len = p->c->files.items[file].len;
	p->next = 0;
	p->line = 0;
	p->n_bytes += p->len;
	while (p->next < p->len) {
		next_line(p);
		r = parse_line(p, depth);
		if (r < 0)
			return r;
	}
	/* At the end the scanner adds an end of line: for a last line without one it is that, and
	 * else an empty line, which ends the section. */
	if (p->len == 0 || p->bytes[p->len - 1] == '\n')
		p->open = NO_SECTION;

	p->file = outer.file;
	p->bytes = outer.bytes;
	p->len = outer.len;
	p->next = outer.next;
	p->line = outer.line;
	p->line_begin = outer.line_begin;
	return 0;
}

int ipsec_conf_parse(struct ipsec_conf *c, const char *path, const struct ipsec_conf_source *source)
{
	_cleanup_free_ struct seen_line *seen_keys = calloc(n_slots(), sizeof(*seen_keys));
	_cleanup_free_ struct seen_line *seen_fields = calloc(n_slots(), sizeof(*seen_fields));
	struct parser p = {
		.c = c,
		.source = source,
		.lex = { .version = c->version },
		.open = NO_SECTION,
		.seen = { seen_keys, seen_fields },
	};
	uint32_t file;
	int r;

	if (!seen_keys || !seen_fields)
		return -ENOMEM;
	r = intern_file(&p, path, &file);
	if (r < 0)
		return r;
	if (c->files.items[file].error < 0)
		return ipsec_conf_find_fault(c, IPSEC_CONF_MAIN_UNREADABLE, IPSEC_CONF_FATAL,
					     (struct ipsec_conf_place){ .file = file }, NULL,
					     "%s cannot be read, %s: Libreswan loads nothing at "
					     "all\nIs Libreswan installed, and do you have the "
					     "right to read it?",
					     path, strerror(-c->files.items[file].error));
	r = parse_file(&p, file, 0);
	c->final_state = p.lex.state;
	c->final_open = p.open != NO_SECTION;
	return r;
}
