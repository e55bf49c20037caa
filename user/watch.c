// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "cmd.h"
#include "log.h"
#include "watch.h"

/* Events of what the command did last are still on their way when it ends */
#define GRACE_MS 200

/* A device with PASIDs may be in many domains, and no event says in how many */
#define MAX_DOMAINS 16

static void on_incident(void *ctx, const struct incident *inc, enum phase phase)
{
	struct watch *w = ctx;
	char bdf[16];

	incident__bdf(inc, bdf);
	if (w->fn && (!w->only || !strcmp(w->only, bdf)))
		w->fn(w->ctx, inc, phase);
}

static void on_violation(void *ctx, const struct violation *v)
{
	struct watch *w = ctx;
	char bdf[16];

	bdf__format(v->segment, v->bdf, bdf);
	if (w->violation && (!w->only || v->bdf == ATCQ_NONE || !strcmp(w->only, bdf)))
		w->violation(w->ctx, v);
}

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct watch *w = ctx;
	struct atcq_event known = *ev;
	const struct device *d;

	/* A stream's device is known to sysfs where the event does not tell */
	if (known.bdf == ATCQ_NONE && known.sid != ATCQ_NONE) {
		d = inventory__by_sid(&w->inv, known.smmu, known.sid);
		if (d) {
			known.segment = d->segment;
			known.bdf = d->addr;
		}
	}
	if (w->on_event)
		w->on_event(w->ctx, &known);
	tracker__event(w->tracker, &known);
	invariants__event(w->invariants, &known);
	return 0;
}

static uint64_t lost(const struct watch *w)
{
	struct source_counters c = { 0 };

	/* What cannot be read may be anything */
	if (source__counters(w->src, &c))
		return UINT64_MAX;
	return c.lost_ringbuf + c.lost_other;
}

uint64_t watch__now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int watch__open(struct watch *w, const char *only, tracker_fn fn, void *ctx)
{
	char err[512] = "";
	uint32_t seg, addr;
	static char canonical[16];
	int ret;

	memset(w, 0, sizeof(*w));
	w->fn = fn;
	w->ctx = ctx;
	w->limits.cpus = sysconf(_SC_NPROCESSORS_CONF);
	w->limits.domains = MAX_DOMAINS;
	if (only) {
		if (bdf__parse(only, canonical, &seg, &addr)) {
			log__error("'%s' is not a PCI address like 0000:01:00.0", only);
			return EXIT_USAGE;
		}
		w->only = canonical;
	}
	ret = inventory__read(&w->inv, "/sys");
	if (ret) {
		log__error("/sys: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (!w->inv.nsmmu) {
		log__error("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): there is nothing to watch");
		return EXIT_ENVIRONMENT;
	}
	if (w->only && !inventory__by_bdf(&w->inv, w->only)) {
		log__error("%s is no device behind an SMMUv3; 'atcq list' shows those there are", w->only);
		return EXIT_USAGE;
	}
	ret = source__open(&w->src, err, sizeof(err));
	if (ret) {
		log__error("%s; 'atcq doctor' tells what this kernel offers", *err ? err : strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	/* The inventory again, now that the source is open: no change in between is missed */
	ret = watch__restart(w);
	if (ret)
		log__error("/sys: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static void seed(struct watch *w, const struct device *d, uint64_t now)
{
	uint32_t sid = d->nsids ? d->sids[0] : ATCQ_NONE;

	tracker__seed(w->tracker, d->smmu, sid, d->segment, d->addr, d->blocked, d->blocked_since_ns);
	invariants__seed(w->invariants, d->smmu, sid, d->segment, d->addr, d->blocked,
			 d->state_known && !d->blocked && d->ats != ATS_BROKEN, now);
}

int watch__restart(struct watch *w)
{
	int ret;

	tracker__free(w->tracker);
	invariants__free(w->invariants);
	w->tracker = tracker__new(on_incident, w);
	w->invariants = invariants__new(&w->limits, on_violation, w);
	ret = w->tracker && w->invariants ? inventory__reread(&w->inv, "/sys") : -ENOMEM;
	if (ret)
		return ret;
	if (source__kind(w->src) != SOURCE_TRACE)
		invariants__give_up(w->invariants);
	/* Only what is lost from now on counts */
	invariants__begin(w->invariants, lost(w));
	for (size_t i = 0; i < w->inv.ndev; i++)
		seed(w, &w->inv.dev[i], watch__now_ns());
	return 0;
}

void watch__finish(struct watch *w)
{
	invariants__finish(w->invariants, watch__now_ns(), lost(w));
}

int watch__poll(struct watch *w, int timeout_ms)
{
	int ret = source__poll(w->src, timeout_ms, on_event, w);

	invariants__settle(w->invariants, lost(w));
	return ret >= 0 || ret == -EINTR ? 0 : ret;
}

int watch__run(struct watch *w, uint64_t duration_ns, char **command, int *status,
	       uint64_t *took_ns)
{
	uint64_t start = watch__now_ns();
	pid_t pid = command ? child__start(command) : 0;
	bool told = false;
	int ret = 0;

	if (pid < 0) {
		log__error("%s: %s", command[0], strerror(-pid));
		return EXIT_ENVIRONMENT;
	}
	while (!ret) {
		ret = watch__poll(w, 50);
		if (w->on_tick)
			w->on_tick(w->ctx);
		if (pid && child__ended(pid, status))
			break;
		if (pid && stop__requested() && !told) {
			kill(pid, SIGTERM);
			told = true;
		}
		if (!pid && (stop__requested() ||
			     (duration_ns && watch__now_ns() - start >= duration_ns)))
			break;
	}
	if (!ret)
		ret = watch__poll(w, GRACE_MS);
	if (!ret)
		ret = watch__poll(w, 0);
	*took_ns = watch__now_ns() - start;
	if (ret)
		log__error("reading events: %s", strerror(-ret));
	return ret ? EXIT_ENVIRONMENT : 0;
}

void watch__close(struct watch *w)
{
	source__free(w->src);
	tracker__free(w->tracker);
	invariants__free(w->invariants);
	inventory__free(&w->inv);
}
