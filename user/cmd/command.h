/* SPDX-License-Identifier: GPL-2.0-only */
/* One row a command: main() dispatches by it. */
#ifndef ATCQ_CMD_COMMAND_H
#define ATCQ_CMD_COMMAND_H

#include "lib/log.h"
#include "lib/options.h"

struct cmd {
	struct usage usage;
	/*
	 * @opts: the filled struct; @argv: positionals; @command: NULL or COMMAND's argv.
	 * Returns an exit code.
	 */
	int (*run)(const void *opts, int argc, char **argv, char **command);
};

/* All commands, in the order of --help */
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
