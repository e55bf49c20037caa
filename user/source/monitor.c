// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "monitor.h"

/* The last events that a command causes arrive after its exit */
#define GRACE_MS 200
#define SCAN_NS 1000000000ull

/* A device with PASIDs may be in many domains, and no event has their number */
#define MAX_DOMAINS 16

/* As ORDER_WINDOW_NS */
#define HOLD_MS 10

static void on_incident(void *ctx, const struct incident *inc, enum phase phase)
{
	struct monitor *w = ctx;
	char bdf[16];

	incident__bdf(inc, bdf);
	if (w->fn && (!w->only || !strcmp(w->only, bdf)))
		w->fn(w->ctx, inc, phase);
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct monitor *w = ctx;
	char bdf[16];

	bdf__format(v->segment, v->bdf, bdf);
	if (w->violation && (!w->only || v->bdf == ATCQ_NONE || !strcmp(w->only, bdf)))
		w->violation(w->ctx, v);
}

/*
 * Finds devices that were added: up to Linux 6.14 a device is behind the SMMU only
 * after it had its first driver. Limited in rate, since a Stream ID may be unknown.
 */
static bool rescan_devices(struct monitor *w)
{
	uint64_t now = clock__boottime_ns();

	if (source__recorded(w->src) || now < w->next_scan_ns)
		return false;
	w->next_scan_ns = now + SCAN_NS;
	return !inventory__reread_passively(&w->inv, "/sys");
}

/* Finds the device of an event that has only a Stream ID */
static void name_device(struct monitor *w, struct atcq_event *ev)
{
	const struct device *d = inventory__by_sid(&w->inv, ev->smmu, ev->sid);

	if (!d && rescan_devices(w))
		d = inventory__by_sid(&w->inv, ev->smmu, ev->sid);
	if (d) {
		ev->segment = d->segment;
		ev->bdf = d->addr;
	}
}

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct monitor *w = ctx;
	struct atcq_event known;

	if (ev->bdf == ATCQ_NONE && ev->sid != ATCQ_NONE) {
		known = *ev;
		name_device(w, &known);
		ev = &known;
	}
	if (w->on_event)
		w->on_event(w->ctx, ev);
	tracker__event(w->tracker, ev);
	invariants__event(w->invariants, ev);
	return 0;
}

static int in_order(void *ctx, const struct atcq_event *ev)
{
	struct monitor *w = ctx;

	return order__push(w->order, ev);
}

static bool is_above(void *ctx, uint32_t segment, uint32_t bdf, uint32_t device)
{
	const struct monitor *w = ctx;

	return inventory__is_above(&w->inv, segment, bdf, device);
}

