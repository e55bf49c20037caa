// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

bool kmsg__is_splat(const char *line)
{
	static const char *const begins[] = {
		"WARNING: ", "BUG: ", "Oops", "Internal error: ", "Unable to handle kernel ",
		"kernel BUG at ", "KASAN: ", "UBSAN: ", "KFENCE: ",
		"ODEBUG: ", "Kernel panic", "Bad mode in ", "rcu: INFO: ", "INFO: task ",
	}, *const within[] = {
		": possible recursive locking", ": possible circular locking",
		"inconsistent lock state", "suspicious RCU usage", "sleeping function called",
		"refcount_t: ",
	};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(line, begins[i], strlen(begins[i])))
			return true;
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		if (strstr(line, within[i]))
			return true;
	return false;
}

int kmsg__open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* The next line of the log; false: there is none yet */
static bool next_line(int fd, char *record, size_t len, char **text)
{
	ssize_t n;

	/* A record is "priority,number,time,flags;text"; EPIPE: some were overwritten */
	while ((n = read(fd, record, len - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		*text = strchr(record, ';');
		if (!*text)
			continue;
		++*text;
		(*text)[strcspn(*text, "\n")] = '\0';
		return true;
	}
	return false;
}

bool kmsg__splat(int fd, char *line, size_t len)
{
	char record[8192], *text;
	bool found = false;

	while (next_line(fd, record, sizeof(record), &text)) {
		if (found || !kmsg__is_splat(text))
			continue;
		snprintf(line, len, "%s", text);
		found = true;
	}
	return found;
}

void kmsg__lines(int fd, json_t *lines)
{
	char record[8192], *text;

	/* What is not UTF-8 is escaped by the kernel */
	while (next_line(fd, record, sizeof(record), &text))
		json_array_append_new(lines, json_string(text));
}
