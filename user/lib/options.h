/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines by table: parsing, and the help text that describes them. */
#ifndef ATCQ_LIB_OPTIONS_H
#define ATCQ_LIB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"

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

/* What a command accepts: the help text and the man page's synopsis come from here */
struct usage {
	const char *name;
	const char *summary;		/* one line, no full stop */
	const char *args;		/* positional arguments in the synopsis, "" if none */
	const char *about;		/* a paragraph or two for --help and the man page */
	const struct opt *opts;		/* ends with a NULL name */
	size_t opts_size;		/* size of the options struct */
	const void *defaults;		/* its initial content, NULL = zeroes */
	unsigned int max_args;		/* positional arguments allowed */
	bool trailing_command;		/* takes "-- COMMAND [ARG...]" */
};

struct parsed_options {
	void *opts;		/* of usage->opts_size, owned; options__free() */
	int argc;
	char **argv;		/* positionals, in place */
	char **command;		/* behind "--", or NULL */
	bool help;
};

/*
 * Parses argv[1..]; positionals are moved to its front. 0, or -EINVAL or -ENOMEM with
 * the error message in @err. Free @out with options__free() in either case.
 */
int options__parse(const struct usage *usage, int argc, char **argv, struct parsed_options *out,
		   struct error *err);
void options__free(struct parsed_options *p);

void options__print_help(FILE *out, const struct usage *usage);

#endif
