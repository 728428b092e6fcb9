/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-words.h"

#include <stdio.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "SA", and not as a part of another word. */
static bool names_an_sa(const char *text)
{
	for (const char *p = text; (p = strstr(p, "SA")); p += 2)
		if ((p == text || !is_letter(p[-1])) && !is_letter(p[2]))
			return true;
	return false;
}

static bool is_about_ipsec(const char *text)
{
	return names_an_sa(text) || strcasestr(text, "ipsec") || strcasestr(text, "xfrm") ||
	       strcasestr(text, "offload");
}

/* Behind "PREFIX", or NULL. */
static const char *behind(const char *text, const char *prefix)
{
	return has_prefix(text, prefix) ? text + strlen(prefix) : NULL;
}

/* bonding's slave_printk(): "BOND: (slave PORT): FUNCTION: …". Return: from FUNCTION on, or NULL.
 */
static const char *words_of_bonding(const char *bond, const char *port, const char *message)
{
	char prefix[64];
	const char *words;

	snprintf(prefix, sizeof(prefix), "%.15s: (slave %.15s): ", bond, port);
	words = behind(message, prefix);
	return words && has_prefix(words, "bond_ipsec_") ? words : NULL;
}

/*
 * A driver's netdev_printk(): "DRIVER ADDRESS PORT: …", or "PORT: …" where it has no parent. Only
 * what is about IPsec; ixgbe's own words are in ixgbe_ipsec.c.
 */
static const char *words_of_driver(const char *port, const char *message)
{
	char prefix[32];
	const char *words = message;

	snprintf(prefix, sizeof(prefix), "%.15s: ", port);
	if (!has_prefix(words, prefix)) {
		words = strchr(words, ' ');
		words = words ? strchr(words + 1, ' ') : NULL;
		if (!words || !has_prefix(++words, prefix))
			return NULL;
	}
	words += strlen(prefix);
	return is_about_ipsec(words) ? words : NULL;
}

static void add(struct kernel_words *w, const char *words)
{
	char text[KERNEL_WORDS_SIZE];

	snprintf(text, sizeof(text), "%s", words);
	for (size_t i = 0; i < w->n; i++)
		if (streq(w->items[i].text, text)) {
			w->items[i].times++;
			return;
		}
	if (w->n == ARRAY_SIZE(w->items))
		return;
	memcpy(w->items[w->n].text, text, sizeof(text));
	w->items[w->n++].times = 1;
}

bool kernel_words_take(struct kernel_words *w, const char *bond, const char *port,
		       const char *message)
{
	const char *words = words_of_bonding(bond, port, message);

	if (words) {
		w->refused += strstr(words, "failed to add SA") != NULL;
		w->without_ops = w->without_ops || strstr(words, "no slave xdo_dev_state_add");
	} else {
		words = words_of_driver(port, message);
	}
	if (!words)
		return false;
	add(w, words);
	return true;
}

void kernel_words_print(const struct kernel_words *w, struct text *t)
{
	for (size_t i = 0; i < w->n; i++) {
		text_printf(t, "%s%s", i ? "; " : "", w->items[i].text);
		if (w->items[i].times > 1)
			text_printf(t, " (%u times)", w->items[i].times);
	}
}
