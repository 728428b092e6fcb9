/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Libreswan's configuration: a lossless reading of ipsec.conf and of all that it includes, as
 * pluto's own parser reads it, and edits of one key that leave every other byte alone.
 *
 * Everything here works on texts that a caller hands in through struct ipsec_conf_source: nothing
 * is opened, run or waited for. All strings that are handed out belong to the set and live as long
 * as it does, unless said otherwise. A set never changes once it is loaded.
 *
 * Where the facts come from: lib/libipsecconf/parser.lex, parser.y, confread.c and keywords.c of
 * Libreswan 5.2, the parsers of 4.10 and 5.2 as Debian ships them, asked by experiment, and
 * ipsec.conf(5) of both. Where they differ, the version that the set was loaded for decides.
 */

/* The version of Libreswan whose rules apply. */
struct libreswan_version {
	unsigned major;
	unsigned minor;
};

/*
 * libreswan_version_parse() - finds the version in what "ipsec --version" prints
 * @text: e.g. "Libreswan 4.10", "Linux Libreswan 5.2 (XFRM) on 6.1.0-18-amd64", "4.10"
 *
 * Return: 0; -EINVAL when there is none.
 */
int libreswan_version_parse(const char *text, struct libreswan_version *ret) _must_check_;

/* True when @v is @major.@minor or later. */
static inline bool libreswan_at_least(struct libreswan_version v, unsigned major, unsigned minor)
{
	return v.major > major || (v.major == major && v.minor >= minor);
}

/*
 * How a set gets its texts. Both functions are called while the set is loaded, in pluto's order.
 */
struct ipsec_conf_source {
	/*
	 * glob() - the files that an include statement names
	 * @pattern: as it stands in the file, e.g. "/etc/ipsec.d/X.conf" with wildcards
	 * @braces:  whether {a,b} is to be expanded (GLOB_BRACE; 4.x only)
	 *
	 * The result is in the order of the C locale, from malloc(), and so is each path in it;
	 * it becomes the set's.
	 *
	 * Return: 0; -ENOENT when nothing matches; another negative errno when a folder on the
	 * way cannot be read. -ENOMEM ends the loading.
	 */
	int (*glob)(void *userdata, const char *pattern, bool braces, char ***ret_paths,
		    size_t *ret_n);
	/*
	 * read_file() - the bytes of one file
	 * @path: the path of the main file, or one that glob() gave
	 *
	 * The bytes are from malloc() and become the set's.
	 *
	 * Return: 0; a negative errno when it cannot be read (-EISDIR for a folder), which is a
	 * finding and not a failure of the loading; -ENOMEM, which is.
	 */
	int (*read_file)(void *userdata, const char *path, char **ret_bytes, size_t *ret_len);
	void *userdata;
};

struct ipsec_conf;

/*
 * ipsec_conf_load() - reads a whole configuration
 * @path:    the main file, e.g. "/etc/ipsec.conf"
 * @version: the rules that apply
 * @source:  where the texts come from
 *
 * A configuration that pluto would refuse is loaded all the same, as far as it can be made sense
 * of: see ipsec_conf_findings(). Time and memory are linear in the input, but for files that
 * include themselves, which pluto reads many times: when files were read 5,000 times over, reading
 * ends with a finding.
 *
 * Return: 0; -ENOMEM.
 */
int ipsec_conf_load(const char *path, struct libreswan_version version,
		    const struct ipsec_conf_source *source, struct ipsec_conf **ret) _must_check_;

/* ipsec_conf_free() - frees a set and all that it handed out */
struct ipsec_conf *ipsec_conf_free(struct ipsec_conf *conf);
DEFINE_CLEANUP(struct ipsec_conf, ipsec_conf_free)

struct libreswan_version ipsec_conf_version(const struct ipsec_conf *conf);

/* ---- Files ---- */

struct ipsec_conf_file {
	const char *path;  /* as pluto names it */
	const char *bytes; /* NUL follows, but there may be others in it */
	size_t len;
	int error; /* negative errno when it could not be read; then there are no bytes */
	unsigned n_inclusions; /* how many times it is read: 1 but for odd configurations */
};

/* The files in the order in which they are first read; the main file is number 0. */
size_t ipsec_conf_n_files(const struct ipsec_conf *conf);
const struct ipsec_conf_file *ipsec_conf_file(const struct ipsec_conf *conf, size_t i);

