// SPDX-License-Identifier: GPL-2.0-only
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "priv/priv.h"
#include "verifier.h"

#define NICENESS 10	/* whoever floods it, others come first */

struct question {
	uint32_t id;
	char hash[VERIFIER_HASH], password[VERIFIER_PASSWORD];
};

struct reply {
	uint32_t id, verdict;
};

static uint32_t verify(const struct question *q, struct crypt_data *data)
{
	const char *got = crypt_r(q->password, q->hash, data);
	size_t len = strlen(q->hash);

	return got && strlen(got) == len && !gnutls_memcmp(got, q->hash, len);
}

static void __attribute__((noreturn)) serve(int fd)
{
	static struct crypt_data data;
	struct question q;
	struct reply r;

	while (recv(fd, &q, sizeof(q), 0) == sizeof(q)) {
		q.hash[sizeof(q.hash) - 1] = q.password[sizeof(q.password) - 1] = '\0';
		r = (struct reply){ .id = q.id, .verdict = verify(&q, &data) };
		explicit_bzero(&q, sizeof(q));
		if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
			break;
	}
	_exit(0);
}

static void __attribute__((noreturn)) become(int fd)
{
	sigset_t none;

	/* A service manager that ends the service asks all its processes; the other end decides */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "atcq-password");
	/* Standard output as well: who waits for its end must not wait for this process */
	if (dup2(fd, STDIN_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) || close(STDOUT_FILENO) ||
	    nice(NICENESS) < 0 || priv__nothing())
		_exit(1);
	serve(STDIN_FILENO);
}

int verifier__start(void)
{
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	pid = fork();
	if (!pid)
		become(fd[1]);
	close(fd[1]);
	if (pid < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK)) {
		pid = -errno;
		close(fd[0]);
		return pid;
	}
	return fd[0];
}

int verifier__ask(int fd, uint32_t id, const char *hash, const char *password)
{
	struct question q = { .id = id };
	ssize_t n;

	if (strlen(hash) >= sizeof(q.hash) || strlen(password) >= sizeof(q.password))
		return -EINVAL;
	strcpy(q.hash, hash);
	strcpy(q.password, password);
	n = send(fd, &q, sizeof(q), MSG_NOSIGNAL);
	explicit_bzero(&q, sizeof(q));
	return n == sizeof(q) ? 0 : -errno;
}

int verifier__answer(int fd, uint32_t *id, bool *verdict)
{
	struct reply r;
	ssize_t n = recv(fd, &r, sizeof(r), 0);

	if (n != sizeof(r))
		return n < 0 && errno == EAGAIN ? -EAGAIN : -EPIPE;
	*id = r.id;
	*verdict = r.verdict;
	return 0;
}
