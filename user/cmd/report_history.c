// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/event.h"
#include "history/db.h"
#include "history/query.h"
#include "lib/log.h"
#include "report_history.h"
#include "report_live.h"

bool history_opts__any(const struct history_opts *o)
{
	return o->incident || o->since || o->device || o->state;
}

/* @bdf is where the device's address goes */
static int make_query(const struct history_opts *o, struct query *q, char bdf[16])
{
	struct timespec ts;
	uint32_t segment, addr;

	if (o->incident && !query__is_id(o->incident)) {
		log__error("'%s' is no incident's id like 6f1c2d3e-0-200-1a2b3c4d5; a report without --incident lists them",
			   o->incident);
		return EXIT_USAGE;
	}
	if (o->device && bdf__parse(o->device, bdf, &segment, &addr)) {
		log__error("'%s' is not a PCI address like 0000:01:00.0", o->device);
		return EXIT_USAGE;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	if (o->since && since__parse(o->since, ts.tv_sec * 1000000000ll + ts.tv_nsec, &q->since_utc_ns)) {
		log__error("--since %s: neither a time ago like 24h or 7d nor a past date like 2026-11-20 or 2026-11-20T14:30Z",
			   o->since);
		return EXIT_USAGE;
	}
	q->incident = o->incident;
	q->device = o->device ? bdf : NULL;
	q->state = o->state;
	return 0;
}

static int ask(sqlite3 *db, const struct history_opts *o, const struct query *q, struct report *r)
{
	char err[512] = "";
	int ret = query__run(db, o->db, q, r, err, sizeof(err));

	if (ret == -ENOENT) {
		log__error("%s has no incident %s%s: it was never there, or is too old and deleted", o->db, o->incident,
			   o->since || o->device || o->state ? " that the other options let through" : "");
		return EXIT_NO_DATA;
	}
	if (ret) {
		log__error("%s", *err ? err : strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (*err)
		log__warn("%s: %s", o->incident, err);
	return 0;
}

int history__run(const struct history_opts *o, struct report *r, bool over_time)
{
	struct query q = { 0 };
	char err[512] = "", bdf[16];
	sqlite3 *db = NULL;
	int ret = make_query(o, &q, bdf);

	if (ret)
		return ret;
	ret = db__open_read(&db, o->db, err, sizeof(err));
	if (ret) {
		log__error("%s", *err ? err : strerror(-ret));
		return ret == -EINVAL || ret == -EPROTONOSUPPORT || ret == -ENOENT ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	report__fill_command(r);
	ret = ask(db, o, &q, r);
	sqlite3_close(db);
	if (!ret && over_time && r->nboots > 1) {
		log__error("incidents of %zu boots have no clock in common for this form: choose by --since or --incident, or take text, json or csv",
			   r->nboots);
		return EXIT_USAGE;
	}
	return ret;
}
