/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec-conf-lex.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void ipsec_lex_line(struct ipsec_lex *lex, const char *text, size_t len, size_t position)
{
	const char *newline = memchr(text + position, '\n', len - position);

	lex->text = text;
	lex->position = position;
	lex->end = newline ? (size_t)(newline - text) : len;
	lex->newline = newline;
	lex->at_begin = true;
	lex->n_skipped = 0;
}

bool ipsec_lex_is_blank(const struct ipsec_lex *lex)
{
	size_t i = lex->position;

	if (!lex->newline || lex->state != IPSEC_LEX_INITIAL)
		return false;
	while (i < lex->end && is_blank(lex->text[i]))
		i++;
	return i == lex->end || lex->text[i] == '#';
}

/* The token is [begin, end) of the text; C strings end at a NUL, and so does it. */
static enum ipsec_token token(struct ipsec_lex *lex, enum ipsec_token type, size_t begin,
			      size_t end)
{
	const char *nul = memchr(lex->text + begin, '\0', end - begin);

	lex->outer_begin = lex->token_begin = begin;
	lex->outer_end = lex->position = end;
	lex->token_end = nul ? (size_t)(nul - lex->text) : end;
	lex->form = IPSEC_FORM_BARE;
	return type;
}

/* "…" or {…}: the last character of the C string goes, whatever it is. */
static enum ipsec_token enclosed(struct ipsec_lex *lex, size_t len, enum ipsec_form form)
{
	enum ipsec_token type = token(lex, IPSEC_TOKEN_STRING, lex->position, lex->position + len);

	lex->token_begin++;
	if (lex->token_end > lex->token_begin)
		lex->token_end--;
	lex->form = form;
	return type;
}

/* What ends a word, depending on where it stands. */
enum {
	CLASS_BLANK = 1 << 0,
	CLASS_QUOTE = 1 << 1,
	CLASS_BRACE = 1 << 2,
	CLASS_EQUAL = 1 << 3,
};

static const unsigned char classes[256] = {
	[' '] = CLASS_BLANK, ['\t'] = CLASS_BLANK, ['"'] = CLASS_QUOTE,
	['{'] = CLASS_BRACE, ['}'] = CLASS_BRACE,  ['='] = CLASS_EQUAL,
};

/* How far from the position on the line there is nothing of these classes. */
static size_t run(const struct ipsec_lex *lex, unsigned stop)
{
	size_t i = lex->position;

	while (i < lex->end && !(classes[(unsigned char)lex->text[i]] & stop))
		i++;
	return i - lex->position;
}

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len > 0;
}

static bool word_is(const struct ipsec_lex *lex, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(lex->text + lex->position, word, len) == 0;
}

static enum ipsec_token lex_value(struct ipsec_lex *lex)
{
	const char *s = lex->text + lex->position;
	size_t left = lex->end - lex->position;
	size_t bare = run(lex, CLASS_QUOTE | CLASS_BLANK);
	size_t unbraced = run(lex, CLASS_BRACE | CLASS_BLANK);
	size_t longest = bare > unbraced ? bare : unbraced;
	const char *close = NULL;

	lex->state = IPSEC_LEX_INITIAL;

	/* The numbers' rules come before the others: as long is long enough. */
	if (longest == strlen("%forever") && memcmp(s, "%forever", longest) == 0) {
		token(lex, IPSEC_TOKEN_STRING, lex->position, lex->position + longest);
		lex->form = IPSEC_FORM_FOREVER;
		return lex->version.major >= 5 ? IPSEC_TOKEN_STRING : IPSEC_TOKEN_INTEGER;
	}
	if (lex->version.major < 5 && is_digits(s, longest))
		return token(lex, IPSEC_TOKEN_INTEGER, lex->position, lex->position + longest);

	if (s[0] == '"') {
		close = memchr(s + 1, '"', left - 1);
	} else if (s[0] == '{') {
		const char *quote = memchr(s, '"', left);

		close = memrchr(s + 1, '}', (quote ? (size_t)(quote - s) : left) - 1);
	}
	if (close && (size_t)(close - s) + 1 >= longest)
		return enclosed(lex, (size_t)(close - s) + 1,
				s[0] == '"' ? IPSEC_FORM_QUOTED : IPSEC_FORM_BRACED);
	return token(lex, IPSEC_TOKEN_STRING, lex->position, lex->position + longest);
}

/* 4.x: the first of these words, the longest where two begin; what stands before is passed over. */
static bool lex_bool(struct ipsec_lex *lex)
{
	static const char *const words[] = { "false", "true", "yes", "off", "on", "no", "y", "n" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if (len <= lex->end - lex->position && word_is(lex, len, words[i])) {
			token(lex, IPSEC_TOKEN_BOOLEAN, lex->position, lex->position + len);
			lex->state = IPSEC_LEX_INITIAL;
			return true;
		}
	}
	return false;
}

/* A word that is none of the grammar's own. */
static enum ipsec_token lex_key(struct ipsec_lex *lex, size_t len)
{
	bool old = lex->version.major < 5;
	const char *s = lex->text + lex->position;

	token(lex, IPSEC_TOKEN_KEY, lex->position, lex->position + len);
	len = lex->token_end - lex->token_begin;

	if (len > (old ? 1 : 2) && (s[0] == 'x' || s[0] == 'X') && (s[1] == '-' || s[1] == '_')) {
		lex->state = IPSEC_LEX_COMMENT_KEY;
		return IPSEC_TOKEN_COMMENT_KEY;
	}
	lex->state = IPSEC_LEX_KEY;
	if (!ipsec_key_find(lex->version, s, len, &lex->key, &lex->key_end))
		return old ? IPSEC_TOKEN_STRING : IPSEC_TOKEN_UNKNOWN;
	if (ipsec_key_kind(lex->version, &ipsec_keys[lex->key]) == IPSEC_KEY_BOOL)
		lex->state = IPSEC_LEX_BOOL_KEY;
	return IPSEC_TOKEN_KEY;
}

