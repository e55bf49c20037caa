/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row a command: dispatch, --help, shell completion and the man page's
 * synopsis all come from this table and from the commands' option tables.
 */
#ifndef ATCQ_CMD_H
#define ATCQ_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/log.h"

enum opt_type {
	OPT_FLAG,	/* bool */
	OPT_STRING,	/* const char *, points into argv */
	OPT_UINT,	/* uint64_t, within [min, max] */
	OPT_DURATION,	/* uint64_t ns, "500us", "10s", "2m", "90d", within [min, max] ns */
	OPT_SIZE,	/* uint64_t bytes, "512K", "64M", "1G", within [min, max] */
	OPT_CHOICE,	/* const char *, one of choices (NULL-terminated) */
	OPT_LIST,	/* struct opt_list, may be given several times */
};

#define OPT_LIST_MAX 16
struct opt_list {
	const char *v[OPT_LIST_MAX];	/* point into argv */
	size_t n;
};

struct opt {
	const char *name;	/* long name without the dashes */
	char letter;		/* short name or 0 */
	enum opt_type type;
	const char *arg;	/* name of the argument in help, NULL for flags */
	const char *help;	/* one line, no full stop */
	size_t offset;		/* of the value in the command's options struct */
	uint64_t min, max;	/* OPT_UINT, OPT_DURATION, OPT_SIZE; max 0 = no bound */
	const char *const *choices;
	bool required;
};

struct cmd {
	const char *name;
	const char *summary;		/* one line, no full stop */
	const char *args;		/* positional arguments in the synopsis, "" if none */
	const char *about;		/* a paragraph or two for --help and the man page */
	const struct opt *opts;		/* ends with a NULL name */
	size_t opts_size;		/* size of the options struct */
	const void *defaults;		/* its initial content, NULL = zeroes */
	unsigned int max_args;		/* positional arguments allowed */
	bool trailing_command;		/* takes "-- COMMAND [ARG...]" */
	/* @opts: the filled struct; @argv: positionals; @command: NULL or COMMAND's argv */
	int (*run)(const void *opts, int argc, char **argv, char **command);
};

/* All there are, in the order of --help */
#define COMMANDS(X)	\
	X(list)		\
	X(doctor)	\
	X(top)		\
	X(trace)	\
	X(record)	\
	X(report)	\
	X(daemon)	\
	X(inject)	\
	X(reset)	\
	X(run)		\
	X(diff)

#define X(name) extern const struct cmd cmd_##name;
COMMANDS(X)
#undef X

#endif
