/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-texts.h"

/* What an edit makes of a text, to the byte; and when there is none. */

static int plan(struct ipsec_conf *c, const char *conn, const char *set,
		struct ipsec_conf_edit **ret)
{
	struct ipsec_conf_change changes[8];
	_cleanup_free_ char *copy = strdup(set);
	size_t n = 0;
	int r;

	/* "key=value" or "-key", with "|" between several. */
	for (char *save = NULL, *s = strtok_r(copy, "|", &save); s;
	     s = strtok_r(NULL, "|", &save)) {
		char *equal = strchr(s, '=');

		if (s[0] == '-') {
			changes[n++] = (struct ipsec_conf_change){ s + 1, NULL };
			continue;
		}
		*equal = '\0';
		changes[n++] = (struct ipsec_conf_change){ s, equal + 1 };
	}
	r = ipsec_conf_plan(c, conn, changes, n, ret);
	ck_assert_int_ge(r, 0);
	return r;
}

static void check_edit(struct libreswan_version v, const char *before, const char *set,
		       const char *after)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v, before);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL, *again = NULL;
	int r = plan(c, "a", set, &edit);

	ck_assert_msg(r == IPSEC_CONF_PLANNED, "\"%s\" with %s: %d, %s", before, set, r,
		      edit->reason ? edit->reason : "");
	ck_assert_msg(edit->len == strlen(after) && memcmp(edit->bytes, after, edit->len) == 0,
		      "\"%s\" with %s gives \"%s\", not \"%s\"", before, set, edit->bytes, after);
	ck_assert_str_eq(edit->path, "/etc/ipsec.conf");
	ck_assert_str_ne(edit->diff, "");

	/* The same edit again has nothing to do. */
	_cleanup_conf_ struct ipsec_conf *d = conf_of(v, edit->bytes);
	ck_assert_int_eq(plan(d, "a", set, &again), IPSEC_CONF_ALREADY);
	ck_assert_ptr_null(again->bytes);
}

