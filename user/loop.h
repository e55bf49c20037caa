/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event loop on one thread: descriptors, timers and signals, by epoll.
 * Whoever needs one more (an HTTP server's own epoll descriptor, say) adds it.
 */
#ifndef ATCQ_LOOP_H
#define ATCQ_LOOP_H

#include <signal.h>
#include <stdint.h>

#define LOOP_MAX 32	/* sources of one loop */

struct loop;

/* @what: EPOLLIN and so on; for a timer how often it expired; for signals which one */
typedef void (*loop_fn)(void *ctx, uint64_t what);

struct loop *loop__new(void);		/* NULL: out of memory or descriptors */
void loop__free(struct loop *l);	/* NULL is fine; descriptors that were added stay open */

/* All 0 or -errno, -ENOSPC: more than LOOP_MAX. @events: EPOLLIN, EPOLLOUT ... */
int loop__add_fd(struct loop *l, int fd, uint32_t events, loop_fn fn, void *ctx);
/* To be called before @fd is closed; also from within a loop_fn. What is not there is fine */
void loop__remove_fd(struct loop *l, int fd);
/* The loop closes what it makes itself */
int loop__add_timer(struct loop *l, uint64_t every_ns, loop_fn fn, void *ctx);
/* Blocks the signals of @set for the process, so that only the loop gets them */
int loop__add_signals(struct loop *l, const sigset_t *set, loop_fn fn, void *ctx);

/*
 * Called whenever everything that was ready has been handed over: the place for
 * what is better done once for many.
 */
void loop__after(struct loop *l, void (*fn)(void *ctx), void *ctx);

/* Until loop__stop() is called; 0 or -errno */
int loop__run(struct loop *l);
void loop__stop(struct loop *l);

#endif
