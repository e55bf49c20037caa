/* SPDX-License-Identifier: GPL-2.0-only */
/* What events are called, and their order. */
#ifndef ATCQ_CORE_EVENT_H
#define ATCQ_CORE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

const char *event_type__name(unsigned int type);	/* "cmdq_error", as in enum atcq_event_type */

/*
 * "1:0.0", "01:00.0", "0000:01:00.0" -> canonical; -EINVAL for anything else, a sign, a
 * space or one digit too many included: another device would be meant than is written.
 */
int bdf__parse(const char *text, char out[16], uint32_t *segment, uint32_t *addr);
/* "0000:01:00.0"; "?" for ATCQ_NONE */
void bdf__format(uint32_t segment, uint32_t bdf, char out[16]);

/*
 * Puts events in the order of their time. Several CPUs first reserve a place in the ring
 * buffer and read the clock then, so adjacent events may be exchanged; none is held back
 * longer than a window, nor more than the buffer holds.
 */
/*
 * Puts events in the order of their time. Several CPUs take a place in the ring
 * buffer first and the time then, so neighbours may be exchanged; nothing is
 * held back longer than a window, nor more than the buffer holds.
 */
#define ORDER_WINDOW_NS	10000000ull	/* an interrupt, or a virtual CPU that waits its turn */
#define ORDER_EVENTS	4096		/* a power of two */

struct order;

/* Return 0, or -errno to stop */
typedef int (*order_fn)(void *ctx, const struct atcq_event *ev);

struct order *order__new(order_fn fn, void *ctx);	/* NULL: out of memory */
void order__free(struct order *o);			/* NULL is fine */

/*
 * Takes @ev, and delivers what is older than the newest by the window, or the oldest
 * if the buffer is full. 0 or what the callback returned.
 */
int order__push(struct order *o, const struct atcq_event *ev);

/* Delivers what is not younger than @time_ns; UINT64_MAX: everything */
int order__until(struct order *o, uint64_t time_ns);

size_t order__waiting(const struct order *o);

/* Events that came after a younger one had been delivered; they were delivered at once */
uint64_t order__late(const struct order *o);

#endif
