/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a recording goes to. */
#ifndef ATCQ_CMD_RECORD_FILE_H
#define ATCQ_CMD_RECORD_FILE_H

#include <stdbool.h>

struct record_file {
	const char *path;	/* to speak of it; borrowed */
	int fd;
	bool own;		/* an empty file, not a pipe or the like */
	bool created;		/* was not there before */
};

/*
 * "-" is standard output. A file that exists is overwritten only with @force;
 * terminals and folders are refused. 0, or an exit code after saying why.
 */
int record_file__open(struct record_file *f, const char *path, bool force);

/* Nothing was recorded: closes it, and leaves nothing behind that was not there */
void record_file__discard(struct record_file *f);

#endif
