// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "log.h"

static void __attribute__((noreturn)) become(char **command)
{
	/* We ignore it, and that is inherited */
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log__error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

pid_t child__start(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	become(command);
}

pid_t child__start_group(char **command, int output)
{
	pid_t parent = getpid(), pid = fork();
	int null;

	if (pid) {
		/* Both do it, as either may be first */
		if (pid > 0)
			setpgid(pid, pid);
		return pid < 0 ? -errno : pid;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	become(command);
}

void child__end_group(pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 10000000 };

	/* Leaves ESRCH when nobody is left; our own child may be waited for already */
	kill(-pid, SIGTERM);
	for (int i = 0; i < 100 && !kill(-pid, 0); i++) {
		waitpid(-pid, NULL, WNOHANG);
		nanosleep(&tick, NULL);
	}
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
}

bool child__ended(pid_t pid, int *status)
{
	int s;

	if (waitpid(pid, &s, WNOHANG) != pid)
		return false;
	*status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
	return true;
}
