/* SPDX-License-Identifier: GPL-2.0-only */
/* What events are called, and their order. */
#ifndef ATCQ_CORE_EVENT_H
#define ATCQ_CORE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

const char *event_type__name(unsigned int type);	/* "cmdq_error", as in enum atcq_event_type */

/*
 * "1:0.0", "01:00.0", "0000:01:00.0" -> canonical; -EINVAL for anything else. A sign, a
 * space or an extra digit is refused, because it could name another device.
 */
int bdf__parse(const char *text, char out[16], uint32_t *segment, uint32_t *addr);
/* "0000:01:00.0"; "?" for ATCQ_NONE */
void bdf__format(uint32_t segment, uint32_t bdf, char out[16]);

/*
 * Sorts events by time. A CPU reserves a record in the ring buffer before it reads the
 * clock, so events of several CPUs may be swapped. An event is held for one window at
 * most, or until the buffer is full.
 */
#define ORDER_WINDOW_NS	10000000ull	/* the time of an interrupt, or of a virtual CPU that is not running */
#define ORDER_EVENTS	4096		/* a power of two */

struct order;

/* Return 0, or -errno to stop */
typedef int (*order_fn)(void *ctx, const struct atcq_event *ev);

struct order *order__new(order_fn fn, void *ctx);	/* NULL: out of memory */
void order__free(struct order *o);			/* NULL is fine */

/*
 * Adds @ev, and delivers the events that are older than the newest by the window, or the
 * oldest if the buffer is full. 0 or what the callback returned.
 */
int order__push(struct order *o, const struct atcq_event *ev);

/* Delivers the events up to @time_ns; UINT64_MAX: all */
int order__until(struct order *o, uint64_t time_ns);

size_t order__waiting(const struct order *o);

/* Events that came after a newer one was delivered; they are delivered at once */
uint64_t order__late(const struct order *o);

#endif
