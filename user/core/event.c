// SPDX-License-Identifier: GPL-2.0-only
/* Names of events, PCI addresses as text, and sorting events by time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

const char *event_type__name(unsigned int type)
{
	static const char *const names[] = {
		[ATCQ_EV_CMD_SYNC] = "cmd_sync", [ATCQ_EV_GERROR] = "gerror",
		[ATCQ_EV_CMDQ_ERROR] = "cmdq_error", [ATCQ_EV_ATC_TIMEOUT] = "atc_timeout",
		[ATCQ_EV_ATS_BLOCKED] = "ats_blocked", [ATCQ_EV_ATS_RESTORED] = "ats_restored",
		[ATCQ_EV_ATC_SUPPRESSED] = "atc_suppressed", [ATCQ_EV_DEVICE_BROKEN] = "device_broken",
		[ATCQ_EV_DEVICE_BLOCKED] = "device_blocked", [ATCQ_EV_DEVICE_UNBLOCKED] = "device_unblocked",
		[ATCQ_EV_RESET_PREPARE] = "reset_prepare", [ATCQ_EV_RESET_DONE] = "reset_done",
		[ATCQ_EV_DEVICE_RELEASED] = "device_released", [ATCQ_EV_FAULT_FIRED] = "fault_fired",
		[ATCQ_EV_FLR] = "flr", [ATCQ_EV_AER] = "aer", [ATCQ_EV_DPC] = "dpc",
		[ATCQ_EV_HOTPLUG] = "hotplug", [ATCQ_EV_SYNC_DELAYED] = "sync_delayed",
		[ATCQ_EV_ATC_ANSWERED] = "atc_answered",
		[ATCQ_EV_LOST] = "lost",
	};

	return type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "unknown";
}

/* One to @digits hexadecimal digits before @end; returns the position after @end, or NULL */
static const char *hex_before(const char *text, size_t digits, char end, uint32_t *out)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	if (!n || n > digits || text[n] != end)
		return NULL;
	*out = strtoul(text, NULL, 16);
	return text + n + (end != '\0');
}

int bdf__parse(const char *text, char out[16], uint32_t *segment, uint32_t *addr)
{
	const char *colon = strchr(text, ':');
	uint32_t seg = 0, bus, slot, func;

	/* scanf's %x would also accept signs, spaces, "0x" and overflows */
	if (colon && strchr(colon + 1, ':'))
		text = hex_before(text, 4, ':', &seg);
	if (text)
		text = hex_before(text, 2, ':', &bus);
	if (text)
		text = hex_before(text, 2, '.', &slot);
	if (text)
		text = hex_before(text, 1, '\0', &func);
	if (!text || slot > 0x1f || func > 7)
		return -EINVAL;
	snprintf(out, 16, "%04x:%02x:%02x.%x", seg & 0xffff, bus & 0xff, slot & 0x1f, func & 7);
	*segment = seg;
	*addr = bus << 8 | slot << 3 | func;
	return 0;
}

void bdf__format(uint32_t segment, uint32_t bdf, char out[16])
{
	if (bdf == ATCQ_NONE)
		snprintf(out, 16, "?");
	else
		snprintf(out, 16, "%04x:%02x:%02x.%x", segment & 0xffff, bdf >> 8 & 0xff,
			 bdf >> 3 & 0x1f, bdf & 7);
}

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
	/* After events of the same time: they keep their order of arrival */
	for (i = o->n; i && at(o, i - 1)->time_ns > ev->time_ns; i--)
		*at(o, i) = *at(o, i - 1);
	*at(o, i) = *ev;
	o->n++;
	if (ev->time_ns > o->newest_ns)
		o->newest_ns = ev->time_ns;
	return o->newest_ns > ORDER_WINDOW_NS ? order__until(o, o->newest_ns - ORDER_WINDOW_NS) : 0;
}
