/* SPDX-License-Identifier: GPL-2.0-only */
/* Child processes, and the signals that ask this one to stop. */
#ifndef ATCQ_LIB_PROCESS_H
#define ATCQ_LIB_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Runs @command with this process's input and output. Its pid, or -errno. A child that
 * cannot execute it prints why and exits with 126 or 127, as in a shell.
 */
pid_t process__spawn(char **command);

/*
 * The same in a process group of its own, with no input, output and errors going to
 * @output. The kernel kills the child when this process dies.
 */
pid_t process__spawn_group(char **command, int output);

/*
 * fork(), the child in a process group of its own and killed when this process dies. 0 in
 * the child, its pid in the parent, or -errno.
 */
pid_t process__fork_group(void);

/* Stops the whole group: SIGTERM, and SIGKILL after a second */
void process__stop_group(pid_t pid);

/* False while @pid runs; then @status is its exit status, as in a shell */
bool process__exited(pid_t pid, int *status);

/* Waits for its exit; 0 and its exit status, as in a shell, or -errno */
int process__wait(pid_t pid, int *status);

/* SIGINT, SIGTERM and SIGHUP set a flag from now on; 0 or -errno */
int process__catch_signals(void);
/* Has one of them arrived? */
bool process__interrupted(void);

#endif
