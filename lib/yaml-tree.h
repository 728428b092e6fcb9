/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * A YAML document as a tree whose nodes know where they stand. Built from libyaml's events rather
 * than by its own loader, which recurses without a limit in the versions before 0.2.3, and follows
 * aliases wherever they lead.
 */

enum yaml_kind {
	YAML_KIND_SCALAR,
	YAML_KIND_LIST,
	YAML_KIND_MAP,
};

struct yaml_node {
	enum yaml_kind kind;
	unsigned int line;   /* from 1 */
	unsigned int column; /* from 1, in characters */
	char *tag;           /* written by the author, else NULL */

	/* Of a scalar: NUL follows, but there may be others in it. */
	char *value;
	size_t len;
	bool plain; /* written without quotes */

	/* Of a list, numbers of nodes; of a map, of a key and its value by turns. An alias stands
	 * here as the number of the node that it means, so that a node may have several parents. */
	size_t *items;
	size_t n;
	size_t alloc;
};

struct yaml_tree {
	struct yaml_node *items; /* the root is number 0 */
	size_t n;                /* 0: the text holds no document */
	size_t alloc;
};

#define YAML_TREE_NULL ((struct yaml_tree){ 0 })

/* Why a text is no document, and where. */
struct yaml_fault {
	unsigned int line;   /* from 1; 0: nowhere in particular */
	unsigned int column; /* from 1 */
	char message[160];
	const char *hint; /* of static storage, or NULL */
};

/* More of anything than this is refused: no policy needs it, and an alias can stand for much. */
enum {
	YAML_DEPTH_MAX = 16,
	YAML_NODES_MAX = 200000,
	YAML_ANCHORS_MAX = 256,
};

/*
 * yaml_tree_load() - reads the one document of a text
 *
 * Return: 0 and the document in @ret (to be freed with yaml_tree_done()); -EBADMSG and the reason
 * in @ret_fault; -ENOMEM.
 */
int yaml_tree_load(const char *bytes, size_t len, struct yaml_fault *ret_fault,
		   struct yaml_tree *ret);

void yaml_tree_done(struct yaml_tree *t);

/* For a local struct yaml_tree. */
#define _cleanup_yaml_tree_ _cleanup_(yaml_tree_done)

/*
 * yaml_line() - the text of a line as libyaml counts them
 * @line: from 1
 *
 * Return: true with the line, without its line break, in @ret and @ret_len; false when there is no
 * such line.
 */
bool yaml_line(const char *bytes, size_t len, unsigned int line, const char **ret, size_t *ret_len);
