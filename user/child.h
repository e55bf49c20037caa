/* SPDX-License-Identifier: GPL-2.0-only */
/* A COMMAND that is watched while it runs: what follows "--". */
#ifndef ATCQ_CHILD_H
#define ATCQ_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Its pid, or -errno. If it cannot be run, it says so and ends with 126 or 127, as in a shell */
pid_t child__start(char **command);

/*
 * The same in a process group of its own, so that all of it can be ended, with no
 * input, what it says going to @output, and killed should we die.
 */
pid_t child__start_group(char **command, int output);

/* Ends what is left of the group: asks, and a second later does not ask any more */
void child__end_group(pid_t pid);

/* False while it runs; then its status in @status, as a shell has it */
bool child__ended(pid_t pid, int *status);

#endif