/* The include statements' patterns; a temporary file must match none of them. */
size_t ipsec_conf_n_patterns(const struct ipsec_conf *conf);
const char *ipsec_conf_pattern(const struct ipsec_conf *conf, size_t i);

/*
 * ipsec_conf_include_path() - where in a line the pattern of an include statement is
 * @line: offset of the line's first byte
 *
 * For making a copy of a set that includes files elsewhere.
 *
 * Return: true, and the offset of the pattern's first character in @ret; false when the line is no
 * include statement.
 */
bool ipsec_conf_include_path(struct libreswan_version version, const char *bytes, size_t len,
			     size_t line, size_t *ret);

/* A place in the set: file number, line and column from 1 (in bytes); line 0 when there is none. */
struct ipsec_conf_place {
	size_t file;
	unsigned line;
	unsigned column;
};

/* ---- Findings ---- */

enum ipsec_conf_code {
	IPSEC_CONF_SYNTAX, /* not Libreswan's grammar: nothing of the set is loaded */
	IPSEC_CONF_BYTES,  /* CR, NUL, a byte order mark: read in surprising ways, or refused */
	IPSEC_CONF_UNKNOWN_KEY,        /* nothing of the set is loaded, or the line is ignored */
	IPSEC_CONF_BAD_VALUE,          /* a value that this version's key does not take */
	IPSEC_CONF_IGNORED,            /* a line that this version leaves out */
	IPSEC_CONF_MAIN_UNREADABLE,    /* the main file */
	IPSEC_CONF_INCLUDE_NOTHING,    /* an include without a file */
	IPSEC_CONF_INCLUDE_UNREADABLE, /* a member cannot be read: all later ones are skipped */
	IPSEC_CONF_INCLUDE_DEPTH,   /* more than ten files deep, or a file that includes itself */
	IPSEC_CONF_DUPLICATE_CONN,  /* the same name twice */
	IPSEC_CONF_DUPLICATE_KEY,   /* the same key twice in a section */
	IPSEC_CONF_ALSO_MISSING,    /* also= names no conn */
	IPSEC_CONF_ALSO_CONFLICT,   /* also= brings a second value for a key */
	IPSEC_CONF_ALSO_IN_DEFAULT, /* also= in conn %default */
	_IPSEC_CONF_CODE_MAX,
};

enum ipsec_conf_severity {
	IPSEC_CONF_NOTE,    /* worth knowing */
	IPSEC_CONF_WARNING, /* pluto does something other than what the text seems to say */
	IPSEC_CONF_ERROR,   /* a conn, a file or everything is not loaded */
	IPSEC_CONF_FATAL,   /* nothing of the set is loaded, and no edit is made */
};

/* A stable lower-case word, e.g. "also-conflict"; NULL for a number out of range. */
const char *ipsec_conf_code_name(enum ipsec_conf_code code);
const char *ipsec_conf_severity_name(enum ipsec_conf_severity severity);

struct ipsec_conf_finding {
	enum ipsec_conf_code code;
	enum ipsec_conf_severity severity;
	struct ipsec_conf_place place;
	const char *conn;   /* the conn in question; NULL when it is none in particular */
	const char *text;   /* what was seen, and what it does */
	const char *remedy; /* what to do */
};

/* In the order in which they were come upon. */
size_t ipsec_conf_n_findings(const struct ipsec_conf *conf);
const struct ipsec_conf_finding *ipsec_conf_finding(const struct ipsec_conf *conf, size_t i);

/* True when some finding is fatal: pluto would load nothing, and every edit is refused. */
bool ipsec_conf_is_broken(const struct ipsec_conf *conf);

/* ---- Conns ---- */

struct ipsec_conf_conn {
	size_t i; /* its own number */
	const char *name;
	struct ipsec_conf_place place; /* of its header */
	unsigned n_definitions;        /* of this name in the set; more than one is a trap */
	size_t first;                  /* the number of the first conn of this name */
};

/* All definitions in pluto's order, "conn %default" left out: addconn --listall says the same. */
size_t ipsec_conf_n_conns(const struct ipsec_conf *conf);
const struct ipsec_conf_conn *ipsec_conf_conn(const struct ipsec_conf *conf, size_t i);

/* The first definition of a name (case matters); NULL when there is none. In constant time. */
const struct ipsec_conf_conn *ipsec_conf_find(const struct ipsec_conf *conf, const char *name);

/*
 * ipsec_conf_match() - the next conn whose name is, or matches, a pattern
 * @pattern: a name, or a pattern of fnmatch(3)
 * @after:   the conn found before; NULL to begin
 *
 * Later definitions of a name that was there already are skipped. A pattern that is exactly the
 * name of a conn stands for that conn alone, even with wildcards in it.
 */
