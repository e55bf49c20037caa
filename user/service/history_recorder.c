// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "history_internal.h"
#include "report/lines.h"
#include "source/recording.h"

static void ring__put(struct event_ring *r, const struct atcq_event *ev)
{
	r->ev[r->next++ & (RING_EVENTS - 1)] = *ev;
}

/* The oldest number that is still there */
static uint64_t ring__first(const struct event_ring *r)
{
	return r->next > RING_EVENTS ? r->next - RING_EVENTS : 0;
}

/* The oldest event that is not older than @time_ns, or the next number */
static uint64_t ring__since(const struct event_ring *r, uint64_t time_ns)
{
	uint64_t seq = r->next, first = ring__first(r);

	/* Adjacent events may be slightly out of order: which one comes first does not matter */
	while (seq > first && ring__at(r, seq - 1)->time_ns >= time_ns)
		seq--;
	return seq;
}

static bool is_own(const struct incident *inc, const struct atcq_event *ev)
{
	if (ev->bdf != ATCQ_NONE)
		return ev->segment == inc->segment && ev->bdf == inc->bdf;
	if (ev->smmu != inc->smmu)
		return false;
	if (ev->sid != ATCQ_NONE)
		return ev->sid == inc->sid;
	return ev->prod != ATCQ_NONE && ev->prod == inc->prod;
}

/* Events of other devices are related if they share the SMMU */
static bool is_related(const struct incident *inc, const struct atcq_event *ev)
{
	return ev->smmu == inc->smmu || (ev->smmu == ATCQ_NONE && ev->bdf == ATCQ_NONE);
}

/*
 * Copies the events since @g to @out, which holds GATHER_MAX, and moves @g to the last
 * event. @own_only: leaves out those of other devices. Returns how many were copied.
 */
static size_t gather__take(struct gather *g, const struct event_ring *r, const struct incident *inc,
			   bool own_only, struct atcq_event *out)
{
	uint64_t first = ring__first(r);
	size_t n = 0;

	if (g->from < first) {
		g->left_out += first - g->from;
		g->from = first;
	}
	for (; g->from < r->next; g->from++) {
		const struct atcq_event *ev = ring__at(r, g->from);
		bool own = is_own(inc, ev);

		if (!own && !is_related(inc, ev))
			continue;
		if (own ? g->own == GATHER_OWN : own_only || g->others == GATHER_OTHERS) {
			g->left_out++;
			continue;
		}
		g->own += own;
		g->others += !own;
		out[n++] = *ev;
	}
	return n;
}

#define OPEN_MAX	1024		/* as many as the tracker has */
#define PART_NS		1000000000ull	/* events are written no more often than this */
#define RETRY_NS	1000000000ull

/* One incident. The staged values count only once the transaction is committed */
struct kept {
	struct incident inc;
	int64_t n, staged_n;		/* its row, 0 = none yet */
	struct gather gathered, staged;
	unsigned int parts, staged_parts;
	uint64_t origin_ns;		/* that the start of its events was computed from */
	uint64_t part_ns, due_ns;	/* last event_blob; end of the events of a closed one */
	bool dirty, kept, ending;
	bool refused;			/* by the database: it is not written any more */
};

struct recorder {
	struct store *store;
	char boot_id[40];
	struct kept open[OPEN_MAX];
	size_t nopen;
	struct kept tail[RECORDER_TAILS];	/* a ring, in the order in which they ended */
	size_t first, ntails;
	uint64_t retry_ns;		/* 0: the last write went well */
	recorder_refused_fn on_refused;	/* NULL: not wanted */
	void *ctx;
	struct recorder_totals totals;
	struct event_ring ring;
	struct atcq_event scratch[GATHER_MAX];
};

struct recorder *recorder__new(struct store *s, const char *boot_id)
{
	struct recorder *k = calloc(1, sizeof(*k));

	if (k) {
		k->store = s;
		snprintf(k->boot_id, sizeof(k->boot_id), "%s", boot_id);
	}
	return k;
}

void recorder__free(struct recorder *k)
{
	free(k);
}

void recorder__set_refused(struct recorder *k, recorder_refused_fn fn, void *ctx)
{
	k->on_refused = fn;
	k->ctx = ctx;
}

const struct recorder_totals *recorder__totals(const struct recorder *k)
{
	return &k->totals;
}

bool recorder__failing(const struct recorder *k)
{
	return k->retry_ns;
}

void recorder__event(struct recorder *k, const struct atcq_event *ev)
{
	ring__put(&k->ring, ev);
}

bool recorder__writes(const struct recorder *k, int64_t n)
{
	for (size_t i = 0; i < k->nopen; i++)
		if (k->open[i].n == n)
			return true;
	for (size_t i = 0; i < k->ntails; i++)
		if (k->tail[(k->first + i) % RECORDER_TAILS].n == n)
			return true;
	return false;
}

