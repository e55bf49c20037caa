// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's history: incidents and their events go to the database, and to the journal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "daemon.h"
#include "history.h"
#include "journal.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "source/kernel.h"

#define SECOND_NS	1000000000ull
#define RESERVE_RETRY_NS (60 * SECOND_NS)
#define RETAIN_TURNS	16		/* so that retention keeps up with a storm, and events do not wait long */
#define STEP_NS		100000000	/* the wall clock was set, not slewed */
#define STEP_LOGGED_NS	(60 * (int64_t)SECOND_NS)	/* far enough to be of interest to a person */
#define DELETED_NS	(60 * SECOND_NS)	/* deletions are logged no more often than this */

struct history {
	const struct daemon_opts *o;
	struct store *store;
	struct recorder *recorder;
	struct store_boot boot;
	int64_t wall_offset_ns;		/* as the database has it */
	int64_t wall_seen_ns;		/* the same, as it was last seen */
	uint64_t reserve_ns;		/* when the reserve is checked again */
	uint64_t reported;			/* of those that are kept; a hint */
	uint64_t age_ns;		/* when the history's time is saved again */
	struct retention_deleted deleted, deleted_logged;	/* since the start */
	uint64_t deleted_ns;		/* when deletions may be logged again */
	bool retain_fails;
	uint64_t lost_noted;		/* incidents whose loss is in the database */
	uint64_t failing_ns;		/* CLOCK_BOOTTIME, since when */
	bool failing;
};

static void on_phase(struct daemon *d, const struct incident *inc, enum phase phase)
{
	recorder__phase(d->history->recorder, inc, phase);
}

static void on_event(struct daemon *d, const struct atcq_event *ev)
{
	recorder__event(d->history->recorder, ev);
}

static int on_unreported(void *ctx, const struct incident *inc, const char *boot)
{
	(void)ctx;
	return journal__incident(inc, boot);
}

static void on_refused(void *ctx, const struct incident *inc, const char *reason)
{
	const struct history *h = ctx;
	char id[96];

	incident__id(inc, h->boot.boot_id, id, sizeof(id));
	log__error("%s: incident %s: %s: it is not kept any further, the others are", h->o->db, id, reason);
}

/* Reports only stored incidents: each id in the journal can be found in the history */
static void notify_journal(struct history *h)
{
	size_t n = STORE_REPORT_MAX;

	h->reported = recorder__totals(h->recorder)->kept;
	while (n == STORE_REPORT_MAX)
		if (store__report(h->store, on_unreported, h, &n))
			break;
}

/* Stores how many incidents were lost, so that a report can show it */
static void note_losses(struct history *h, uint64_t since_ns)
{
	uint64_t lost = recorder__totals(h->recorder)->lost;

	if (lost != h->lost_noted && !store__loss(h->store, h->wall_offset_ns + (int64_t)since_ns,
						  h->wall_offset_ns + (int64_t)clock__boottime_ns(), lost - h->lost_noted))
		h->lost_noted = lost;
}

/* Writing works again: reports the lost incidents in the history, the log and the journal */
static void recovered(struct history *h)
{
	uint64_t lost = recorder__totals(h->recorder)->lost - h->lost_noted;
	char text[128];

	h->failing = false;
	note_losses(h, h->failing_ns);
	if (lost)
		snprintf(text, sizeof(text), "the history can be written again; %llu incident(s) are lost",
			 (unsigned long long)lost);
	else
		snprintf(text, sizeof(text), "the history can be written again; nothing is lost");
	log__warn("%s: %s", h->o->db, text);
	if (lost)
		journal__lost(text, lost);
}

static void flush(struct history *h, bool all)
{
	int ret = recorder__flush(h->recorder, clock__boottime_ns(), all);

	if (ret && !h->failing) {
		h->failing = true;
		h->failing_ns = clock__boottime_ns();
		log__error("%s: %s: incidents wait in memory, at most %d, until it can be written again%s", h->o->db,
			   store__error(h->store), RECORDER_TAILS, ret == SQLITE_FULL ? " (make room)" : "");
	} else if (h->failing && !recorder__failing(h->recorder)) {
		recovered(h);
	}
	if (!h->failing)
		note_losses(h, clock__boottime_ns());
	if (h->reported != recorder__totals(h->recorder)->kept)
		notify_journal(h);
}

static void after(struct daemon *d)
{
	flush(d->history, false);
}

static bool in_use(void *ctx, int64_t n)
{
	return recorder__writes(ctx, n);
}

static void log_deleted(struct history *h, uint64_t now)
{
	uint64_t age = h->deleted.age - h->deleted_logged.age, size = h->deleted.size - h->deleted_logged.size;

	if (!(age + size))
		return;
	if (age)
		log__info("%s: deleted %llu incident(s) that ended longer ago than --retain-age", h->o->db,
			  (unsigned long long)age);
	if (size)
		log__info("%s: deleted the %llu incident(s) that ended first: more than --retain-size was in use",
			  h->o->db, (unsigned long long)size);
	h->deleted_logged = h->deleted;
	h->deleted_ns = now + DELETED_NS;
}

static void retain(struct history *h, uint64_t now)
{
	int64_t age = store__age_at(h->store, now);
	bool more = true;
	int ret = 0;

	for (int i = 0; !ret && more && i < RETAIN_TURNS; i++)
		ret = retention__retain(store__db(h->store), &h->o->limits, age, in_use, h->recorder,
					&h->deleted, &more);
	if (ret && !h->retain_fails)
		log__warn("%s: deleting old incidents: %s", h->o->db, sqlite3_errstr(ret));
	h->retain_fails = ret;
	if (now >= h->deleted_ns)
		log_deleted(h, now);
	if (now >= h->age_ns && !store__save_age(h->store, now))
		h->age_ns = now + AGE_SAVE_NS;
}

