// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "link.h"

/* Restoring takes at most some seconds for each function that stays silent */
#define PATIENCE_MS 60000

struct link_watchdog {
	pid_t pid;
	int sock;
	struct link *link;
	uint64_t since_ns;
	bool over;			/* the watchdog has reported its end, or has died */
	bool reported;			/* ... and @end is its report */
	struct link_watchdog_end end;
};

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0) {
		/* No process is left to report this to */
	}
	close(fd);
}

/* Nothing that ends the injector from its terminal or by its group is to end this */
static void become_watchdog(int sock)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "atcq-watchdog");
	write_text("/proc/self/oom_score_adj", "-1000");
	/* A reader of the injector's output must not wait for this process */
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		if (fd != sock)
			dup2(null, fd);
	if (null > 2)
		close(null);
}

/* Until the injector asks, exits, or the deadline passes; polls, since the deadline is in CLOCK_BOOTTIME. False: it exited */
static bool keep(int sock, uint64_t deadline_ns)
{
	struct pollfd fd = { .fd = sock, .events = POLLIN };
	char order;

	while (clock__boottime_ns() < deadline_ns)
		if (poll(&fd, 1, 50) > 0)
			return recv(sock, &order, 1, MSG_DONTWAIT) > 0;
	return true;
}

static void to_kernel_log(const struct link *l, const struct link_watchdog_end *end)
{
	char text[640];

	snprintf(text, sizeof(text), "<4>atcq: injector is gone: link below port %s %s%s\n", link__port(l),
		 end->err ? "not restored: " : "restored", end->error.text);
	write_text("/dev/kmsg", text);
}

static void watchdog(struct link *l, int sock, uint64_t deadline_ns)
{
	struct link_watchdog_end end = { 0 };
	uint64_t since;
	bool reported;

	become_watchdog(sock);
	since = clock__boottime_ns();
	end.err = link__disable(l, &end.error);
	/* If the injector has died since, that is noticed below */
	if (send(sock, &end, sizeof(end), MSG_NOSIGNAL) != sizeof(end) || end.err)
		reported = end.err;
	else
		reported = keep(sock, deadline_ns);
	if (!end.err) {
		end.down_ns = clock__boottime_ns() - since;
		end.err = link__restore(l, &end.found, &end.error);
	}
	if (send(sock, &end, sizeof(end), MSG_NOSIGNAL) != sizeof(end))
		reported = false;
	if (!reported)
		to_kernel_log(l, &end);
	_exit(0);
}

/* The next report of the watchdog; false if it is dead */
static bool receive(struct link_watchdog *k, struct link_watchdog_end *end, int timeout_ms)
{
	struct pollfd fd = { .fd = k->sock, .events = POLLIN };
	uint64_t end_ns = clock__boottime_ns() + timeout_ms * 1000000ull;
	int ret;

	/* A signal does not end the wait for the report */
	do
		ret = poll(&fd, 1, 100);
	while ((!ret || (ret < 0 && errno == EINTR)) && clock__boottime_ns() < end_ns);
	return ret > 0 && recv(k->sock, end, sizeof(*end), MSG_DONTWAIT) == sizeof(*end);
}

static void reap(struct link_watchdog *k)
{
	/* One that was killed, or has sent its last report, exits at once */
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(k->sock);
	free(k);
}

int link_watchdog__start(struct link_watchdog **out, struct link *l, uint64_t deadline_ns, struct error *err)
{
	struct link_watchdog *k = calloc(1, sizeof(*k));
	int sv[2], ret;

	*out = NULL;
	if (!k || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv)) {
		error__describe(err, "watchdog: %s", strerror(errno));
		free(k);
		return -ENOMEM;
	}
	k->link = l;
	k->sock = sv[0];
	k->since_ns = clock__boottime_ns();
	link__save(l);
	k->pid = fork();
	if (!k->pid) {
		close(sv[0]);
		watchdog(l, sv[1], deadline_ns);
	}
	close(sv[1]);
	if (k->pid < 0) {
		ret = -errno;
		error__describe(err, "watchdog: fork: %s", strerror(-ret));
		close(k->sock);
		free(k);
		return ret;
	}
	if (receive(k, &k->end, PATIENCE_MS) && !k->end.err) {
		*out = k;
		return 0;
	}
	/* One that did not take Link Disable, or died on the way: as it was, to be sure */
	ret = k->end.err ? k->end.err : -EIO;
	error__describe(err, "%s", k->end.err ? k->end.error.text : "the watchdog died; nothing is disabled");
	kill(k->pid, SIGKILL);
	if (!k->end.err)
		link__restore(l, &k->end.found, err);
	reap(k);
	return ret;
}

int link_watchdog__wait(struct link_watchdog *k, int timeout_ms)
{
	struct pollfd fd = { .fd = k->sock, .events = POLLIN };

	if (k->over)
		return 1;
	if (poll(&fd, 1, timeout_ms) <= 0)
		return 0;
	k->reported = recv(k->sock, &k->end, sizeof(k->end), MSG_DONTWAIT) == sizeof(k->end);
	k->over = true;
	return 1;
}

void link_watchdog__stop(struct link_watchdog *k, struct link_watchdog_end *end)
{
	if (!k->over && send(k->sock, "", 1, MSG_NOSIGNAL) == 1)
		k->reported = receive(k, &k->end, PATIENCE_MS);
	if (!k->reported) {
		/* Whatever happened to the watchdog, it writes nothing after this */
		kill(k->pid, SIGKILL);
		while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
			;
		memset(&k->end, 0, sizeof(k->end));
		k->end.down_ns = clock__boottime_ns() - k->since_ns;
		k->end.err = link__restore(k->link, &k->end.found, &k->end.error);
		if (!k->end.err)
			error__describe(&k->end.error, "the watchdog died; the link is restored without it");
	}
	*end = k->end;
	reap(k);
}