static struct kept *tail_at(struct recorder *k, size_t i)
{
	return &k->tail[(k->first + i) % RECORDER_TAILS];
}

static void drop_first_tail(struct recorder *k)
{
	struct kept *e = tail_at(k, 0);

	k->totals.lost += !e->kept;
	k->totals.events_left_out += e->gathered.left_out;
	k->first = (k->first + 1) % RECORDER_TAILS;
	k->ntails--;
}

static struct kept *find(struct recorder *k, uint64_t serial)
{
	for (size_t i = k->nopen; i-- > 0;)
		if (k->open[i].inc.serial == serial)
			return &k->open[i];
	return NULL;
}

static void move_to_tails(struct recorder *k, struct kept *e)
{
	if (k->ntails == RECORDER_TAILS)
		drop_first_tail(k);
	e->due_ns = e->inc.closed_ns + RECORDER_AROUND_NS;
	*tail_at(k, k->ntails++) = *e;
	k->nopen--;
	memmove(e, e + 1, (k->nopen - (e - k->open)) * sizeof(*e));
}

void recorder__phase(struct recorder *k, const struct incident *inc, enum phase phase)
{
	struct kept *e = find(k, inc->serial);
	uint64_t origin = incident__origin(inc);

	(void)phase;
	if (!e) {
		if (k->nopen == OPEN_MAX) {
			k->totals.lost++;
			return;
		}
		e = &k->open[k->nopen++];
		memset(e, 0, sizeof(*e));
		e->origin_ns = UINT64_MAX;
	}
	e->inc = *inc;
	e->dirty = !e->refused;
	/* The tracker reports the origin of an incident after later phases */
	if (!e->parts && origin < e->origin_ns) {
		e->origin_ns = origin;
		e->gathered.from = ring__since(&k->ring, origin > RECORDER_AROUND_NS ?
					       origin - RECORDER_AROUND_NS : 0);
	}
	if (inc->closed)
		move_to_tails(k, e);
}

static int stage_event_blob(struct recorder *k, struct kept *e, size_t n)
{
	void *bytes;
	size_t len;
	int ret = event_blob__encode(k->scratch, n, k->boot_id, &bytes, &len);

	if (ret)
		return store__fail(k->store, SQLITE_NOMEM);
	ret = store__event_blob(k->store, e->staged_n, e->staged_parts++, n, bytes, len);
	free(bytes);
	return ret;
}

static void unstage(struct kept *e)
{
	e->staged = e->gathered;
	e->staged_n = e->n;
	e->staged_parts = e->parts;
}

/* Rows that were written before stay as they are */
static void refuse(struct recorder *k, struct kept *e)
{
	unstage(e);
	e->refused = true;
	e->dirty = false;
	k->totals.refused++;
	if (k->on_refused)
		k->on_refused(k->ctx, &e->inc, store__error(k->store));
}

/* Writes @e and its next @n events: both or neither */
static int stage_rows(struct recorder *k, struct kept *e, bool changed, size_t n)
{
	int ret = store__save(k->store);

	if (!ret && changed)
		ret = store__incident(k->store, &e->staged_n, &e->inc, e->staged.left_out);
	if (!ret && n)
		ret = stage_event_blob(k, e, n);
	if (!ret)
		return store__keep(k->store);
	if (!store__only_this_row(k->store, ret))
		return ret;
	refuse(k, e);
	return store__undo(k->store);
}

/* Nothing of @e changes but what is staged, unless the database refuses it */
static int stage(struct recorder *k, struct kept *e, uint64_t now_ns, bool end)
{
	bool due = e->gathered.from < k->ring.next && now_ns - e->part_ns >= PART_NS, changed;
	size_t n = 0;

	unstage(e);
	e->ending = e->inc.closed && (end || now_ns >= e->due_ns);
	if (e->refused)
		return 0;
	if (due || end || e->ending)
		n = gather__take(&e->staged, &k->ring, &e->inc, k->ntails > RECORDER_STORM, k->scratch);
	changed = e->dirty || e->staged.left_out != e->gathered.left_out;
	return changed || n ? stage_rows(k, e, changed, n) : 0;
}

static void settle(struct recorder *k, struct kept *e, uint64_t now_ns)
{
	if (e->refused)
		return;
	if (e->staged.from != e->gathered.from)
		e->part_ns = now_ns;
	e->gathered = e->staged;
	e->n = e->staged_n;
	e->parts = e->staged_parts;
	e->dirty = false;
	if (e->inc.closed && !e->kept) {
		e->kept = true;
		k->totals.kept++;
	}
}

