// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop.h"

struct entry {
	/* What is gone may still be among those that were ready together; it is free after them */
	enum { ENTRY_FREE, ENTRY_GONE, ENTRY_FD, ENTRY_TIMER, ENTRY_SIGNALS } kind;
	int fd;
	loop_fn fn;
	void *ctx;
};

struct loop {
	int epoll;
	struct entry entry[LOOP_MAX];
	size_t n;
	void (*after)(void *ctx);
	void *after_ctx;
	bool stopped;
};

struct loop *loop__new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	return l;
}

void loop__free(struct loop *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->entry[i].kind == ENTRY_TIMER || l->entry[i].kind == ENTRY_SIGNALS)
			close(l->entry[i].fd);
	close(l->epoll);
	free(l);
}

static int add(struct loop *l, const struct entry *e, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	size_t i = 0;

	while (i < l->n && l->entry[i].kind != ENTRY_FREE)
		i++;
	if (i == LOOP_MAX)
		return -ENOSPC;
	ev.data.ptr = &l->entry[i];
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, e->fd, &ev))
		return -errno;
	l->entry[i] = *e;
	if (i == l->n)
		l->n++;
	return 0;
}

void loop__remove_fd(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->entry[i].kind != ENTRY_FD || l->entry[i].fd != fd)
			continue;
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
		l->entry[i].kind = ENTRY_GONE;
	}
}

/* @e has a descriptor of the loop's own, or none if that failed */
static int add_own(struct loop *l, const struct entry *e)
{
	int ret = e->fd < 0 ? -errno : add(l, e, EPOLLIN);

	if (ret && e->fd >= 0)
		close(e->fd);
	return ret;
}

int loop__add_fd(struct loop *l, int fd, uint32_t events, loop_fn fn, void *ctx)
{
	return add(l, &(struct entry){ .kind = ENTRY_FD, .fd = fd, .fn = fn, .ctx = ctx }, events);
}

int loop__add_timer(struct loop *l, uint64_t every_ns, loop_fn fn, void *ctx)
{
	struct timespec every = { every_ns / 1000000000, every_ns % 1000000000 };
	struct itimerspec spec = { .it_interval = every, .it_value = every };
	struct entry e = {
		.kind = ENTRY_TIMER, .fn = fn, .ctx = ctx,
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
	};

	if (e.fd >= 0 && timerfd_settime(e.fd, 0, &spec, NULL)) {
		int err = -errno;

		close(e.fd);
		return err;
	}
	return add_own(l, &e);
}

int loop__add_signals(struct loop *l, const sigset_t *set, loop_fn fn, void *ctx)
{
	struct entry e = { .kind = ENTRY_SIGNALS, .fn = fn, .ctx = ctx };

	if (sigprocmask(SIG_BLOCK, set, NULL))
		return -errno;
	e.fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
	return add_own(l, &e);
}

void loop__after(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	l->after = fn;
	l->after_ctx = ctx;
}

static void dispatch(const struct entry *e, uint32_t events)
{
	struct signalfd_siginfo si;
	uint64_t expired;

	switch (e->kind) {
	case ENTRY_FREE:
	case ENTRY_GONE:
		break;
	case ENTRY_FD:
		e->fn(e->ctx, events);
		break;
	case ENTRY_TIMER:
		if (read(e->fd, &expired, sizeof(expired)) == sizeof(expired))
			e->fn(e->ctx, expired);
		break;
	case ENTRY_SIGNALS:
		while (read(e->fd, &si, sizeof(si)) == sizeof(si))
			e->fn(e->ctx, si.ssi_signo);
		break;
	}
}

int loop__run(struct loop *l)
{
	struct epoll_event ev[LOOP_MAX];

	while (!l->stopped) {
		int n = epoll_wait(l->epoll, ev, LOOP_MAX, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++)
			dispatch(ev[i].data.ptr, ev[i].events);
		for (size_t i = 0; i < l->n; i++)
			if (l->entry[i].kind == ENTRY_GONE)
				l->entry[i].kind = ENTRY_FREE;
		if (l->after)
			l->after(l->after_ctx);
	}
	return 0;
}

void loop__stop(struct loop *l)
{
	l->stopped = true;
}