int monitor__open_source(struct source **out, const struct source_opts *opts)
{
	struct error err = { "" };
	struct inventory inv;
	int ret = inventory__read(&inv, "/sys");

	*out = NULL;
	if (ret) {
		log__error("/sys: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	ret = inv.nsmmu ? 0 : EXIT_ENVIRONMENT;
	inventory__free(&inv);
	if (ret) {
		log__error("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): there is nothing to watch");
		return ret;
	}
	ret = source__open(out, opts, &err);
	if (!ret)
		return 0;
	log__error("%s; 'atcq doctor' shows what this kernel offers", *err.text ? err.text : strerror(-ret));
	return EXIT_ENVIRONMENT;
}

static int open_recorded(struct monitor *w, const char *path)
{
	struct error err = { "" };
	int ret = source__open_file(&w->src, path, &err);

	if (!ret)
		return 0;
	log__error("%s", err.text);
	return ret == -EINVAL || ret == -ENOENT ? EXIT_USAGE : EXIT_ENVIRONMENT;
}

static void seed(struct monitor *w, const struct device *d, uint64_t now)
{
	uint32_t sid = d->nsids ? d->sids[0] : ATCQ_NONE;

	tracker__seed(w->tracker, d->smmu, sid, d->segment, d->addr, d->blocked, d->blocked_since_ns);
	invariants__seed(w->invariants, d->smmu, sid, d->segment, d->addr, d->blocked,
			 d->state_known && !d->blocked && d->ats != ATS_BROKEN, now);
}

static int restart(struct monitor *w)
{
	const struct meta *meta = source__meta(w->src);
	uint64_t now = source__recorded(w->src) ? meta->start_ns : clock__boottime_ns();

	tracker__free(w->tracker);
	invariants__free(w->invariants);
	w->tracker = tracker__new(on_incident, w);
	w->invariants = invariants__new(&w->limits, on_violation, w);
	if (!w->tracker || !w->invariants)
		return -ENOMEM;
	tracker__set_reported_phases(w->tracker, source__phases(w->src));
	tracker__set_above(w->tracker, is_above, w);
	if (source__kind(w->src) != SOURCE_TRACE || !meta->cpus)
		invariants__give_up(w->invariants);
	/* Only events that are lost from now on count */
	invariants__start(w->invariants, source__lost(w->src));
	for (size_t i = 0; i < w->inv.ndev; i++)
		seed(w, &w->inv.dev[i], now);
	return 0;
}

int monitor__open(struct monitor *w, const char *only, tracker_fn fn, void *ctx)
{
	return monitor__open_file(w, NULL, only, fn, ctx);
}

int monitor__open_file(struct monitor *w, const char *path, const char *only, tracker_fn fn, void *ctx)
{
	static char canonical[16];
	uint32_t seg, addr;
	int ret;

	memset(w, 0, sizeof(*w));
	w->fn = fn;
	w->ctx = ctx;
	if (only) {
		if (bdf__parse(only, canonical, &seg, &addr)) {
			log__error("'%s' is not a PCI address like 0000:01:00.0", only);
			return EXIT_USAGE;
		}
		w->only = canonical;
	}
	w->order = order__new(on_event, w);
	if (!w->order) {
		log__error("out of memory");
		return EXIT_ENVIRONMENT;
	}
	ret = path ? open_recorded(w, path) : monitor__open_source(&w->src, NULL);
	if (ret)
		return ret;
	if (w->only && !inventory__by_bdf(&source__meta(w->src)->inv, w->only)) {
		log__error("%s is no device behind an SMMUv3; %s shows all", w->only,
			   path ? "a trace without --device" : "'atcq list'");
		return EXIT_USAGE;
	}
	w->limits.cpus = source__meta(w->src)->cpus;
	w->limits.domains = MAX_DOMAINS;
	/* The source read its devices after it was open, so that no change in between is missed */
	ret = inventory__copy(&w->inv, &source__meta(w->src)->inv);
	if (!ret)
		ret = restart(w);
	if (ret)
		log__error("%s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

int monitor__restart(struct monitor *w)
{
	int ret = order__until(w->order, UINT64_MAX);

	if (!ret)
		ret = inventory__reread(&w->inv, "/sys");
	return ret ? ret : restart(w);
}

void monitor__finish(struct monitor *w)
{
	order__until(w->order, UINT64_MAX);
	invariants__finish(w->invariants, source__now_ns(w->src), source__lost(w->src));
}

int monitor__poll(struct monitor *w, int timeout_ms)
{
	bool waiting = order__waiting(w->order);
	uint64_t now;
	int ret;

	/* Held events must not wait for the next event */
	if (waiting && (timeout_ms < 0 || timeout_ms > HOLD_MS))
		timeout_ms = HOLD_MS;
	ret = source__poll(w->src, timeout_ms, in_order, w);
	invariants__settle(w->invariants, source__lost(w->src));
	if (ret < 0 && ret != -EINTR)
		return ret;
	if (source__recorded(w->src))
		return source__ended(w->src) ? order__until(w->order, UINT64_MAX) : 0;
	now = clock__boottime_ns();
	return now > ORDER_WINDOW_NS ? order__until(w->order, now - ORDER_WINDOW_NS) : 0;
}

bool monitor__ended(struct monitor *w)
{
	char text[512];

	if (!source__ended(w->src))
		return false;
	if (!w->complained) {
		source__complaint(w->src, text, sizeof(text));
		if (*text)
			log__warn("%s", text);
		w->complained = true;
	}
	return true;
}

int monitor__drain(struct monitor *w)
{
	int ret = source__recorded(w->src) ? 0 : monitor__poll(w, 0);

	return ret ? ret : order__until(w->order, UINT64_MAX);
}

static int wait_grace(struct monitor *w)
{
	uint64_t end = clock__boottime_ns() + GRACE_MS * 1000000ull, now;
	int ret = 0;

	while (!ret && (now = clock__boottime_ns()) < end)
		ret = monitor__poll(w, (end - now) / 1000000 + 1);
	return ret;
}

int monitor__run(struct monitor *w, uint64_t duration_ns, char **command, int *status,
	       uint64_t *took_ns)
{
	uint64_t start = clock__boottime_ns();
	pid_t pid = command ? process__spawn(command) : 0;
	bool terminated = false;
	int ret = 0;

	if (pid < 0) {
		log__error("%s: %s", command[0], strerror(-pid));
		return EXIT_ENVIRONMENT;
	}
	while (!ret) {
		ret = monitor__poll(w, 50);
		if (w->on_tick)
			w->on_tick(w->ctx);
		if (monitor__ended(w))
			break;
		if (pid && process__exited(pid, status))
			break;
		if (pid && process__interrupted() && !terminated) {
			kill(pid, SIGTERM);
			terminated = true;
		}
		if (!pid && (process__interrupted() ||
			     (duration_ns && clock__boottime_ns() - start >= duration_ns)))
			break;
	}
	if (!ret && !source__recorded(w->src))
		ret = wait_grace(w);
	if (!ret)
		ret = monitor__drain(w);
	*took_ns = source__recorded(w->src) ? source__span_ns(w->src) : clock__boottime_ns() - start;
	if (ret)
		log__error("reading events: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

void monitor__close(struct monitor *w)
{
	source__free(w->src);
	order__free(w->order);
	tracker__free(w->tracker);
	invariants__free(w->invariants);
	inventory__free(&w->inv);
}