const struct ipsec_conf_conn *ipsec_conf_match(const struct ipsec_conf *conf, const char *pattern,
					       const struct ipsec_conf_conn *after);

/*
 * ipsec_conf_nm_owned() - tells whether NetworkManager made a conn
 *
 * Such a conn has nm-configured=yes, or bears a profile's UUID as its name.
 */
bool ipsec_conf_nm_owned(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn);

/*
 * ipsec_conf_loaded_names() - the names under which pluto knows a conn
 *
 * That is its own name, or with leftsubnets= or rightsubnets= one name for each pair of subnets:
 * name/1x1, name/1x2, … The array ends in NULL; free each string and the array.
 *
 * Return: 0; -ENOMEM; -E2BIG for more than 65,536 of them.
 */
int ipsec_conf_loaded_names(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn,
			    char ***ret) _must_check_;

/* ---- Values ---- */

enum ipsec_conf_origin {
	IPSEC_CONF_UNSET,   /* nowhere, and no built-in value is known: Libreswan decides */
	IPSEC_CONF_BUILTIN, /* this version's built-in value, from the manual page and sources */
	IPSEC_CONF_CRYPTO_POLICY, /* conn %default in a file of the system-wide crypto policy */
	IPSEC_CONF_DEFAULT,       /* conn %default */
	IPSEC_CONF_ALSO,          /* through also=, at the same strength as own keys */
	IPSEC_CONF_OWN,           /* the conn's own section */
};

/* "unset", "built-in", "crypto-policy", "default", "also", "own" */
const char *ipsec_conf_origin_name(enum ipsec_conf_origin origin);

struct ipsec_conf_value {
	const char *key; /* lower case, the name that this version documents: esp for phase2alg */
	const char *spelled; /* the key as it stands in the file; NULL where it stands nowhere */
	const char *value;   /* without quotes; NULL for IPSEC_CONF_UNSET */
	enum ipsec_conf_origin origin;
	const char *section; /* the section that it stands in: a conn's name or "%default" */
	struct ipsec_conf_place place; /* of the key */
	/* For IPSEC_CONF_ALSO: the also= lines that led there, outermost first. */
	const struct ipsec_conf_place *via;
	size_t n_via;
	/* A second, different value of the same strength: pluto rejects the conn, or by version
	 * and way of loading takes one of them. @place is of the one that start-up takes. */
	bool conflict;
	struct ipsec_conf_place other; /* of the second value, when there is a conflict */
	const char *other_value;
};

/*
 * ipsec_conf_key() - the documented name of a key
 * @key: in any case, an alias, or with left- and right- spelled apart
 *
 * Return: the name (it belongs to the set), e.g. "esp" for "Phase2Alg", "leftid" for "left-id";
 * NULL when the version of the set has no such key for a conn, for obsolete ones, and for also=.
 */
const char *ipsec_conf_key(struct ipsec_conf *conf, const char *key);

/*
 * ipsec_conf_effective() - the value of a key that a conn ends up with
 *
 * Keys with several values (leftsubnets=, connalias=) have all of them, joined by blanks, and the
 * place of the first.
 *
 * Return: 0, with @ret filled (its strings belong to the set; origin UNSET when there is no
 * value); -EINVAL when the version has no such key; -ENOMEM.
 */
int ipsec_conf_effective(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn,
			 const char *key, struct ipsec_conf_value *ret) _must_check_;

/*
 * ipsec_conf_effective_all() - all values of a conn that stand somewhere or are built in
 *
 * In the order own, also, default, crypto policy, built-in; within one origin as they stand in
 * the files. Free the array with free().
 *
 * Return: 0; -ENOMEM.
 */
int ipsec_conf_effective_all(struct ipsec_conf *conf, const struct ipsec_conf_conn *conn,
			     struct ipsec_conf_value **ret, size_t *ret_n) _must_check_;

/*
 * ipsec_conf_setup_value() - what config setup says of a key
 * @key: in any case, or an alias
 *
 * Return: the value, without quotes, that stands last (it belongs to the set); NULL where none
 * does, the version has no such key, or memory lacks.
 */
const char *ipsec_conf_setup_value(struct ipsec_conf *conf, const char *key);

