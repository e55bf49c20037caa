// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sandbox.h"

#define TICK_NS		100000000ull
#define SECOND_NS	1000000000ull
#define DRAIN_NS	(5 * SECOND_NS)	/* for what is being answered at the end */
#define GRACE_MS	200		/* for the events of what happened last */

/* In the order in which they are opened; closed the other way round */
static const struct daemon_part *const parts[] = { &history_part, &metrics_part, &textfile_part, &web_part };
#define PARTS (sizeof(parts) / sizeof(parts[0]))

#define EACH(d, fn, ...)								\
	for (size_t part_ = 0; part_ < PARTS; part_++)					\
		if (parts[part_]->fn && parts[part_]->wanted((d)->o))			\
			parts[part_]->fn(d, ##__VA_ARGS__)

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	struct daemon *d = ctx;

	EACH(d, phase, inc, phase);
}

static void on_event(void *ctx, const struct atcq_event *ev)
{
	struct daemon *d = ctx;

	EACH(d, event, ev);
}

void daemon__fail(struct daemon *d, int status)
{
	d->status = status;
	loop__stop(d->loop);
}

/* A recording goes on as it once did, by its blocks: one has about a second */
static int replay(struct daemon *d)
{
	uint64_t due = d->replay_from_ns + clock__boottime_ns() - d->paced_from_ns;
	int ret = 0;

	while (!ret && !watch__ended(&d->w) && source__now_ns(d->w.src) <= due)
		ret = watch__poll(&d->w, 0);
	if (!ret && !d->replayed && watch__ended(&d->w)) {
		d->replayed = true;
		log__info("%s has been replayed: what it ends with stays", d->o->input);
	}
	return ret;
}

static void read_events(struct daemon *d)
{
	int ret = 0;

	if (d->w.src)
		ret = source__recorded(d->w.src) ? replay(d) : watch__poll(&d->w, 0);
	if (!ret)
		return;
	log__error("reading events: %s", strerror(-ret));
	daemon__fail(d, EXIT_ENVIRONMENT);
}

static void on_readable(void *ctx, uint64_t what)
{
	(void)what;
	read_events(ctx);
}

static void after(void *ctx)
{
	struct daemon *d = ctx;

	EACH(d, after);
}

/* The loop goes on while somebody still has something to finish */
static void drain(struct daemon *d)
{
	bool done = true;

	for (size_t i = 0; i < PARTS; i++)
		if (parts[i]->drain && parts[i]->wanted(d->o))
			done &= parts[i]->drain(d);
	if (done || clock__boottime_ns() >= d->stop_by_ns)
		loop__stop(d->loop);
}

static void on_tick(void *ctx, uint64_t expired)
{
	struct daemon *d = ctx;

	(void)expired;
	read_events(d);
	if (d->stop_by_ns)
		drain(d);
	if (clock__boottime_ns() < d->second_ns)
		return;
	d->second_ns = clock__boottime_ns() + SECOND_NS;
	EACH(d, second);
	sd_notify(0, "WATCHDOG=1");
}

static void on_signal(void *ctx, uint64_t signal)
{
	struct daemon *d = ctx;

	if (signal == SIGHUP) {
		EACH(d, reload);
		return;
	}
	if (!d->stop_by_ns) {
		sd_notify(0, "STOPPING=1");
		d->stop_by_ns = clock__boottime_ns() + DRAIN_NS;
	}
	drain(d);
}

static int set_up_loop(struct daemon *d)
{
	sigset_t signals;
	int ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	d->loop = loop__new();
	ret = d->loop ? 0 : -errno;
	if (!ret)
		ret = loop__add_signals(d->loop, &signals, on_signal, d);
	if (!ret && d->w.src && source__fd(d->w.src) >= 0)
		ret = loop__add_fd(d->loop, source__fd(d->w.src), EPOLLIN, on_readable, d);
	if (!ret)
		ret = loop__add_timer(d->loop, TICK_NS, on_tick, d);
	if (ret) {
		log__error("event loop: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	loop__after(d->loop, after, d);
	return 0;
}

/* A machine without an SMMUv3 may still be asked how it is; with a history alone there is nothing to do */
static int open_source(struct daemon *d)
{
	struct inventory inv;
	size_t nsmmu;
	int ret;

	if (!d->o->input && metrics_part.wanted(d->o) && !inventory__read(&inv, "/sys")) {
		nsmmu = inv.nsmmu;
		inventory__free(&inv);
		if (!nsmmu) {
			log__warn("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): metrics say so, of no device");
			return 0;
		}
	}
	ret = watch__open_file(&d->w, d->o->input, NULL, on_phase, d);
	if (ret)
		return ret;
	d->w.on_event = on_event;
	d->paced_from_ns = clock__boottime_ns();
	/* Of many devices the first block tells no time yet */
	d->replay_from_ns = source__meta(d->w.src)->start_ns;
	if (!d->replay_from_ns)
		d->replay_from_ns = source__now_ns(d->w.src);
	return 0;
}

static int open_all(struct daemon *d)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < PARTS; i++)
		if (parts[i]->open && parts[i]->wanted(d->o))
			ret = parts[i]->open(d);
	return ret;
}

static int begin_all(struct daemon *d)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < PARTS; i++)
		if (parts[i]->begin && parts[i]->wanted(d->o))
			ret = parts[i]->begin(d);
	return ret;
}

/* From here on nothing needs a privilege: what does was opened by begin_all() */
static int drop_privileges(struct daemon *d)
{
	struct error err;
	char caps[256];

	if (priv__drop(&err)) {
		log__error("%s", err.text);
		return EXIT_ENVIRONMENT;
	}
	priv__capabilities(caps, sizeof(caps));
	if (d->metrics)
		metrics__privileges(d->metrics, caps, priv__seccomp());
	return 0;
}

/* The first that went wrong counts, but each may bring home what it has */
static int end_all(struct daemon *d)
{
	int status = d->status;

	if (d->w.src && !source__recorded(d->w.src) && !watch__poll(&d->w, GRACE_MS))
		watch__drain(&d->w);
	for (size_t i = 0; i < PARTS; i++) {
		int ret = parts[i]->end && parts[i]->wanted(d->o) ? parts[i]->end(d) : 0;

		status = status ? status : ret;
	}
	return status;
}

int daemon__run(const struct daemon_opts *o)
{
	struct daemon d = { .o = o };
	int ret;

	ret = open_all(&d);
	if (!ret)
		ret = open_source(&d);
	if (!ret)
		ret = set_up_loop(&d);
	if (!ret)
		ret = begin_all(&d);
	if (!ret)
		ret = drop_privileges(&d);
	if (!ret) {
		/* To load BPF programs took the kernel's types, megabytes of them, in pieces */
		malloc_trim(0);
		sd_notify(0, "READY=1");
		ret = loop__run(d.loop);
		ret = ret ? EXIT_ENVIRONMENT : end_all(&d);
	}
	for (size_t i = PARTS; i-- > 0;)
		if (parts[i]->close && parts[i]->wanted(o))
			parts[i]->close(&d);
	loop__free(d.loop);
	watch__close(&d.w);
	return ret;
}
