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

bool kmsg__splat(int fd, char *line, size_t len)
{
	bool found = false;
	char record[8192], *text;
	ssize_t n;

	/* A record is "priority,number,time,flags;text"; EPIPE: some were overwritten */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (found || !text || !kmsg__is_splat(++text))
			continue;
		text[strcspn(text, "\n")] = '\0';
		snprintf(line, len, "%s", text);
		found = true;
	}
	return found;
}