START_TEST(a_value_is_changed_in_its_place)
{
	static const struct {
		const char *before, *set, *after;
	} rows[] = {
		{ "conn a\n\tnic-offload=no\n", "nic-offload=yes", "conn a\n\tnic-offload=yes\n" },
		{ "conn a\n\tnic-offload = no   # why\n\tike=x\n", "nic-offload=yes",
		  "conn a\n\tnic-offload = yes   # why\n\tike=x\n" },
		{ "conn a\n  NIC-Offload=\"no\"\n", "nic-offload=yes",
		  "conn a\n  NIC-Offload=\"yes\"\n" },
		{ "conn a\n\tike={x y} # z\n", "ike=v w", "conn a\n\tike={v w} # z\n" },
		{ "conn a\n\tike=x\n", "ike=v w", "conn a\n\tike=\"v w\"\n" },
		{ "conn a\n\tike=\"x\"#c\n", "ike=y", "conn a\n\tike=y\n" },
		{ "conn a\n\tphase2alg=x\n", "esp=y", "conn a\n\tphase2alg=y\n" },
		{ "conn a\n\tesp=x\n", "phase2alg=y", "conn a\n\tesp=y\n" },
		{ "conn a\n\tike=\n\tesp=y\n", "ike=x", "conn a\n\tike=x\n\tesp=y\n" },
		{ "conn a\n\tike= \n", "ike=x", "conn a\n\tike=x \n" },
		{ "conn a\n\tike=x", "ike=y", "conn a\n\tike=y" },
		{ "conn a\n\tid=@x\n", "rightid=@y", "conn a\n\tid=@y\n" },
		{ "conn b\n\tike=x\nconn a\n\tike=x\nconn c\n\tike=x\n", "ike=y",
		  "conn b\n\tike=x\nconn a\n\tike=y\nconn c\n\tike=x\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_edit(v4, rows[i].before, rows[i].set, rows[i].after);
}
END_TEST

START_TEST(a_new_line_stands_after_the_last_key_and_is_indented_like_it)
{
	static const struct {
		const char *before, *set, *after;
	} rows[] = {
		{ "conn a\n", "ike=x", "conn a\n\tike=x\n" },
		{ "conn a # c\n\n# d\n", "ike=x", "conn a # c\n\tike=x\n\n# d\n" },
		{ "conn a\n    esp=y\n\nconn b\n\tesp=z\n", "ike=x",
		  "conn a\n    esp=y\n    ike=x\n\nconn b\n\tesp=z\n" },
		{ "conn a\n\tesp=y\n# c\n  # d\nconn b\n", "ike=x",
		  "conn a\n\tesp=y\n\tike=x\n# c\n  # d\nconn b\n" },
		{ "conn a\n\tesp=y\n# c\n \t pfs=yes\n\n", "ike=x",
		  "conn a\n\tesp=y\n# c\n \t pfs=yes\n \t ike=x\n\n" },
		{ "conn a", "ike=x", "conn a\n\tike=x" },
		{ "conn a\n  esp=y", "ike=x", "conn a\n  esp=y\n  ike=x" },
		{ "conn a\n\tesp=y\n", "ike=x y", "conn a\n\tesp=y\n\tike=\"x y\"\n" },
		{ "conn a\n", "ike=5", "conn a\n\tike=\"5\"\n" },
		{ "conn a\n", "mtu=1500", "conn a\n\tmtu=1500\n" },
		{ "conn a\n", "ike=#x", "conn a\n\tike=\"#x\"\n" },
		{ "conn a\n", "ike=x\"y", "conn a\n\tike=x\"y\n" },
		{ "conn a\n\tx-foo=\n\tesp=y\n\tpfs=no\n", "ike=x",
		  "conn a\n\tx-foo=\n\tesp=y\n\tpfs=no\n\tike=x\n" },
		{ "conn %default\n\tike=d\nconn a\n\tesp=y\n", "ike=x",
		  "conn %default\n\tike=d\nconn a\n\tesp=y\n\tike=x\n" },
		{ "conn a\n", "type=tunnel", "conn a\n\ttype=tunnel\n" },
		{ "conn a\n\tesp=y\n", "ike=x|pfs=no", "conn a\n\tesp=y\n\tike=x\n\tpfs=no\n" },
		{ "conn a\n\tesp=y\n\tpfs=yes\n", "esp=z|ike=x|-pfs",
		  "conn a\n\tesp=z\n\tike=x\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_edit(v4, rows[i].before, rows[i].set, rows[i].after);
	check_edit(v5, "conn a\n", "ike=5", "conn a\n\tike=5\n");
	check_edit(v5, "conn a\n\tnic-offload=auto # x\n", "nic-offload=crypto",
		   "conn a\n\tnic-offload=crypto # x\n");
	check_edit(v4, "conn a\n\tmtu=\"1400\"\n", "mtu=1500", "conn a\n\tmtu=1500\n");
}
END_TEST

START_TEST(a_key_is_taken_out_with_its_line)
{
	check_edit(v4, "conn a\n\tike=x # c\n\tesp=y\n", "-ike", "conn a\n\tesp=y\n");
	check_edit(v4, "conn a\n\tesp=y\n# keep\n\tphase2=esp\n", "-phase2",
		   "conn a\n\tesp=y\n# keep\n");
	check_edit(v4, "conn a\n\tesp=y\n\tike=x", "-ike", "conn a\n\tesp=y");
	check_edit(v5, "conn a\n\tnic-offload=auto\n\tike=x\n", "-nic-offload",
		   "conn a\n\tike=x\n");
}
END_TEST

START_TEST(what_is_so_already_is_left_alone)
{
	static const struct {
		const char *text, *set;
	} rows[] = {
		{ "conn a\n\tike=x\n", "ike=x" },
		{ "conn a\n\tike=\"x\"\n", "ike=x" },
		{ "conn a\n\tnic-offload=YES\n", "nic-offload=yes" },
		{ "conn a\n\tpfs=on\n", "pfs=yes" },
		{ "conn a\n", "-ike" },
		{ "conn %default\n\tike=x\nconn a\n", "ike=x" },
		{ "conn %default\n\tike=x\nconn a\n", "-ike" },
		{ "conn a\n\talso=b\nconn b\n\tike=x\n", "ike=x" },
		{ "conn a\n\talso=b\nconn c\n\talso=b\nconn b\n\tike=x\n", "ike=x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, rows[i].text);
		_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

		ck_assert_msg(plan(c, "a", rows[i].set, &edit) == IPSEC_CONF_ALREADY, "%s: %s",
			      rows[i].text, rows[i].set);
	}
}
END_TEST

START_TEST(a_line_in_an_also_target_that_nobody_else_uses_is_changed_there)
{
	check_edit(v4, "conn a\n\talso=b\nconn b\n\tnic-offload=no # x\n", "nic-offload=yes",
		   "conn a\n\talso=b\nconn b\n\tnic-offload=yes # x\n");
	check_edit(v4, "conn a\n\talso=b\nconn b\n\tike=x\n\tesp=y\n", "-ike",
		   "conn a\n\talso=b\nconn b\n\tesp=y\n");
}
END_TEST

struct refusal {
	const char *text, *set;
	enum ipsec_conf_refusal why;
	unsigned line; /* 0: nowhere */
};

static void check_refusals(struct libreswan_version v, const struct refusal *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_conf_ struct ipsec_conf *c = conf_of(v, rows[i].text);
		_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
		int r = plan(c, "a", rows[i].set, &edit);

		ck_assert_msg(r == IPSEC_CONF_REFUSED, "\"%s\" with %s is not refused: %s",
			      rows[i].text, rows[i].set, edit->bytes ? edit->bytes : "already");
		ck_assert_msg(edit->refusal == rows[i].why, "\"%s\" with %s: %s, not %s",
			      rows[i].text, rows[i].set, ipsec_conf_refusal_name(edit->refusal),
			      ipsec_conf_refusal_name(rows[i].why));
		ck_assert_msg(edit->place.line == rows[i].line, "\"%s\" with %s: line %u, not %u",
			      rows[i].text, rows[i].set, edit->place.line, rows[i].line);
		ck_assert_str_ne(edit->reason, "");
		ck_assert_str_ne(edit->remedy, "");
		ck_assert_ptr_null(edit->bytes);
		if (rows[i].line)
			ck_assert_ptr_nonnull(strstr(edit->reason, "/etc/ipsec.conf:"));
	}
}

START_TEST(an_edit_that_is_not_safe_is_refused)
{
	const struct refusal rows[] = {
		{ "conn b\n", "ike=x", IPSEC_CONF_REFUSED_NO_CONN, 0 },
		{ "conn A\n", "ike=x", IPSEC_CONF_REFUSED_NO_CONN, 1 },
		{ "conn a\nconn b\nconn a\n", "ike=x", IPSEC_CONF_REFUSED_DUPLICATE_CONN, 1 },
		{ "conn a\n\tike=x\n\tike=y\n", "ike=z", IPSEC_CONF_REFUSED_DUPLICATE_KEY, 3 },
		{ "conn a\n\tmtu=5\n\tmtu=5\n", "mtu=6", IPSEC_CONF_REFUSED_DUPLICATE_KEY, 2 },
		{ "conn a\n\tike=x\n\tike=y\n", "mtu=6", IPSEC_CONF_REFUSED_DUPLICATE_KEY, 3 },
		{ "conn a\n\tesp=x\n\tphase2alg=x\n", "esp=y", IPSEC_CONF_REFUSED_DUPLICATE_KEY,
		  3 },
		{ "conn a\n\tike=\n\tike=x\n", "ike=y", IPSEC_CONF_REFUSED_DUPLICATE_KEY, 2 },
		{ "conn a\n\tike=x\n\talso=b\nconn b\n\tike=y\n", "ike=y",
		  IPSEC_CONF_REFUSED_ALSO_CONFLICT, 5 },
		{ "conn a\n\talso=nobody\n", "ike=y", IPSEC_CONF_REFUSED_ALSO_CONFLICT, 2 },
		{ "conn a\n\talso=b\nconn c\n\talso=b\nconn b\n\tike=x\n", "ike=y",
		  IPSEC_CONF_REFUSED_SHARED, 6 },
		{ "conn a\n\talso=b\nconn c\n\talso=b\nconn b\n\tike=x\n", "-ike",
		  IPSEC_CONF_REFUSED_SHARED, 6 },
		{ "conn a\n\talso=b\nconn b\n\tike=x\n\tauto=start\n", "ike=y",
		  IPSEC_CONF_REFUSED_SHARED, 4 },
		{ "conn a\n\talso=%default\nconn %default\n\tike=x\nconn b\n", "ike=y",
		  IPSEC_CONF_REFUSED_SHARED, 4 },
		{ "conn a\n\tike=x\nconn b\n\talso=a\n", "ike=y", IPSEC_CONF_REFUSED_SHARED, 1 },
		{ "conn a\nconn b\n\talso=c\nconn c\n\talso=a\n", "ike=y",
		  IPSEC_CONF_REFUSED_SHARED, 1 },
		{ "conn a\n\talso=b\n\tesp=z\nconn b\n\tike=x\n", "ike=y|esp=w",
		  IPSEC_CONF_REFUSED_SHARED, 5 },
		{ "conn a\n\tike=x\r\n", "esp=y", IPSEC_CONF_REFUSED_BYTES, 1 },
		{ "conn a\n\tike=x\n# c\r\n", "ike=y", IPSEC_CONF_REFUSED_BYTES, 1 },
		{ "\xef\xbb\xbf"
		  "conn a\n",
		  "ike=y", IPSEC_CONF_REFUSED_BROKEN, 1 },
		{ "conn a\n\nconn c #x\n", "ike=x", IPSEC_CONF_REFUSED_BROKEN, 3 },
		{ "conn a\n\tbogus=1\n", "ike=x", IPSEC_CONF_REFUSED_BROKEN, 2 },
		{ "conn a\nconn b\n\tauto=never\n", "ike=x", IPSEC_CONF_REFUSED_BROKEN, 3 },
		{ "conn a\n\tnm-configured=yes\n", "ike=x", IPSEC_CONF_REFUSED_NM_OWNED, 1 },
		{ "conn a\n", "bogus=1", IPSEC_CONF_REFUSED_KEY, 0 },
		{ "conn a\n", "also=b", IPSEC_CONF_REFUSED_KEY, 0 },
		{ "conn a\n", "uniqueids=no", IPSEC_CONF_REFUSED_KEY, 0 },
		{ "conn a\n", "leftike=no", IPSEC_CONF_REFUSED_KEY, 0 },
		{ "conn a\n\tleftsubnets=x\n\talso=b\nconn b\n\tleftsubnets=y\n", "leftsubnets=z",
		  IPSEC_CONF_REFUSED_KEY, 2 },
		/* The same value in two places is no conflict, and with one of them changed it is.
		 */
		{ "conn a\n\talso=b\n\tmtu=1400\nconn b\n\tmtu=1400\n", "mtu=1500",
		  IPSEC_CONF_REFUSED_ALSO_CONFLICT, 5 },
		{ "conn a\n\talso=\"b c\"\nconn b\n\tmtu=1400\nconn c\n\tmtu=1400\n", "mtu=1500",
		  IPSEC_CONF_REFUSED_ALSO_CONFLICT, 6 },
		{ "conn a\n\talso=b\n\tmtu=1400\nconn b\n\tmtu=1400\n", "-mtu",
		  IPSEC_CONF_REFUSED_ALSO_CONFLICT, 5 },
		{ "conn a\n", "nic-offload=crypto", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "pfs=Yes", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "mtu=big", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "ike=x\ny", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "ike=x\r", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "ike=x \"y\"", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "ike=x\" y", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "ike=", IPSEC_CONF_REFUSED_VALUE, 0 },
	};
	const struct refusal rows_5[] = {
		{ "conn a\n\tike=x\n\tike=y\n", "ike=z", IPSEC_CONF_REFUSED_DUPLICATE_KEY, 2 },
		{ "conn a\n\tike=x\n\talso=b\nconn b\n\tike=x\n", "mtu=5",
		  IPSEC_CONF_REFUSED_ALSO_CONFLICT, 5 },
		{ "conn a\n", "nic-offload=auto", IPSEC_CONF_REFUSED_VALUE, 0 },
		{ "conn a\n", "dpdaction=hold", IPSEC_CONF_REFUSED_KEY, 0 },
		{ "conn a\n", "mtu=99999999999999999999", IPSEC_CONF_REFUSED_VALUE, 0 },
		/* One of the two lines would be left. */
		{ "conn a\n\talso=b\n\tnic-offload=\nconn b\n\tnic-offload=yes\n", "-nic-offload",
		  IPSEC_CONF_REFUSED_DUPLICATE_KEY, 3 },
	};

	check_refusals(v4, rows, ARRAY_SIZE(rows));
	check_refusals(v5, rows_5, ARRAY_SIZE(rows_5));
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
	static const char text[] = "conn a\n\tike=x\n# \0\n";
	_cleanup_conf_ struct ipsec_conf *c = conf_of_bytes(v4, text, sizeof(text) - 1, NULL);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

	ck_assert_int_eq(plan(c, "a", "ike=y", &edit), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(edit->refusal, IPSEC_CONF_REFUSED_BYTES);
}
END_TEST

START_TEST(the_edit_goes_into_the_file_of_the_conn)
{
	static const struct text_file files[] = {
		{ .path = "/d/a.conf", .bytes = "conn a\n\tike=x\n" },
		{ .path = "/d/b.conf", .bytes = "conn b\n\tike=x\r\n" },
		{ 0 },
	};
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of_files(v4, "conn z\n\tike=x\ninclude /d/*.conf\n", files);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL, *other = NULL;

	ck_assert_int_eq(plan(c, "a", "ike=y", &edit), IPSEC_CONF_PLANNED);
	ck_assert_str_eq(edit->path, "/d/a.conf");
	ck_assert_str_eq(edit->bytes, "conn a\n\tike=y\n");
	ck_assert_str_eq(
		edit->diff,
		"--- /d/a.conf\n+++ /d/a.conf\n@@ -1,2 +1,2 @@\n conn a\n-\tike=x\n+\tike=y\n");
	ck_assert_uint_eq(edit->place.line, 2);
	ck_assert_int_eq(plan(c, "b", "ike=y", &other), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(other->refusal, IPSEC_CONF_REFUSED_BYTES);
}
END_TEST

START_TEST(a_file_that_is_read_twice_defines_its_conns_twice)
{
	static const struct text_file files[] = { { .path = "/d/a", .bytes = "conn a\n" }, { 0 } };
	_cleanup_conf_ struct ipsec_conf *c =
		conf_of_files(v4, "include /d/a\ninclude /d/*\n", files);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

	ck_assert_int_eq(plan(c, "a", "ike=y", &edit), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(edit->refusal, IPSEC_CONF_REFUSED_DUPLICATE_CONN);
}
END_TEST

/* From the second time on it begins within the include line, and "conn a" is no header. */
START_TEST(a_file_that_is_read_twice_is_not_changed_even_if_its_conns_are_defined_once)
{
	static const struct text_file files[] = {
		{ .path = "/d/1", .bytes = "conn a\n\ninclude /d/1 b" },
		{ 0 },
	};
	_cleanup_conf_ struct ipsec_conf *c = conf_of_files(v4, "include /d/1\n", files);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

	ck_assert(!ipsec_conf_is_broken(c));
	ck_assert_int_eq(plan(c, "a", "ike=y", &edit), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(edit->refusal, IPSEC_CONF_REFUSED_REREAD);
	ck_assert_ptr_nonnull(strstr(edit->reason, "/d/1"));
}
END_TEST

START_TEST(a_section_that_goes_on_in_another_file_is_changed_only_where_it_is_safe)
{
	static const struct text_file files[] = {
		{ .path = "/d/1", .bytes = "conn a\n\tike=x" },
		{ .path = "/d/2", .bytes = "\tesp=y\n" },
		{ 0 },
	};
	_cleanup_conf_ struct ipsec_conf *c = conf_of_files(v4, "include /d/*\n", files);
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *set = NULL, *unset = NULL;
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *far = NULL;

	ck_assert_int_eq(plan(c, "a", "mtu=5", &set), IPSEC_CONF_PLANNED);
	ck_assert_str_eq(set->bytes, "conn a\n\tike=x\n\tmtu=5");
	/* The file still ends without a newline, or it would end the section. */
	ck_assert_int_eq(plan(c, "a", "-ike", &unset), IPSEC_CONF_PLANNED);
	ck_assert_str_eq(unset->bytes, "conn a");
	ck_assert_int_eq(plan(c, "a", "esp=z", &far), IPSEC_CONF_REFUSED);
	ck_assert_int_eq(far->refusal, IPSEC_CONF_REFUSED_REREAD);
}
END_TEST

START_TEST(a_note_tells_where_a_value_remains)
{
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn %default\n\tike=x\nconn a\n");
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;

	ck_assert_int_eq(plan(c, "a", "-ike", &edit), IPSEC_CONF_ALREADY);
	ck_assert_ptr_nonnull(strstr(edit->note, "/etc/ipsec.conf:2"));
}
END_TEST

START_TEST(a_key_that_comes_twice_or_not_at_all_is_a_mistake_of_the_caller)
{
	const struct ipsec_conf_change twice[] = { { "esp", "x" }, { "phase2alg", "y" } };
	_cleanup_conf_ struct ipsec_conf *c = conf_of(v4, "conn a\n");
	struct ipsec_conf_edit *edit = NULL;

	ck_assert_int_eq(ipsec_conf_plan(c, "a", twice, 2, &edit), -EINVAL);
	ck_assert_int_eq(ipsec_conf_plan(c, "a", twice, 0, &edit), -EINVAL);
	ck_assert_ptr_null(edit);
}
END_TEST

UNIT_MAIN("ipsec-conf-edit", a_value_is_changed_in_its_place,
	  a_new_line_stands_after_the_last_key_and_is_indented_like_it,
	  a_key_is_taken_out_with_its_line, what_is_so_already_is_left_alone,
	  a_line_in_an_also_target_that_nobody_else_uses_is_changed_there,
	  an_edit_that_is_not_safe_is_refused, nul_bytes_are_refused,
	  the_edit_goes_into_the_file_of_the_conn,
	  a_file_that_is_read_twice_defines_its_conns_twice,
	  a_file_that_is_read_twice_is_not_changed_even_if_its_conns_are_defined_once,
	  a_section_that_goes_on_in_another_file_is_changed_only_where_it_is_safe,
	  a_note_tells_where_a_value_remains,
	  a_key_that_comes_twice_or_not_at_all_is_a_mistake_of_the_caller)
