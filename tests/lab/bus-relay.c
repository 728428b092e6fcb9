/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 *     bus-relay SOCKET BUS COUNT HOW N
 *
 * Stands between programs and their bus: listens at SOCKET, and leads what comes to the bus at BUS.
 * The Nth answer on its way to a program, of all programs together, is struck: HOW is "fails" (it
 * is an error instead), "late" (it and all behind it, by three seconds), "twice" or "never"; N is
 * 0 for none. The file COUNT has how many answers there were.
 *
 * Where HOW is the path of a file, the next answer after one of these words was written to it is
 * struck so, and the file is emptied.
 */

enum {
	MAX_MESSAGE = 128 * 1024 * 1024,
	LATE_SECONDS = 3,

	TYPE_RETURN = 2,
	TYPE_ERROR = 3,

	FIELD_ERROR_NAME = 4,
	FIELD_REPLY_SERIAL = 5,
	FIELD_DESTINATION = 6,
	FIELD_SENDER = 7
};

#define ERROR_NAME "org.freedesktop.DBus.Error.Failed"

static const char *how;
static unsigned long nth;
static int count_fd;
static _Atomic unsigned long *count; /* of all connections, each of which has a process */

static _Noreturn void die(const char *what)
{
	perror(what);
	_exit(EXIT_FAILURE);
}

static void write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(EXIT_SUCCESS); /* whoever it was for has gone */
		p += n;
		len -= (size_t)n;
	}
}

/* What was read and not led on yet. */
struct buffer {
	uint8_t *bytes;
	size_t len, alloc;
};

