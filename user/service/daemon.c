// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sandbox.h"

#define TICK_US		100000ull
#define SECOND_NS	1000000000ull
#define DRAIN_NS	(5 * SECOND_NS)	/* for what is being answered at the end */
#define GRACE_MS	200		/* for the events of what happened last */

/* In the order of opening; closed in reverse */
static const struct daemon_module *const modules[] = {
	&history_module, &metrics_module, &textfile_module, &web_module
};
#define MODULES (sizeof(modules) / sizeof(modules[0]))

#define EACH(d, fn, ...)								\
	for (size_t module_ = 0; module_ < MODULES; module_++)					\
		if (modules[module_]->fn && modules[module_]->enabled((d)->o))			\
			modules[module_]->fn(d, ##__VA_ARGS__)

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

/* Ends the loop; the process exits with @status */
static void daemon__fail(struct daemon *d, int status)
{
	d->status = status;
	sd_event_exit(d->event, 0);
}

/* Replays a recording at the speed of its recording, block by block: a block has about a second */
static int replay(struct daemon *d)
{
	uint64_t due = d->replay_from_ns + clock__boottime_ns() - d->paced_from_ns;
	int ret = 0;

	while (!ret && !monitor__ended(&d->w) && source__now_ns(d->w.src) <= due)
		ret = monitor__poll(&d->w, 0);
	if (!ret && !d->replayed && monitor__ended(&d->w)) {
		d->replayed = true;
		log__info("%s has been replayed: the pages keep showing its last state", d->o->input);
	}
	return ret;
}

static void read_events(struct daemon *d)
{
	int ret = 0;

	if (d->w.src)
		ret = source__recorded(d->w.src) ? replay(d) : monitor__poll(&d->w, 0);
	if (!ret)
		return;
	log__error("reading events: %s", strerror(-ret));
	daemon__fail(d, EXIT_ENVIRONMENT);
}

static int on_readable(sd_event_source *s, int fd, uint32_t what, void *ctx)
{
	(void)s, (void)fd, (void)what;
	read_events(ctx);
	return 0;
}

static int after(sd_event_source *s, void *ctx)
{
	struct daemon *d = ctx;

	(void)s;
	EACH(d, after);
	return 0;
}

/* The loop continues while a module still has work to finish */
static void drain(struct daemon *d)
{
	bool done = true;

	for (size_t i = 0; i < MODULES; i++)
		if (modules[i]->drain && modules[i]->enabled(d->o))
			done &= modules[i]->drain(d);
	if (done || clock__boottime_ns() >= d->stop_by_ns)
		sd_event_exit(d->event, 0);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct daemon *d = ctx;

	(void)usec;
	sd_event_source_set_time_relative(s, TICK_US);
	read_events(d);
	if (d->stop_by_ns)
		drain(d);
	if (clock__boottime_ns() < d->second_ns)
		return 0;
	d->second_ns = clock__boottime_ns() + SECOND_NS;
	EACH(d, second);
	return 0;
}

static int on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct daemon *d = ctx;

	(void)s, (void)si;
	EACH(d, reload);
	return 0;
}

static int on_stop(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct daemon *d = ctx;

	(void)s, (void)si;
	if (!d->stop_by_ns) {
		sd_notify(0, "STOPPING=1");
		d->stop_by_ns = clock__boottime_ns() + DRAIN_NS;
	}
	drain(d);
	return 0;
}

static int add_sources(struct daemon *d)
{
	sd_event_source *tick = NULL;
	sigset_t signals;
	int ret;

	/* Not unblocked again: a second signal must not kill the process while it stops */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	ret = sigprocmask(SIG_BLOCK, &signals, NULL) ? -errno : 0;
	if (ret >= 0)
		ret = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop, d);
	if (ret >= 0)
		ret = sd_event_add_signal(d->event, NULL, SIGINT, on_stop, d);
	if (ret >= 0)
		ret = sd_event_add_signal(d->event, NULL, SIGHUP, on_reload, d);
	if (ret >= 0 && d->w.src && source__fd(d->w.src) >= 0)
		ret = sd_event_add_io(d->event, NULL, source__fd(d->w.src), EPOLLIN, on_readable, d);
	if (ret >= 0)
		ret = sd_event_add_post(d->event, NULL, after, d);
	if (ret >= 0)
		ret = sd_event_add_time_relative(d->event, &tick, CLOCK_MONOTONIC, TICK_US, 1, on_tick, d);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(tick, SD_EVENT_ON);
	if (ret >= 0)
		ret = sd_event_source_set_floating(tick, true);
	sd_event_source_unref(tick);
	return ret;
}

static int set_up_loop(struct daemon *d)
{
	int ret = sd_event_new(&d->event);

	if (ret >= 0)
		ret = sd_event_set_watchdog(d->event, true);
	if (ret >= 0)
		ret = add_sources(d);
	if (ret < 0) {
		log__error("event loop: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	return 0;
}

/* Without an SMMUv3 the daemon still serves metrics; a history alone has nothing to record */
static int open_source(struct daemon *d)
{
	struct inventory inv;
	size_t nsmmu;
	int ret;

	if (!d->o->input && metrics_module.enabled(d->o) && !inventory__read(&inv, "/sys")) {
		nsmmu = inv.nsmmu;
		inventory__free(&inv);
		if (!nsmmu) {
			log__warn("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): metrics say so, of no device");
			return 0;
		}
	}
	ret = monitor__open_file(&d->w, d->o->input, NULL, on_phase, d);
	if (ret)
		return ret;
	d->w.on_event = on_event;
	d->paced_from_ns = clock__boottime_ns();
	/* With many devices the first block has no time yet */
	d->replay_from_ns = source__meta(d->w.src)->start_ns;
	if (!d->replay_from_ns)
		d->replay_from_ns = source__now_ns(d->w.src);
	return 0;
}

static int open_all(struct daemon *d)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < MODULES; i++)
		if (modules[i]->open && modules[i]->enabled(d->o))
			ret = modules[i]->open(d);
	return ret;
}

static int start_all(struct daemon *d)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < MODULES; i++)
		if (modules[i]->start && modules[i]->enabled(d->o))
			ret = modules[i]->start(d);
	return ret;
}

/* Everything that needs a privilege has been opened by start_all() */
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

/* The first error decides the exit code; every module still stores what it has */
static int end_all(struct daemon *d)
{
	int status = d->status;

	if (d->w.src && !source__recorded(d->w.src) && !monitor__poll(&d->w, GRACE_MS))
		monitor__drain(&d->w);
	for (size_t i = 0; i < MODULES; i++) {
		int ret = modules[i]->end && modules[i]->enabled(d->o) ? modules[i]->end(d) : 0;

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
		ret = start_all(&d);
	if (!ret)
		ret = drop_privileges(&d);
	if (!ret) {
		/* Loading the BPF programs needed the kernel's BTF: megabytes in small pieces */
		malloc_trim(0);
		sd_notify(0, "READY=1");
		ret = sd_event_loop(d.event);
		ret = ret ? EXIT_ENVIRONMENT : end_all(&d);
	}
	for (size_t i = MODULES; i-- > 0;)
		if (modules[i]->close && modules[i]->enabled(o))
			modules[i]->close(&d);
	sd_event_unref(d.event);
	monitor__close(&d.w);
	return ret;
}