/*
 * ipsec_conf_same_value() - tells whether two values of a key mean the same
 *
 * Equal bytes; for keys of words, equal but for case, and yes = true = on = y, no = false = off =
 * n; for nic-offload in 5.x, yes = crypto.
 */
bool ipsec_conf_same_value(struct libreswan_version version, const char *key, const char *a,
			   const char *b);

/* ---- Edits ---- */

/* One key to set; or, with @value NULL, one to take out of the conn. */
struct ipsec_conf_change {
	const char *key;
	const char *value;
};

enum ipsec_conf_refusal {
	IPSEC_CONF_REFUSED_NOT,     /* not refused */
	IPSEC_CONF_REFUSED_NO_CONN, /* the name is matched by nothing */
	IPSEC_CONF_REFUSED_BROKEN,  /* a fatal finding somewhere in the set */
	IPSEC_CONF_REFUSED_BYTES,   /* CR, NUL or a byte order mark in the file */
	IPSEC_CONF_REFUSED_DUPLICATE_CONN,
	IPSEC_CONF_REFUSED_DUPLICATE_KEY,
	IPSEC_CONF_REFUSED_ALSO_CONFLICT, /* there already, or the edit would make one */
	IPSEC_CONF_REFUSED_SHARED, /* the value stands in an also= target that others use too, or
				    * other conns take this one's keys by also= */
	IPSEC_CONF_REFUSED_NM_OWNED,
	IPSEC_CONF_REFUSED_KEY,    /* unknown, not for a conn, or also= */
	IPSEC_CONF_REFUSED_VALUE,  /* cannot be written, or is not one that the key takes */
	IPSEC_CONF_REFUSED_REREAD, /* the new text would not read as meant */
	_IPSEC_CONF_REFUSED_MAX,
};

/* A stable lower-case word, e.g. "duplicate-conn". */
const char *ipsec_conf_refusal_name(enum ipsec_conf_refusal refusal);

struct ipsec_conf_edit {
	/* Where to, and what: for IPSEC_CONF_PLANNED. The old bytes are those of the file. */
	size_t file;
	const char *path;
	char *bytes;
	size_t len;
	char *diff;                    /* unified, with three lines of context */
	struct ipsec_conf_place place; /* where the first change is, or what the refusal is about */
	/* For IPSEC_CONF_REFUSED. */
	enum ipsec_conf_refusal refusal;
	char *reason; /* why, and where: FILE:LINE is in it */
	char *remedy; /* what to do */
	/* Worth saying, whatever became of it; NULL for nothing. */
	char *note;
};

enum ipsec_conf_planned {
	IPSEC_CONF_PLANNED = 0, /* there is something to write */
	IPSEC_CONF_ALREADY = 1, /* the set says so already: nothing to write */
	IPSEC_CONF_REFUSED = 2, /* it cannot be done safely: see refusal, reason and remedy */
};

/*
 * ipsec_conf_plan() - plans an edit of one conn
 * @name:    the conn's name, exactly
 * @changes: what to set or take out, each key once
 *
 * A key that stands in the conn's own section is changed in place, and its line keeps comment,
 * spacing and quoting; so is one in an also= target that nobody else uses. Else one line is added
 * to the section, in its own indentation. Taking a key out removes its line. A key that has the
 * value already, from wherever it comes but the built-in ones, needs nothing. The new text is read
 * again, and means the same but for those keys.
 *
 * Return: one of enum ipsec_conf_planned, with @ret to be freed; -EINVAL for no change at all or a
 * key that comes twice; -ENOMEM.
 */
int ipsec_conf_plan(struct ipsec_conf *conf, const char *name,
		    const struct ipsec_conf_change *changes, size_t n_changes,
		    struct ipsec_conf_edit **ret) _must_check_;

/*
 * ipsec_conf_plan_crypto_policy() - plans to leave the system-wide crypto policy, or to return to
 * it
 * @on: false: each line of the first file that includes a file of /etc/crypto-policies becomes a
 *      comment; true: the first such comment becomes a line again
 *
 * Return: as ipsec_conf_plan(). With @on and no such comment it is refused; without @on, when the
 * policy would stay in force through a line of another file, which @ret names, or one that is not
 * seen to include it.
 */
int ipsec_conf_plan_crypto_policy(struct ipsec_conf *conf, bool on,
				  struct ipsec_conf_edit **ret) _must_check_;

struct ipsec_conf_edit *ipsec_conf_edit_free(struct ipsec_conf_edit *edit);
DEFINE_CLEANUP(struct ipsec_conf_edit, ipsec_conf_edit_free)
