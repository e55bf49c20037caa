// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "cmd.h"
#include "history/keeper.h"
#include "history/room.h"
#include "journal.h"
#include "log.h"
#include "loop.h"
#include "sink/sink.h"
#include "watch.h"

#define TICK_NS		100000000ull
#define SECOND_NS	1000000000ull
#define RESERVE_RETRY_NS (60 * SECOND_NS)
#define RETAIN_TURNS	16		/* so that retention keeps up with a storm, and events do not wait long */
#define STEP_NS		100000000	/* the wall clock was set, not slewed */
#define GRACE_MS	200		/* for the events of what happened last */

struct daemon_opts {
	const char *db;
	struct room_limits limits;
};

static const struct daemon_opts daemon_defaults = {
	.limits = { .age_ns = 90 * 86400 * SECOND_NS, .bytes = 1ull << 30, .reserve = 4 << 20 },
};

static const struct opt daemon_options[] = {
	{ "db", 0, OPT_STRING, "FILE", "keep the history in this SQLite database", offsetof(struct daemon_opts, db), 0, 0, NULL, true },
	{ "retain-age", 0, OPT_DURATION, "TIME", "delete incidents that are older (default 90d, 0s: never)", offsetof(struct daemon_opts, limits.age_ns), 0, INT64_MAX, NULL, false },
	{ "retain-size", 0, OPT_SIZE, "SIZE", "delete the oldest when the database has more in use (default 1G, 0: never)", offsetof(struct daemon_opts, limits.bytes), 0, INT64_MAX, NULL, false },
	{ "reserve", 0, OPT_SIZE, "SIZE", "keep this much for a full disk, in the database and in its log (default 4M, 0: nothing)", offsetof(struct daemon_opts, limits.reserve), 0, 1 << 30, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

struct daemon {
	const struct daemon_opts *o;
	struct watch w;
	struct store *store;
	struct keeper *keeper;
	struct loop *loop;
	struct store_boot boot;
	int64_t wall_offset_ns;
	uint64_t second_ns;		/* when what is done once a second is due */
	uint64_t reserve_ns;		/* when the reserve is looked after again */
	uint64_t told;			/* of those that are kept; a hint */
	uint64_t lost_before;		/* incidents, when the disk became full */
	int64_t failing_utc_ns;		/* since when */
	bool failing;
	int status;
};

static int64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec - (int64_t)watch__now_ns();
}

static int64_t utc_now(const struct daemon *d)
{
	return d->wall_offset_ns + (int64_t)watch__now_ns();
}

static void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	keeper__phase(((struct daemon *)ctx)->keeper, inc, phase);
}

static void on_event(void *ctx, const struct atcq_event *ev)
{
	keeper__event(((struct daemon *)ctx)->keeper, ev);
}

static int on_untold(void *ctx, const struct incident *inc, const char *boot)
{
	(void)ctx;
	return journal__incident(inc, boot);
}

/* Only what is on disk is told: nobody shall look in vain for what the journal names */
static void tell(struct daemon *d)
{
	size_t n = STORE_TELL;

	d->told = keeper__totals(d->keeper)->kept;
	while (n == STORE_TELL)
		if (store__tell(d->store, on_untold, d, &n))
			break;
}

static void fail(struct daemon *d, int status)
{
	d->status = status;
	loop__stop(d->loop);
}

static void read_events(struct daemon *d)
{
	int ret = watch__poll(&d->w, 0);

	if (!ret)
		return;
	log__error("reading events: %s", strerror(-ret));
	fail(d, EXIT_ENVIRONMENT);
}

static void on_readable(void *ctx, uint64_t what)
{
	(void)what;
	read_events(ctx);
}

/* It can be written again: what was lost meanwhile is told, everywhere */
static void recovered(struct daemon *d)
{
	uint64_t lost = keeper__totals(d->keeper)->lost - d->lost_before;
	char text[128];

	d->failing = false;
	if (lost)
		store__loss(d->store, d->failing_utc_ns, utc_now(d), lost);
	if (lost)
		snprintf(text, sizeof(text), "the history can be written again; %llu incident(s) are lost",
			 (unsigned long long)lost);
	else
		snprintf(text, sizeof(text), "the history can be written again; nothing is lost");
	log__warn("%s: %s", d->o->db, text);
	if (lost)
		journal__lost(text, lost);
}

static void flush(struct daemon *d, bool all)
{
	int ret = keeper__flush(d->keeper, watch__now_ns(), all);

	if (ret && !d->failing) {
		d->failing = true;
		d->failing_utc_ns = utc_now(d);
		d->lost_before = keeper__totals(d->keeper)->lost;
		log__error("%s: %s: incidents wait in memory, at most %d, until it can be written again%s", d->o->db,
			   store__error(d->store), KEEPER_TAILS, ret == SQLITE_FULL ? " (make room)" : "");
	} else if (d->failing && !keeper__failing(d->keeper)) {
		recovered(d);
	}
	if (d->told != keeper__totals(d->keeper)->kept)
		tell(d);
}

static void after(void *ctx)
{
	flush(ctx, false);
}

/* Room is made also while nothing can be written: that may be what is needed */
static void once_a_second(struct daemon *d)
{
	int64_t offset = wall_offset(), step = offset - d->wall_offset_ns;
	uint64_t now = watch__now_ns(), deleted = 0;
	int more = 1;

	for (int i = 0; more && i < RETAIN_TURNS; i++)
		if (room__retain(store__db(d->store), &d->o->limits, offset + (int64_t)now, &deleted, &more))
			break;
	if (!d->failing)
		tell(d);
	/* On a full disk each attempt costs as much writing as the reserve is large */
	if (!d->failing && now >= d->reserve_ns &&
	    room__reserve(store__db(d->store), d->o->db, &d->o->limits))
		d->reserve_ns = now + RESERVE_RETRY_NS;
	if ((step > STEP_NS || step < -STEP_NS) && !store__boot(d->store, &d->boot, offset))
		d->wall_offset_ns = offset;
}

