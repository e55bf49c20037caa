// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

static volatile sig_atomic_t interrupted;

static void __attribute__((noreturn)) become(char **command)
{
	/* This process ignores the signal, and a child inherits that */
	signal(SIGPIPE, SIG_DFL);
	execvp(command[0], command);
	log__error("%s: %s", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

pid_t process__spawn(char **command)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	become(command);
}

pid_t process__fork_group(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid) {
		/* Parent and child both call it, as either may run first */
		if (pid > 0)
			setpgid(pid, pid);
		return pid < 0 ? -errno : pid;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	return 0;
}

pid_t process__spawn_group(char **command, int output)
{
	pid_t pid = process__fork_group();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	become(command);
}

void process__stop_group(pid_t pid)
{
	const struct timespec tick = { .tv_nsec = 10000000 };

	/* ESRCH once the group is empty; our own child may have been waited for before */
	kill(-pid, SIGTERM);
	for (int i = 0; i < 100 && !kill(-pid, 0); i++) {
		waitpid(-pid, NULL, WNOHANG);
		nanosleep(&tick, NULL);
	}
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
}

static int shell_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process__exited(pid_t pid, int *status)
{
	int s;

	if (waitpid(pid, &s, WNOHANG) != pid)
		return false;
	*status = shell_status(s);
	return true;
}

int process__wait(pid_t pid, int *status)
{
	int s;

	while (waitpid(pid, &s, 0) != pid)
		if (errno != EINTR)
			return -errno;
	*status = shell_status(s);
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

int process__catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };	/* no SA_RESTART: polls must end */

	if (sigaction(SIGINT, &sa, NULL) || sigaction(SIGTERM, &sa, NULL) ||
	    sigaction(SIGHUP, &sa, NULL))
		return -errno;
	return 0;
}

bool process__interrupted(void)
{
	return interrupted;
}