/* Is there anything to write? An open incident without changes waits until PART_NS have passed */
static bool work(struct recorder *k, uint64_t now_ns)
{
	for (size_t i = 0; i < k->nopen; i++)
		if (k->open[i].dirty || (k->open[i].gathered.from < k->ring.next && !k->open[i].refused &&
					 now_ns - k->open[i].part_ns >= PART_NS))
			return true;
	for (size_t i = 0; i < k->ntails; i++)
		if (tail_at(k, i)->dirty || now_ns >= tail_at(k, i)->due_ns)
			return true;
	return k->ntails > RECORDER_TAILS / 2;
}

/* How many closed incidents end early, to make room for others */
static size_t too_many(const struct recorder *k)
{
	return k->ntails > RECORDER_TAILS / 2 ? k->ntails - RECORDER_TAILS / 2 : 0;
}

static int write_all(struct recorder *k, uint64_t now_ns, bool all)
{
	int ret = store__start(k->store);

	for (size_t i = 0; !ret && i < k->nopen; i++)
		ret = stage(k, &k->open[i], now_ns, all);
	for (size_t i = 0; !ret && i < k->ntails; i++)
		ret = stage(k, tail_at(k, i), now_ns, all || i < too_many(k));
	return ret ? ret : store__commit(k->store);
}

int recorder__flush(struct recorder *k, uint64_t now_ns, bool all)
{
	int ret;

	if (!all && (now_ns < k->retry_ns || !work(k, now_ns)))
		return 0;
	ret = write_all(k, now_ns, all);
	if (ret) {
		store__rollback(k->store);
		k->totals.write_errors++;
		k->retry_ns = now_ns + RETRY_NS;
		return ret;
	}
	k->retry_ns = 0;
	for (size_t i = 0; i < k->nopen; i++)
		settle(k, &k->open[i], now_ns);
	for (size_t i = 0; i < k->ntails; i++)
		settle(k, tail_at(k, i), now_ns);
	while (k->ntails && tail_at(k, 0)->ending)
		drop_first_tail(k);
	return 0;
}

struct resumed {
	struct store_open *v;
	size_t n, capacity;
	bool short_of_memory;
};

static void collect(void *ctx, const struct store_open *o)
{
	struct resumed *r = ctx;
	struct store_open *grown;

	if (r->n == r->capacity) {
		grown = realloc(r->v, (r->capacity * 2 + 16) * sizeof(*grown));
		if (!grown) {
			r->short_of_memory = true;
			return;
		}
		r->v = grown;
		r->capacity = r->capacity * 2 + 16;
	}
	r->v[r->n++] = *o;
}

/* The incident found at start that is the same as @o, or NULL */
static const struct incident *same_block(const struct tracker *t, const struct store_open *o)
{
	for (size_t i = 0; o->this_boot && i < tracker__open_count(t); i++) {
		const struct incident *now = tracker__open_at(t, i);
		uint64_t since = now->opened_ns, fenced = o->inc.phase_ns[PHASE_FENCED];

		if (!now->at_start || now->bdf == ATCQ_NONE || now->bdf != o->inc.bdf ||
		    now->segment != o->inc.segment || !since)
			continue;
		/* A block that was lifted and set again is newer than the fence that was seen */
		if (fenced ? since <= fenced : o->inc.at_start && o->inc.opened_ns == since)
			return now;
	}
	return NULL;
}

static int resume_one(struct recorder *k, struct tracker *t, const struct store_open *o, uint64_t now_ns)
{
	const struct incident *now = same_block(t, o);
	struct incident before = o->inc;
	struct kept *e = now ? find(k, now->serial) : NULL;

	if (!e || e->n)
		return store__end_unseen(k->store, o->n, now_ns);
	before.state = now->state;
	tracker__resume(t, &before);
	e->inc = *now;
	e->n = o->n;
	e->parts = o->parts;
	e->gathered = (struct gather){
		.from = k->ring.next, .left_out = o->left_out,
		.own = o->events < GATHER_OWN ? o->events : GATHER_OWN,
	};
	return 0;
}

int recorder__resume(struct recorder *k, struct tracker *t, uint64_t now_ns)
{
	struct resumed r = { 0 };
	int ret = store__each_open(k->store, collect, &r);

	if (!ret && r.short_of_memory)
		ret = store__fail(k->store, SQLITE_NOMEM);
	if (!ret)
		ret = store__start(k->store);
	for (size_t i = 0; !ret && i < r.n; i++)
		ret = resume_one(k, t, &r.v[i], now_ns);
	if (!ret)
		ret = store__commit(k->store);
	if (ret)
		store__rollback(k->store);
	free(r.v);
	return ret;
}
