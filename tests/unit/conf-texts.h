/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fnmatch.h>

#include "ipsec-conf.h"
#include "text.h"
#include "unit.h"

/* Configurations from texts in memory, in place of a file system. */

struct text_file {
	const char *path;
	const char *bytes; /* NULL: cannot be read */
	int error;
	size_t len; /* 0: up to the NUL */
};

static const struct libreswan_version v4 = { 4, 10 };
static const struct libreswan_version v5 = { 5, 2 };

struct texts {
	const struct text_file *files; /* sorted by path, ends in an empty one */
	const char *main_text;
	size_t main_len;
};

static inline int texts_glob(void *userdata, const char *pattern, bool braces _unused_,
			     char ***ret_paths, size_t *ret_n)
{
	const struct texts *texts = userdata;
	char **paths = calloc(64, sizeof(*paths));
	size_t n = 0;

	for (const struct text_file *f = texts->files; f && f->path; f++)
		if (fnmatch(pattern, f->path, FNM_PATHNAME | FNM_PERIOD) == 0)
			paths[n++] = strdup(f->path);
	if (streq(pattern, "/etc/ipsec.conf"))
		paths[n++] = strdup(pattern);
	if (n == 0) {
		free(paths);
		return -ENOENT;
	}
	*ret_paths = paths;
	*ret_n = n;
	return 0;
}

static inline int texts_read(void *userdata, const char *path, char **ret_bytes, size_t *ret_len)
{
	const struct texts *texts = userdata;
	const char *bytes = texts->main_text;
	size_t len = texts->main_len;

	for (const struct text_file *f = texts->files; f && f->path; f++) {
		if (!streq(f->path, path))
			continue;
		if (!f->bytes)
			return f->error ? f->error : -ENOENT;
		bytes = f->bytes;
		len = f->len ? f->len : strlen(f->bytes);
	}
	*ret_bytes = malloc(len + 1);
	memcpy(*ret_bytes, bytes, len);
	*ret_len = len;
	return 0;
}

static inline struct ipsec_conf *conf_of_bytes(struct libreswan_version version, const char *text,
					       size_t len, const struct text_file *files)
{
	struct texts texts = { files, text, len };
	struct ipsec_conf_source source = { texts_glob, texts_read, &texts };
	struct ipsec_conf *conf = NULL;

	ck_assert_int_eq(ipsec_conf_load("/etc/ipsec.conf", version, &source, &conf), 0);
	return conf;
}

static inline struct ipsec_conf *conf_of_files(struct libreswan_version version, const char *text,
					       const struct text_file *files)
{
	return conf_of_bytes(version, text, strlen(text), files);
}

static inline struct ipsec_conf *conf_of(struct libreswan_version version, const char *text)
{
	return conf_of_files(version, text, NULL);
}

#define _cleanup_conf_ _cleanup_(ipsec_conf_freep)

/* The names as addconn --listall prints them, or "-" for a set of which nothing is loaded. */
static inline char *names_of(const struct ipsec_conf *conf)
{
	struct text text = TEXT_NULL;
	char *names = NULL;

	if (ipsec_conf_is_broken(conf))
		return strdup("-");
	for (size_t i = 0; i < ipsec_conf_n_conns(conf); i++)
		text_printf(&text, "%s%s", i ? " " : "", ipsec_conf_conn(conf, i)->name);
	ck_assert_int_eq(text_take(&text, &names), 0);
	return names;
}

static inline const struct ipsec_conf_finding *finding_of(const struct ipsec_conf *conf,
							  enum ipsec_conf_code code)
{
	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++)
		if (ipsec_conf_finding(conf, i)->code == code)
			return ipsec_conf_finding(conf, i);
	return NULL;
}

/* The value of a key, "" for none; as the conn has it. */
static inline struct ipsec_conf_value value_of(struct ipsec_conf *conf, const char *conn,
					       const char *key)
{
	const struct ipsec_conf_conn *c = ipsec_conf_find(conf, conn);
	struct ipsec_conf_value value;

	ck_assert_msg(c, "no conn %s", conn);
	ck_assert_int_eq(ipsec_conf_effective(conf, c, key, &value), 0);
	if (!value.value)
		value.value = "";
	return value;
}
