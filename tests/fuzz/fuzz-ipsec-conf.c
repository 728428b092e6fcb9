/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "ipsec-conf.h"

/*
 * Any bytes as a configuration: the first byte chooses the version, the edit and the conn, the rest
 * is the main file and, after each 0xff, one more file in /d. Whatever they are: reading keeps
 * every byte; an edit touches nothing but its line, and there is nothing left to do when it is done
 * again; a line that was added goes away without a trace.
 */

#define MAX_FILES 8

/*
 * Files that include each other are read thousands of times until that is given up, in which the
 * first few show all that there is, up to the deepest: of more includes nothing is found.
 */
#define MAX_INCLUDES 12

/* All values of so many conns are looked at: of more nothing is found either. */
#define MAX_CONNS 8

static unsigned int n_includes; /* since the set was last begun */

struct input {
	struct libreswan_version version;
	const uint8_t *files[MAX_FILES];
	size_t lens[MAX_FILES];
	size_t n;
	/* In the place of one of them. */
	size_t edited;
	const char *bytes;
	size_t len;
};

static int input_glob(void *userdata, const char *pattern, bool braces, char ***ret_paths,
		      size_t *ret_n)
{
	const struct input *input = userdata;
	char **paths;

	(void)braces;
	if (pattern[0] != '/' || input->n < 2 || ++n_includes > MAX_INCLUDES)
		return pattern[0] == '!' ? -EACCES : -ENOENT;
	paths = calloc(input->n, sizeof(*paths));
	FUZZ_CHECK(paths != NULL);
	for (size_t i = 1; i < input->n; i++) {
		paths[i - 1] = strdup("/d/0");
		FUZZ_CHECK(paths[i - 1] != NULL);
		paths[i - 1][3] = (char)('0' + i);
	}
	*ret_paths = paths;
	*ret_n = input->n - 1;
	return 0;
}

static int input_read(void *userdata, const char *path, char **ret_bytes, size_t *ret_len)
{
	const struct input *input = userdata;
	size_t i = path[1] == 'd' ? (size_t)(path[3] - '0') : 0;
	const char *bytes = (const char *)input->files[i];
	size_t len = input->lens[i];

	if (input->bytes && input->edited == i) {
		bytes = input->bytes;
		len = input->len;
	}
	if (len == 1 && bytes[0] == '!')
		return -ENOENT;
	*ret_bytes = malloc(len + 1);
	FUZZ_CHECK(*ret_bytes != NULL);
	if (len > 0)
		memcpy(*ret_bytes, bytes, len);
	*ret_len = len;
	return 0;
}

static struct ipsec_conf *read_input(struct input *input)
{
	struct ipsec_conf_source source = { input_glob, input_read, input };
	struct ipsec_conf *conf = NULL;

	n_includes = 0;
	FUZZ_CHECK(ipsec_conf_load("/main", input->version, &source, &conf) == 0);
	return conf;
}

static size_t file_of(const struct ipsec_conf *conf, size_t i)
{
	const char *path = ipsec_conf_file(conf, i)->path;

	return path[1] == 'd' ? (size_t)(path[3] - '0') : 0;
}

static void check_bytes(const struct input *input, const struct ipsec_conf *conf)
{
	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++) {
		const struct ipsec_conf_file *file = ipsec_conf_file(conf, i);
		size_t n = file_of(conf, i);

		if (file->error < 0)
			continue;
		FUZZ_CHECK(file->len == input->lens[n]);
		FUZZ_CHECK(file->len == 0 || memcmp(file->bytes, input->files[n], file->len) == 0);
	}
}

static void check_place(const struct ipsec_conf *conf, struct ipsec_conf_place place)
{
	const struct ipsec_conf_file *file = ipsec_conf_file(conf, place.file);
	size_t n_lines = 1;

	if (place.line == 0)
		return;
	FUZZ_CHECK(file != NULL);
	for (size_t i = 0; i < file->len; i++)
		n_lines += file->bytes[i] == '\n';
	FUZZ_CHECK(place.line <= n_lines);
	FUZZ_CHECK(place.column <= file->len + 1);
}

static void look_at(struct ipsec_conf *conf)
{
	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++)
		check_place(conf, ipsec_conf_finding(conf, i)->place);
	for (size_t i = 0; i < ipsec_conf_n_conns(conf) && i < MAX_CONNS; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(conf, i);
		struct ipsec_conf_value *values;
		char **names = NULL;
		size_t n;

		check_place(conf, conn->place);
		FUZZ_CHECK(ipsec_conf_find(conf, conn->name) == ipsec_conf_conn(conf, conn->first));
		FUZZ_CHECK(ipsec_conf_effective_all(conf, conn, &values, &n) == 0);
		for (size_t j = 0; j < n; j++) {
			FUZZ_CHECK(values[j].value != NULL);
			check_place(conf, values[j].place);
		}
		free(values);
		if (ipsec_conf_loaded_names(conf, conn, &names) == 0)
			for (size_t j = 0; names[j]; j++)
				free(names[j]);
		free(names);
	}
}