static enum ipsec_token lex_word(struct ipsec_lex *lex, size_t len)
{
	bool old = lex->version.major < 5;
	static const struct {
		const char *word;
		enum ipsec_token type;
		enum ipsec_lex_state state[2]; /* what follows, in 4.x and in 5.x */
	} words[] = {
		{ "version", IPSEC_TOKEN_VERSION, { IPSEC_LEX_INITIAL, IPSEC_LEX_VALUE } },
		{ "config", IPSEC_TOKEN_CONFIG, { IPSEC_LEX_INITIAL, IPSEC_LEX_INITIAL } },
		{ "setup", IPSEC_TOKEN_SETUP, { IPSEC_LEX_INITIAL, IPSEC_LEX_INITIAL } },
		{ "conn", IPSEC_TOKEN_CONN, { IPSEC_LEX_VALUE, IPSEC_LEX_VALUE } },
		{ "include", IPSEC_TOKEN_INCLUDE, { IPSEC_LEX_INITIAL, IPSEC_LEX_VALUE } },
	};

	if (old && is_digits(lex->text + lex->position, len))
		return token(lex, IPSEC_TOKEN_INTEGER, lex->position, lex->position + len);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (word_is(lex, len, words[i].word)) {
			lex->state = words[i].state[!old];
			return token(lex, words[i].type, lex->position, lex->position + len);
		}
	}
	return lex_key(lex, len);
}

/* The initial state. Returns false when something was passed over, and there is more to see. */
static bool lex_initial(struct ipsec_lex *lex, bool at_begin, enum ipsec_token *ret)
{
	char c = lex->text[lex->position];
	size_t n;

	if (is_blank(c)) {
		n = lex->position;
		while (n < lex->end && is_blank(lex->text[n]))
			n++;
		if (at_begin) {
			*ret = token(lex, IPSEC_TOKEN_SPACES, lex->position, n);
			return true;
		}
		lex->position = n;
		return false;
	}
	if (c == '=') {
		lex->state = IPSEC_LEX_VALUE;
		*ret = token(lex, IPSEC_TOKEN_EQUAL, lex->position, lex->position + 1);
		return true;
	}

	n = run(lex, CLASS_QUOTE | CLASS_EQUAL | CLASS_BLANK);
	/* A comment is one only where it is longer than the word that it would be. */
	if (c == '#' && lex->end - lex->position > n) {
		lex->position = lex->end;
		return false;
	}
	if (n == 0) {
		lex->n_skipped++;
		lex->position++;
		return false;
	}
	*ret = lex_word(lex, n);
	return true;
}

static enum ipsec_token lex_end(struct ipsec_lex *lex)
{
	enum ipsec_lex_state state = lex->state;

	token(lex, IPSEC_TOKEN_EOL, lex->end, lex->end);
	lex->form = IPSEC_FORM_EMPTY;
	if (!lex->newline)
		return IPSEC_TOKEN_EOL; /* the state stays, into the next file even */
	if (state == IPSEC_LEX_COMMENT_VALUE && lex->version.major < 5)
		return IPSEC_TOKEN_CONTINUE;
	lex->state = IPSEC_LEX_INITIAL;
	return IPSEC_TOKEN_EOL;
}

enum ipsec_token ipsec_lex_next(struct ipsec_lex *lex)
{
	bool at_begin = lex->at_begin;
	enum ipsec_token type;

	lex->at_begin = false;
	while (lex->position < lex->end) {
		char c = lex->text[lex->position];

		switch (lex->state) {
		case IPSEC_LEX_INITIAL:
			if (lex_initial(lex, at_begin, &type))
				return type;
			at_begin = false;
			continue;
		case IPSEC_LEX_KEY:
		case IPSEC_LEX_BOOL_KEY:
		case IPSEC_LEX_COMMENT_KEY:
			if (c != '=')
				break; /* passed over, whatever it is */
			lex->state += IPSEC_LEX_VALUE - IPSEC_LEX_KEY;
			return token(lex, IPSEC_TOKEN_EQUAL, lex->position, lex->position + 1);
		case IPSEC_LEX_VALUE:
			if (is_blank(c))
				break;
			return lex_value(lex);
		case IPSEC_LEX_BOOL_VALUE:
			if (lex_bool(lex))
				return IPSEC_TOKEN_BOOLEAN;
			break;
		case IPSEC_LEX_COMMENT_VALUE:
			lex->state = IPSEC_LEX_INITIAL;
			return token(lex, IPSEC_TOKEN_STRING, lex->position, lex->end);
		}
		lex->position++;
	}
	return lex_end(lex);
}

bool ipsec_conf_include_path(struct libreswan_version version, const char *bytes, size_t len,
			     size_t line, size_t *ret)
{
	static const char word[] = "include";
	const size_t word_len = sizeof(word) - 1;
	struct ipsec_lex lex = { .version = version };
	bool is_include;

	/* Nearly all lines are none. */
	if (len - line <= word_len || memcmp(bytes + line, word, word_len) != 0)
		return false;
	ipsec_lex_line(&lex, bytes, len, line);
	is_include = ipsec_lex_next(&lex) == IPSEC_TOKEN_INCLUDE &&
		     ipsec_lex_next(&lex) == IPSEC_TOKEN_STRING;
	if (is_include)
		*ret = lex.token_begin;
	return is_include;
}
