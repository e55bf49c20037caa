// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "log.h"

pid_t child__start(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	/* We ignore it, and that is inherited */
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log__error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

bool child__ended(pid_t pid, int *status)
{
	int s;

	if (waitpid(pid, &s, WNOHANG) != pid)
		return false;
	*status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
	return true;
}