static void on_tick(void *ctx, uint64_t expired)
{
	struct daemon *d = ctx;

	(void)expired;
	read_events(d);
	if (watch__now_ns() < d->second_ns)
		return;
	d->second_ns = watch__now_ns() + SECOND_NS;
	once_a_second(d);
	sd_notify(0, "WATCHDOG=1");
}

static void on_signal(void *ctx, uint64_t signal)
{
	if (signal != SIGHUP)	/* will mean: read the configuration again */
		loop__stop(((struct daemon *)ctx)->loop);
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
	if (!ret)
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

static int open_history(struct daemon *d)
{
	struct utsname un = { 0 };
	char err[512] = "";
	int ret = store__open(&d->store, d->o->db, err, sizeof(err));

	if (ret) {
		log__error("%s", *err ? err : strerror(-ret));
		return ret == -EINVAL || ret == -EPROTONOSUPPORT ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	uname(&un);
	snprintf(d->boot.kernel, sizeof(d->boot.kernel), "%s", un.release);
	snprintf(d->boot.host, sizeof(d->boot.host), "%s", un.nodename);
	snprintf(d->boot.boot_id, sizeof(d->boot.boot_id), "%s", boot_id());
	d->keeper = keeper__new(d->store, d->boot.boot_id);
	if (!d->keeper)
		log__error("%s", strerror(ENOMEM));
	return d->keeper ? 0 : EXIT_ENVIRONMENT;
}

/* The history goes on where the last daemon left it */
static int begin(struct daemon *d)
{
	int ret;

	d->w.on_event = on_event;
	d->boot.source = source__kind_name(source__kind(d->w.src));
	d->wall_offset_ns = wall_offset();
	ret = room__reserve(store__db(d->store), d->o->db, &d->o->limits);
	if (ret)
		log__warn("%s: %s: there is no room for the reserve yet", d->o->db, store__error(d->store));
	ret = store__boot(d->store, &d->boot, d->wall_offset_ns);
	if (!ret)
		ret = keeper__resume(d->keeper, d->w.tracker);
	if (ret)
		log__error("%s: %s", d->o->db, store__error(d->store));
	return ret ? EXIT_ENVIRONMENT : 0;
}

static int end(struct daemon *d)
{
	const struct keeper_totals *t = keeper__totals(d->keeper);

	sd_notify(0, "STOPPING=1");
	if (!watch__poll(&d->w, GRACE_MS))
		watch__drain(&d->w);
	flush(d, true);
	if (!keeper__failing(d->keeper))
		return d->status;
	log__error("%s: the last incidents could not be written; %llu were lost before", d->o->db,
		   (unsigned long long)t->lost);
	return EXIT_ENVIRONMENT;
}

static int do_daemon(const void *opts, int argc, char **argv, char **command)
{
	struct daemon d = { .o = opts };
	int ret;

	(void)argc, (void)argv, (void)command;
	log__init(LOG_INFO, "daemon", false);
	ret = open_history(&d);
	if (!ret)
		ret = watch__open(&d.w, NULL, on_phase, &d);
	if (!ret)
		ret = begin(&d);
	if (!ret)
		ret = set_up_loop(&d);
	if (!ret) {
		if (!journal__there())
			log__warn("there is no journal here: incidents go to the history only");
		flush(&d, false);
		tell(&d);
		log__info("keeping the history of %zu device(s) in %s, source: %s", d.w.inv.ndev, d.o->db, d.boot.source);
		sd_notify(0, "READY=1");
		ret = loop__run(d.loop);
		ret = ret ? EXIT_ENVIRONMENT : end(&d);
	}
	loop__free(d.loop);
	keeper__free(d.keeper);
	store__close(d.store);
	watch__close(&d.w);
	return ret;
}

const struct cmd cmd_daemon = {
	.name = "daemon",
	.summary = "keep the history of all incidents",
	.args = "",
	.about =
		"Runs in the foreground, as a service manager likes it, and keeps each incident\n"
		"with the events around it (from 5 s before until 5 s after) in an SQLite database.\n"
		"'atcq report --db FILE' reads it, also meanwhile. SIGTERM ends it.\n"
		"\n"
		"An incident is written when it begins and whenever it goes on, so neither a crash\n"
		"nor a power loss takes one that was seen. One that was open when the daemon ended\n"
		"goes on if its device has been blocked ever since, marked incomplete; else its\n"
		"state is 'unknown': nobody saw its end.\n"
		"\n"
		"When the disk is full, the reserve is used. After that up to 4096 incidents wait\n"
		"in memory; what is lost beyond that is counted, and told when there is room again.\n"
		"A file system that never overwrites in place (btrfs, ZFS) has no use for a reserve.\n"
		"\n"
		"Each incident that is over also goes to the system's journal, with MESSAGE_ID\n"
		JOURNAL_INCIDENT " and fields ATCQ_INCIDENT, ATCQ_DEVICE,\n"
		"ATCQ_STATE, ATCQ_RECOVERY_DURATION_NS and more.",
	.opts = daemon_options,
	.opts_size = sizeof(struct daemon_opts),
	.defaults = &daemon_defaults,
	.max_args = 0,
	.run = do_daemon,
};
