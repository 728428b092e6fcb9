/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker-serve.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "text.h"

/* Return: 0 at the end, or after a NUL; a negative errno. */
static int read_on(int fd, bool to_nul, char **ret, size_t *ret_len)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	char buffer[16384];
	ssize_t n;
	size_t len;
	int r;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text_add_bytes(&t, buffer, (size_t)n);
		if (t.len > WORKER_ORDER_MAX)
			return -EFBIG;
		if (to_nul && memchr(buffer, '\0', (size_t)n))
			break;
	}
	len = t.len;
	r = text_take(&t, ret);
	if (r == 0)
		*ret_len = len;
	return r;
}

int worker_read_all(int fd, char **ret, size_t *ret_len)
{
	return read_on(fd, false, ret, ret_len);
}

/* Return: 0; -EBADMSG when it is no array of strings; -ENOMEM */
static int take_arguments(const json_t *arguments, struct worker_order *o)
{
	const json_t *argument;
	size_t i;

	if (!json_is_array(arguments))
		return -EBADMSG;
	o->argv = calloc(json_array_size(arguments) + 2, sizeof(*o->argv));
	if (!o->argv || !(o->argv[0] = strdup("esp-offload-worker")))
		return -ENOMEM;
	o->argc = 1;
	json_array_foreach(arguments, i, argument)
	{
		if (!json_is_string(argument))
			return -EBADMSG;
		o->argv[o->argc] = strdup(json_string_value(argument));
		if (!o->argv[o->argc])
			return -ENOMEM;
		o->argc++;
	}
	return 0;
}

int worker_order_read(int fd, struct worker_order *ret)
{
	_cleanup_(worker_order_done) struct worker_order o = WORKER_ORDER_NULL;
	_cleanup_free_ char *bytes = NULL;
	const char *newline;
	json_t *arguments;
	size_t len;
	int r;

	r = read_on(fd, true, &bytes, &len);
	if (r < 0)
		return r;
	/* One that was cut short must not be taken for a shorter one. */
	if (len == 0 || memchr(bytes, '\0', len) != &bytes[len - 1])
		return -EBADMSG;
	len--;
	newline = memchr(bytes, '\n', len);
	if (!newline)
		return -EBADMSG;
	arguments = json_loadb(bytes, (size_t)(newline - bytes), 0, NULL);
	r = take_arguments(arguments, &o);
	json_decref(arguments);
	if (r < 0)
		return r;

	o.input_len = len - (size_t)(newline + 1 - bytes);
	o.input = malloc(o.input_len + 1);
	if (!o.input)
		return -ENOMEM;
	memcpy(o.input, newline + 1, o.input_len + 1); /* with the NUL */

	*ret = o;
	o = WORKER_ORDER_NULL;
	return 0;
}

void worker_order_done(struct worker_order *o)
{
	for (int i = 0; i < o->argc; i++)
		free(o->argv[i]);
	free(o->argv);
	free(o->input);
	*o = WORKER_ORDER_NULL;
}

int worker_die_with(int connection)
{
	struct pollfd p = { .fd = connection, .events = POLLIN };
	int flags = fcntl(connection, F_GETFL);

	if (flags < 0 || fcntl(connection, F_SETOWN, getpid()) < 0 ||
	    fcntl(connection, F_SETSIG, SIGTERM) < 0 ||
	    fcntl(connection, F_SETFL, flags | O_ASYNC) < 0)
		return -errno;
	/* It may have come before. */
	if (poll(&p, 1, 0) > 0)
		return -ENOTCONN;
	return 0;
}
