/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines by table: parsing, and the help that describes it. */
#ifndef ATCQ_OPTS_H
#define ATCQ_OPTS_H

#include <stdio.h>

#include "cmd.h"

struct parsed {
	void *opts;		/* of cmd->opts_size, owned; parsed__free() */
	int argc;
	char **argv;		/* positionals, in place */
	char **command;		/* behind "--", or NULL */
	bool help;
};

/*
 * Parses argv[1..]; positionals are moved to its front. 0, or -EINVAL with a
 * sentence in @err.
 */
int opts__parse(const struct cmd *cmd, int argc, char **argv, struct parsed *out,
		char *err, size_t errlen);
void parsed__free(struct parsed *p);

/* "10s", "500us", "2m", "250ms", "7ns", "90d"; -EINVAL or -ERANGE */
int opts__duration(const char *text, uint64_t *ns);

/* "4096", "512K", "64M", "1G", "2T", powers of 1024; -EINVAL or -ERANGE */
int opts__size(const char *text, uint64_t *bytes);

/* A whole number in decimal; -EINVAL or -ERANGE */
int opts__uint(const char *text, uint64_t *value);

void help__synopsis(FILE *out, const struct cmd *cmd);
void help__command(FILE *out, const struct cmd *cmd);

/* The candidate that @word is most likely a misspelling of, or NULL */
const char *suggest(const char *word, const char *const *candidates);

#endif