/* One line differs, or is there only in one of the texts. */
static void check_one_line(const struct ipsec_conf_file *file, const struct ipsec_conf_edit *edit)
{
	size_t head = 0, tail = 0, n = 0;

	while (head < file->len && head < edit->len && file->bytes[head] == edit->bytes[head])
		head++;
	while (tail < file->len - head && tail < edit->len - head &&
	       file->bytes[file->len - 1 - tail] == edit->bytes[edit->len - 1 - tail])
		tail++;
	for (size_t i = head; i < edit->len - tail; i++)
		n += edit->bytes[i] == '\n';
	for (size_t i = head; i < file->len - tail; i++)
		n += file->bytes[i] == '\n';
	FUZZ_CHECK(n <= 1);
}

/* Does an edit, and looks at what became of it. Returns whether there was something to do. */
static bool do_edit(struct input *input, struct ipsec_conf *conf, const char *name,
		    struct ipsec_conf_change change, struct ipsec_conf_edit **ret)
{
	struct input after = *input;
	struct ipsec_conf_edit *edit = NULL, *again = NULL;
	struct ipsec_conf *reread;
	int r = ipsec_conf_plan(conf, name, &change, 1, &edit);

	FUZZ_CHECK(r >= 0);
	if (r == IPSEC_CONF_REFUSED)
		FUZZ_CHECK(edit->reason && edit->remedy && edit->refusal != IPSEC_CONF_REFUSED_NOT);
	if (r != IPSEC_CONF_PLANNED) {
		FUZZ_CHECK(!edit->bytes);
		ipsec_conf_edit_free(edit);
		return false;
	}

	FUZZ_CHECK(edit->bytes && edit->diff && edit->diff[0]);
	check_one_line(ipsec_conf_file(conf, edit->file), edit);
	after.edited = file_of(conf, edit->file);
	after.bytes = edit->bytes;
	after.len = edit->len;
	reread = read_input(&after);
	FUZZ_CHECK(!ipsec_conf_is_broken(reread));
	FUZZ_CHECK(ipsec_conf_n_conns(reread) == ipsec_conf_n_conns(conf));
	FUZZ_CHECK(ipsec_conf_plan(reread, name, &change, 1, &again) == IPSEC_CONF_ALREADY);
	ipsec_conf_edit_free(again);
	ipsec_conf_free(reread);
	*ret = edit;
	return true;
}

static void edit_and_back(struct input *input, struct ipsec_conf *conf,
			  const struct ipsec_conf_conn *conn, const char *key, const char *value)
{
	struct ipsec_conf_edit *edit = NULL, *back = NULL;
	struct ipsec_conf_change set = { key, value }, unset = { key, NULL };
	struct ipsec_conf_value before;
	struct input after = *input;
	struct ipsec_conf *reread;

	FUZZ_CHECK(ipsec_conf_effective(conf, conn, key, &before) == 0);
	if (!do_edit(input, conf, conn->name, set, &edit))
		return;
	after.edited = file_of(conf, edit->file);
	after.bytes = edit->bytes;
	after.len = edit->len;
	reread = read_input(&after);
	/* A line that was there and meant nothing is not one that was added. */
	if (edit->len > input->lens[after.edited] && before.place.line == 0 &&
	    ipsec_conf_plan(reread, conn->name, &unset, 1, &back) == IPSEC_CONF_PLANNED &&
	    strchr(edit->diff, '-') && !strstr(edit->diff, "\n-")) {
		FUZZ_CHECK(back->len == input->lens[after.edited]);
		FUZZ_CHECK(memcmp(back->bytes, input->files[after.edited], back->len) == 0);
	}
	ipsec_conf_edit_free(back);
	ipsec_conf_edit_free(edit);
	ipsec_conf_free(reread);
}

static void edit_as_chosen(struct input *input, struct ipsec_conf *conf,
			   const struct ipsec_conf_conn *conn, const char *key, const char *value)
{
	const struct ipsec_conf_change unset = { key, NULL };
	struct ipsec_conf_edit *edit = NULL;

	edit_and_back(input, conf, conn, key, value);
	if (do_edit(input, conf, conn->name, unset, &edit))
		ipsec_conf_edit_free(edit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *key, *value;
	} edits[] = { { "nic-offload", "yes" }, { "esp", "aes_gcm128" }, { "ike", "a b" },
		      { "mtu", "1500" },        { "pfs", "no" },         { "leftid", "@{x}" },
		      { "type", "transport" },  { "esn", "no" } };
	_Static_assert(ARRAY_SIZE(edits) == 8, "three bits choose one");
	struct input input = { 0 };
	struct ipsec_conf *conf;
	uint8_t choice;

	if (size < 1 || size > 20000)
		return 0;
	choice = *data++;
	size--;
	input.version = choice & 1 ? (struct libreswan_version){ 5, 2 }
				   : (struct libreswan_version){ 4, 10 };
	while (input.n < MAX_FILES) {
		const uint8_t *end = size > 0 ? memchr(data, 0xff, size) : NULL;
		size_t len = end && input.n + 1 < MAX_FILES ? (size_t)(end - data) : size;

		input.files[input.n] = data;
		input.lens[input.n++] = len;
		if (len == size)
			break;
		data += len + 1;
		size -= len + 1;
	}

	conf = read_input(&input);
	check_bytes(&input, conf);
	look_at(conf);
	if (ipsec_conf_n_conns(conf) > 0) {
		size_t i = (choice >> 4) % ipsec_conf_n_conns(conf), k = (choice >> 1) & 7;

		edit_as_chosen(&input, conf, ipsec_conf_conn(conf, i), edits[k].key,
			       edits[k].value);
	}
	ipsec_conf_free(conf);
	return 0;
}