/* Recorded times may come from a clock that was wrong: the log shows when it was set */
static void log_step(int64_t step)
{
	double s = (step < 0 ? -step : step) / 1e9;

	if (s * 1e9 > STEP_LOGGED_NS)
		log__warn("the wall clock was set %s by %.*f %s: times in the history follow it, --retain-age does not",
			  step < 0 ? "back" : "ahead", s < 7200 ? 0 : 1, s < 7200 ? s : s < 172800 ? s / 3600 : s / 86400,
			  s < 7200 ? "s" : s < 172800 ? "hours" : "days");
}

/* Retention also runs while writing fails: a full disk may be the reason */
static void once_a_second(struct daemon *d)
{
	struct history *h = d->history;
	int64_t offset = clock__wall_offset_ns(), step = offset - h->wall_offset_ns;
	uint64_t now = clock__boottime_ns();

	retain(h, now);
	log_step(offset - h->wall_seen_ns);
	h->wall_seen_ns = offset;
	if (!h->failing)
		notify_journal(h);
	/* On a full disk each attempt costs as much writing as the reserve is large */
	if (!h->failing && now >= h->reserve_ns &&
	    retention__reserve(store__db(h->store), h->o->db, &h->o->limits))
		h->reserve_ns = now + RESERVE_RETRY_NS;
	if ((step > STEP_NS || step < -STEP_NS) && !store__boot(h->store, &h->boot, offset, now))
		h->wall_offset_ns = offset;
}

static bool enabled(const struct daemon_opts *o)
{
	return o->db;
}

static int open_history(struct daemon *d)
{
	struct history *h = d->history = calloc(1, sizeof(*h));
	struct utsname un = { 0 };
	struct error err = { "" };
	int ret;

	if (!h) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_ENVIRONMENT;
	}
	h->o = d->o;
	ret = store__open(&h->store, h->o->db, &err);
	if (ret) {
		log__error("%s", *err.text ? err.text : strerror(-ret));
		return ret == -EINVAL || ret == -EPROTONOSUPPORT ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	uname(&un);
	snprintf(h->boot.kernel, sizeof(h->boot.kernel), "%s", un.release);
	snprintf(h->boot.host, sizeof(h->boot.host), "%s", un.nodename);
	snprintf(h->boot.boot_id, sizeof(h->boot.boot_id), "%s", boot_id());
	h->recorder = recorder__new(h->store, h->boot.boot_id);
	if (!h->recorder) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_ENVIRONMENT;
	}
	recorder__set_refused(h->recorder, on_refused, h);
	return 0;
}

/* Continues the history where the last daemon left it */
static int start(struct daemon *d)
{
	struct history *h = d->history;
	int ret;

	h->boot.source = d->w.src ? source__kind_name(source__kind(d->w.src)) : "none";
	h->wall_offset_ns = h->wall_seen_ns = clock__wall_offset_ns();
	ret = retention__reserve(store__db(h->store), h->o->db, &h->o->limits);
	if (ret)
		log__warn("%s: %s: there is no room for the reserve yet", h->o->db, sqlite3_errstr(ret));
	ret = store__boot(h->store, &h->boot, h->wall_offset_ns, clock__boottime_ns());
	h->age_ns = clock__boottime_ns() + AGE_SAVE_NS;
	if (!ret && d->w.src)
		ret = recorder__resume(h->recorder, d->w.tracker, clock__boottime_ns());
	if (ret) {
		log__error("%s: %s", h->o->db, store__error(h->store));
		return EXIT_ENVIRONMENT;
	}
	if (!journal__there())
		log__warn("there is no journal here: incidents go to the history only");
	flush(h, false);
	notify_journal(h);
	log__info("keeping the history of %zu device(s) in %s, source: %s", d->w.inv.ndev, h->o->db, h->boot.source);
	return 0;
}

void history__figures(struct daemon *d, struct metrics_history *out)
{
	const struct recorder_totals *t = recorder__totals(d->history->recorder);

	*out = (struct metrics_history){
		.write_errors = t->write_errors, .refused = t->refused,
		.deleted_age = d->history->deleted.age, .deleted_size = d->history->deleted.size,
		.size_bytes = retention__used(store__db(d->history->store)),
	};
}

bool history__failing(const struct daemon *d)
{
	return d->history && d->history->failing;
}

static int end(struct daemon *d)
{
	struct history *h = d->history;

	flush(h, true);
	log_deleted(h, clock__boottime_ns());
	store__save_age(h->store, clock__boottime_ns());
	if (!recorder__failing(h->recorder))
		return 0;
	log__error("%s: the last incidents could not be written; %llu were lost before", h->o->db,
		   (unsigned long long)recorder__totals(h->recorder)->lost);
	return EXIT_ENVIRONMENT;
}

static void close_history(struct daemon *d)
{
	if (!d->history)
		return;
	recorder__free(d->history->recorder);
	store__close(d->history->store);
	free(d->history);
}

const struct daemon_module history_module = {
	.enabled = enabled, .open = open_history, .start = start, .phase = on_phase, .event = on_event,
	.after = after, .second = once_a_second, .end = end, .close = close_history,
};