static void read_more(int fd, struct buffer *b)
{
	ssize_t n;

	if (b->alloc - b->len < 65536) {
		b->alloc = b->alloc * 2 + 65536;
		b->bytes = realloc(b->bytes, b->alloc);
		if (!b->bytes)
			die("bus-relay");
	}
	do
		n = recv(fd, b->bytes + b->len, b->alloc - b->len, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(EXIT_SUCCESS);
	b->len += (size_t)n;
}

static void consume(struct buffer *b, size_t n)
{
	memmove(b->bytes, b->bytes + n, b->len - n);
	b->len -= n;
}

/* ---- messages; all of the programs here speak in the machine's own byte order ---- */

static uint32_t number(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static size_t align(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Return: the message's length; 0 as long as that is not known. */
static size_t length_of(const struct buffer *b)
{
	size_t len;

	if (b->len < 16)
		return 0;
	len = align(16 + (size_t)number(b->bytes + 12), 8) + number(b->bytes + 4);
	if (len > MAX_MESSAGE)
		die("a message that is none");
	return len;
}

/* The header fields of an answer that an error has as well, with the error's name before them. */
static size_t copy_fields(const uint8_t *m, uint8_t *ret)
{
	static const char name[] = ERROR_NAME;
	const uint32_t name_len = sizeof(name) - 1;
	size_t end = 16 + number(m + 12), n = 0;

	memcpy(ret, (const uint8_t[]){ FIELD_ERROR_NAME, 1, 's', 0 }, 4);
	memcpy(ret + 4, &name_len, 4);
	memcpy(ret + 8, name, sizeof(name));
	n = 8 + sizeof(name);
	for (size_t i = 16; i + 8 <= end;) {
		size_t len;

		i = align(i, 8);
		/* Each is a code and a value of a simple type: a number, or text with its length.
		 */
		if (m[i + 2] == 'u')
			len = 8;
		else if (m[i + 2] == 'g')
			len = 4 + 1 + (size_t)m[i + 4] + 1;
		else
			len = 8 + (size_t)number(m + i + 4) + 1;
		if (m[i] >= FIELD_REPLY_SERIAL && m[i] <= FIELD_SENDER) {
			n = align(n, 8);
			memcpy(ret + n, m + i, len);
			n += len;
		}
		i += len;
	}
	return n;
}

static void send_error(int fd, const uint8_t *m)
{
	const uint32_t no_body = 0;
	uint8_t error[4096] = { 0 };
	uint32_t n;

	if (number(m + 12) > sizeof(error) / 2)
		die("a header that is too long");
	memcpy(error, m, 16);
	error[1] = TYPE_ERROR;
	memcpy(error + 4, &no_body, 4);
	n = (uint32_t)copy_fields(m, error + 16);
	memcpy(error + 12, &n, 4);
	write_all(fd, error, align(16 + n, 8));
}

/* The word in the file, which is empty then; an empty one if there is none. */
static const char *take_word(const char *path)
{
	static char word[16];
	int fd = open(path, O_RDWR);
	ssize_t n;

	if (fd < 0)
		return "";
	n = read(fd, word, sizeof(word) - 1);
	if (n < 0 || (n > 0 && ftruncate(fd, 0) < 0))
		die(path);
	close(fd);
	word[n] = '\0';
	word[strcspn(word, "\n")] = '\0';
	return word;
}

/* How this message is struck; an empty word for not at all. */
static const char *struck_how(const uint8_t *m)
{
	char text[32];
	unsigned long n;

	if (m[1] != TYPE_RETURN && m[1] != TYPE_ERROR)
		return "";
	n = ++*count;
	snprintf(text, sizeof(text), "%10lu\n", n);
	if (pwrite(count_fd, text, strlen(text), 0) < 0)
		die("count");
	if (how[0] == '/')
		return take_word(how);
	return n == nth ? how : "";
}

/* One whole message on its way to the program. */
static void lead(int fd, const uint8_t *m, size_t len)
{
	const char *struck = struck_how(m);

	if (strcmp(struck, "never") == 0)
		return;
	if (strcmp(struck, "fails") == 0) {
		send_error(fd, m);
		return;
	}
	if (strcmp(struck, "late") == 0)
		sleep(LATE_SECONDS);
	write_all(fd, m, len);
	if (strcmp(struck, "twice") == 0)
		write_all(fd, m, len);
}

/* ---- a connection ---- */

/* The lines before the first message. Descriptors cannot be led through here: nobody is to try. */
static void lead_line(int fd, struct buffer *b)
{
	static const char agreed[] = "AGREE_UNIX_FD\r\n", refused[] = "ERROR\r\n";
	uint8_t *end = memchr(b->bytes, '\n', b->len);

	if (!end)
		return;
	if (strncmp((char *)b->bytes, agreed, sizeof(agreed) - 1) == 0)
		write_all(fd, refused, sizeof(refused) - 1);
	else
		write_all(fd, b->bytes, (size_t)(end - b->bytes) + 1);
	consume(b, (size_t)(end - b->bytes) + 1);
}

/* A message begins with its byte order, and no line of the server's does so. */
static bool is_line(const struct buffer *b)
{
	return b->len > 0 && b->bytes[0] != 'l';
}

static void from_bus(int program, struct buffer *b)
{
	while (is_line(b) && memchr(b->bytes, '\n', b->len))
		lead_line(program, b);
	for (size_t len; b->len > 0 && !is_line(b); consume(b, len)) {
		len = length_of(b);
		if (len == 0 || b->len < len)
			return;
		lead(program, b->bytes, len);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die(path);
	return fd;
}

static _Noreturn void serve(int program, const char *path)
{
	struct buffer to = { 0 }, from = { 0 };
	int bus = connect_to(path);
	struct pollfd fds[] = { { .fd = program, .events = POLLIN },
				{ .fd = bus, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents) {
			read_more(program, &to);
			write_all(bus, to.bytes, to.len);
			to.len = 0;
		}
		if (fds[1].revents) {
			read_more(bus, &from);
			from_bus(program, &from);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listening;

	if (argc != 6)
		return 2;
	how = argv[4];
	nth = strtoul(argv[5], NULL, 10);
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	count_fd = creat(argv[3], 0600);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)unlink(argv[1]);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", argv[1]);
	if (count == MAP_FAILED || count_fd < 0 || listening < 0 ||
	    bind(listening, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listening, 16) < 0)
		die("bus-relay");
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int program = accept(listening, NULL, NULL);

		if (program < 0)
			die("accept");
		if (fork() == 0)
			serve(program, argv[2]);
		close(program);
	}
}
