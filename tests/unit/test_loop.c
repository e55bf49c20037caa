// SPDX-License-Identifier: GPL-2.0-only
/* The event loop: descriptors, timers and signals on one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"

struct seen {
	struct loop *l;
	int fd[2];
	unsigned int bytes, ticks, signals, rounds;
};

static void on_fd(void *ctx, uint64_t what)
{
	struct seen *s = ctx;
	char byte;

	assert_true(what & EPOLLIN);
	assert_int_equal(read(s->fd[0], &byte, 1), 1);
	s->bytes++;
}

static void on_timer(void *ctx, uint64_t expired)
{
	struct seen *s = ctx;

	s->ticks += expired;
	assert_int_equal(write(s->fd[1], "x", 1), 1);
	if (s->bytes >= 3)
		raise(SIGUSR1);
}

static void on_signal(void *ctx, uint64_t signal)
{
	struct seen *s = ctx;

	assert_int_equal(signal, SIGUSR1);
	s->signals++;
	loop__stop(s->l);
}

static void after(void *ctx)
{
	((struct seen *)ctx)->rounds++;
}

static void test_all(void **state)
{
	struct seen s = { .l = loop__new() };
	sigset_t set;

	(void)state;
	assert_non_null(s.l);
	assert_int_equal(pipe(s.fd), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	assert_int_equal(loop__add_fd(s.l, s.fd[0], EPOLLIN, on_fd, &s), 0);
	assert_int_equal(loop__add_timer(s.l, 1000000, on_timer, &s), 0);
	assert_int_equal(loop__add_signals(s.l, &set, on_signal, &s), 0);
	loop__after(s.l, after, &s);
	assert_int_equal(loop__run(s.l), 0);
	assert_int_equal(s.signals, 1);
	assert_true(s.bytes >= 3 && s.ticks >= 3 && s.rounds >= 3);
	loop__free(s.l);
	close(s.fd[0]);
	close(s.fd[1]);
}

static void test_limits(void **state)
{
	struct loop *l = loop__new();

	(void)state;
	assert_int_equal(loop__add_fd(l, -1, EPOLLIN, on_fd, NULL), -9);
	for (int i = 0; i < LOOP_MAX; i++)
		assert_int_equal(loop__add_timer(l, 1000000000, on_timer, NULL), 0);
	assert_int_equal(loop__add_timer(l, 1000000000, on_timer, NULL), -28);
	loop__free(l);
	loop__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all), cmocka_unit_test(test_limits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
