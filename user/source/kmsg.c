// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

/* The lines of splat.list that are no comment, as alternatives; the caller's, or NULL */
static char *alternatives(void)
{
	char *list = strdup(
#include "splat.list.h"
	), *all = list ? calloc(1, strlen(list) + 3) : NULL, *line, *rest = list;

	while (all && (line = strsep(&rest, "\n"))) {
		if (!*line || *line == '#')
			continue;
		strcat(all, *all ? "|" : "");
		strcat(all, line);
	}
	free(list);
	return all;
}

bool kmsg__is_splat(const char *line)
{
	static regex_t regex;
	static bool compiled;

	if (!compiled) {
		char *all = alternatives();

		/* Without it, nothing can be said to be well */
		if (!all || regcomp(&regex, all, REG_EXTENDED | REG_NOSUB))
			abort();
		free(all);
		compiled = true;
	}
	return !regexec(&regex, line, 0, NULL, 0);
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
