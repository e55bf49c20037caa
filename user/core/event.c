// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct order {
	order_fn fn;
	void *ctx;
	/* A ring, sorted: next is the oldest */
	struct atcq_event ev[ORDER_EVENTS];
	size_t next, n;
	uint64_t newest_ns, handed_ns, late;
};

struct order *order__new(order_fn fn, void *ctx)
{
	struct order *o = malloc(sizeof(*o));

	if (!o)
		return NULL;
	o->fn = fn;
	o->ctx = ctx;
	o->next = o->n = 0;
	o->newest_ns = o->handed_ns = o->late = 0;
	return o;
}

void order__free(struct order *o)
{
	free(o);
}

size_t order__waiting(const struct order *o)
{
	return o->n;
}

uint64_t order__late(const struct order *o)
{
	return o->late;
}

static struct atcq_event *at(struct order *o, size_t i)
{
	return &o->ev[(o->next + i) & (ORDER_EVENTS - 1)];
}

static int hand_over(struct order *o)
{
	struct atcq_event *ev = at(o, 0);

	o->next = (o->next + 1) & (ORDER_EVENTS - 1);
	o->n--;
	o->handed_ns = ev->time_ns;
	return o->fn(o->ctx, ev);
}

int order__until(struct order *o, uint64_t time_ns)
{
	int ret = 0;

	while (!ret && o->n && at(o, 0)->time_ns <= time_ns)
		ret = hand_over(o);
	return ret;
}

int order__push(struct order *o, const struct atcq_event *ev)
{
	size_t i;
	int ret = 0;

	if (ev->time_ns < o->handed_ns) {
		o->late++;
		return o->fn(o->ctx, ev);
	}
	if (o->n == ORDER_EVENTS && ev->time_ns < at(o, 0)->time_ns) {
		o->handed_ns = ev->time_ns;
		return o->fn(o->ctx, ev);
	}
	if (o->n == ORDER_EVENTS)
		ret = hand_over(o);
	if (ret)
		return ret;
	/* Behind those of the same time: equal events keep the order they came in */
	for (i = o->n; i && at(o, i - 1)->time_ns > ev->time_ns; i--)
		*at(o, i) = *at(o, i - 1);
	*at(o, i) = *ev;
	o->n++;
	if (ev->time_ns > o->newest_ns)
		o->newest_ns = ev->time_ns;
	return o->newest_ns > ORDER_WINDOW_NS ? order__until(o, o->newest_ns - ORDER_WINDOW_NS) : 0;
}
