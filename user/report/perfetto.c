// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chrome's trace event format, which Perfetto's UI and trace processor read too:
 * an SMMU is a process, a device a thread, an incident a slice that contains its
 * phases; there are counters, and single events are instants. Times are
 * CLOCK_BOOTTIME in µs with three digits behind the point, as in the kernel's traces.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/incident.h"
#include "lib/file.h"
#include "report.h"

#define PID_OF(smmu)	((smmu) == ATCQ_NONE ? 0 : (smmu) + 1)	/* 0 is Perfetto's "unknown", too */
#define TID_SMMU	0
#define TID_DEVICE	1
#define TID_STREAM	0x40000001

struct trace {
	FILE *out;
	struct report *r;
	bool more;
};

/* Opens an event; the caller adds its own fields and closes it with event_close() */
static void event_open(struct trace *t, char type, const char *name, uint32_t pid, uint32_t tid)
{
	json_t *text = json_string(name);

	fputs(t->more ? ",\n{\"ph\":\"" : "\n{\"ph\":\"", t->out);
	fprintf(t->out, "%c\",\"pid\":%u,\"tid\":%u,\"name\":", type, pid, tid);
	if (!text || json_dumpf(text, t->out, JSON_ENCODE_ANY))
		fputs("\"?\"", t->out);
	json_decref(text);
	t->more = true;
}

static void time_us(struct trace *t, const char *key, uint64_t ns)
{
	fprintf(t->out, ",\"%s\":%llu.%03u", key, (unsigned long long)(ns / 1000), (unsigned int)(ns % 1000));
}

/* Takes @args, which may be NULL */
static void event_close(struct trace *t, json_t *args)
{
	if (args) {
		fputs(",\"args\":", t->out);
		json_dumpf(args, t->out, JSON_COMPACT);
		json_decref(args);
	}
	fputc('}', t->out);
}

/* A device's track, that of a stream whose device is not known, or the SMMU's own */
static uint32_t tid_of(uint32_t segment, uint32_t bdf, uint32_t sid)
{
	if (bdf != ATCQ_NONE)
		return TID_DEVICE + ((segment & 0x3fff) << 16 | (bdf & 0xffff));
	return sid == ATCQ_NONE ? TID_SMMU : TID_STREAM + (sid & 0x3fffffff);
}

static void name_track(struct trace *t, const char *what, uint32_t pid, uint32_t tid, const char *name)
{
	event_open(t, 'M', what, pid, tid);
	/* NULL is what jansson makes of text that is no UTF-8 */
	event_close(t, json_pack("{s:s}", "name", name) ? : json_pack("{s:s}", "name", "?"));
}

static void name_device(struct trace *t, uint32_t pid, uint32_t tid)
{
	struct incident inc = { .segment = (tid - TID_DEVICE) >> 16, .bdf = (tid - TID_DEVICE) & 0xffff };
	const struct report_device *d = report__device(t->r, inc.segment, inc.bdf);
	char address[16], name[128];

	incident__bdf(&inc, address);
	if (tid >= TID_STREAM)
		snprintf(name, sizeof(name), "stream 0x%x", tid - TID_STREAM);
	else
		snprintf(name, sizeof(name), "%s %s", address, d ? d->dev.driver : "");
	name_track(t, "thread_name", pid, tid, name);
}

/* The SMMUs that something is shown of */
static void smmu_tracks(struct trace *t)
{
	const struct report *r = t->r;
	struct samples smmus = { 0 };
	char name[32];

	for (size_t i = 0; i < r->ntime_buckets; i++)
		samples__add(&smmus, r->time_buckets[i].smmu);
	for (size_t i = 0; i < r->n; i++)
		samples__add(&smmus, r->incidents[i].smmu);
	for (size_t i = 0; i < r->nevents; i++)
		samples__add(&smmus, r->events[i].smmu);
	samples__quantile(&smmus, 0);	/* sorts */
	for (size_t i = 0; i < smmus.n; i++) {
		uint32_t smmu = (uint32_t)smmus.v[i];

		if (i && smmus.v[i - 1] == smmu)
			continue;
		if (smmu == ATCQ_NONE)
			snprintf(name, sizeof(name), "SMMU unknown");
		else
			snprintf(name, sizeof(name), "SMMU %u", smmu);
		name_track(t, "process_name", PID_OF(smmu), TID_SMMU, name);
		name_track(t, "thread_name", PID_OF(smmu), TID_SMMU, "SMMU");
	}
	samples__free(&smmus);
}

static void device_tracks(struct trace *t)
{
	const struct report *r = t->r;
	struct samples tracks = { 0 };

	for (size_t i = 0; i < r->n + r->nevents; i++) {
		const struct incident *inc = i < r->n ? &r->incidents[i] : NULL;
		const struct atcq_event *ev = inc ? NULL : &r->events[i - r->n];
		uint32_t smmu = inc ? inc->smmu : ev->smmu;
		uint32_t tid = inc ? tid_of(inc->segment, inc->bdf, inc->sid) :
				     tid_of(ev->segment, ev->bdf, ev->sid);

		if (tid != TID_SMMU)
			samples__add(&tracks, (uint64_t)PID_OF(smmu) << 32 | tid);
	}
	samples__quantile(&tracks, 0);	/* sorts */
	for (size_t i = 0; i < tracks.n; i++)
		if (!i || tracks.v[i] != tracks.v[i - 1])
			name_device(t, (uint32_t)(tracks.v[i] >> 32), (uint32_t)tracks.v[i]);
	samples__free(&tracks);
}

static void complete_event(struct trace *t, const struct incident *inc, const char *name,
			   uint64_t start_ns, uint64_t end_ns, json_t *args)
{
	event_open(t, 'X', name, PID_OF(inc->smmu), tid_of(inc->segment, inc->bdf, inc->sid));
	time_us(t, "ts", start_ns);
	time_us(t, "dur", end_ns - start_ns);
	event_close(t, args);
}

static void incident_events(struct trace *t, const struct incident *inc)
{
	uint64_t end = report__end_ns(t->r);
	struct span s[PHASE_MAX];
	size_t n = incident__spans(inc, end, s);
	char id[96];

	incident__id(inc, report__boot_id(t->r, inc), id, sizeof(id));
	if (!n)
		return;
	complete_event(t, inc, "incident", s[0].start_ns, s[n - 1].end_ns,
		       json_pack("{s:s, s:s, s:b, s:b, s:b, s:i, s:i, s:I}", "incident", id,
			"state", incident_state__name(inc->state), "open", !inc->closed,
			"injected", inc->injected, "incomplete", inc->incomplete,
			"atc_timeouts", (int)inc->atc_timeouts, "cmdq_errors", (int)inc->cmdq_errors,
			"suppressed", (json_int_t)inc->suppressed));
	for (size_t i = 0; i < n; i++)
		complete_event(t, inc, span__name(s[i].kind), s[i].start_ns, s[i].end_ns,
		      json_pack("{s:s, s:b, s:b}", "meaning", span__meaning(s[i].kind),
				"exposed", span__exposed(s[i].kind), "complete", !s[i].gap));
}

static void counter(struct trace *t, const char *name, uint32_t smmu, uint64_t ns, double value)
{
	event_open(t, 'C', name, PID_OF(smmu), TID_SMMU);
	time_us(t, "ts", ns);
	event_close(t, json_pack("{s:f}", "value", value));
}

static void sync_counters(struct trace *t, const struct time_buckets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		double seconds = (double)(s->v[i].end_ns - s->v[i].start_ns) / 1e9;

		counter(t, "CMD_SYNC/s", s->smmu, s->v[i].start_ns, (double)s->v[i].count / seconds);
		counter(t, "CMD_SYNC errors/s", s->smmu, s->v[i].start_ns, (double)s->v[i].failed / seconds);
	}
	if (s->n) {
		counter(t, "CMD_SYNC/s", s->smmu, s->end_ns, 0);
		counter(t, "CMD_SYNC errors/s", s->smmu, s->end_ns, 0);
	}
}

/* An incident that begins or ends */
struct edge {
	uint64_t ns;
	uint32_t smmu;
	int change;
};

static int by_time(const void *a, const void *b)
{
	const struct edge *l = a, *r = b;

	if (l->smmu != r->smmu)
		return l->smmu < r->smmu ? -1 : 1;
	return l->ns < r->ns ? -1 : l->ns > r->ns;
}

static int open_counters(struct trace *t)
{
	const struct report *r = t->r;
	struct edge *edge = calloc(r->n ? 2 * r->n : 1, sizeof(*edge));
	int now = 0;
	size_t n = 0;

	if (!edge)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];

		edge[n++] = (struct edge){ inc->opened_ns, inc->smmu, 1 };
		if (inc->closed)
			edge[n++] = (struct edge){ incident__end(inc, report__end_ns(r)), inc->smmu, -1 };
	}
	qsort(edge, n, sizeof(*edge), by_time);
	for (size_t i = 0; i < n; i++) {
		if (!i || edge[i].smmu != edge[i - 1].smmu)
			now = 0;
		now += edge[i].change;
		counter(t, "open incidents", edge[i].smmu, edge[i].ns, now);
	}
	free(edge);
	return 0;
}

static void instant(struct trace *t, const struct atcq_event *ev)
{
	const char *name = ev->type == ATCQ_EV_GERROR ? "GERROR" : ev->type == ATCQ_EV_CMDQ_ERROR ? "CMDQ error" :
			   ev->type == ATCQ_EV_CMD_SYNC ? "CMD_SYNC failed" :
			   ev->type == ATCQ_EV_FAULT_FIRED ? "fault fired" : NULL;

	if (!name)
		return;		/* the incident's phases show it */
	event_open(t, 'i', name, PID_OF(ev->smmu), tid_of(ev->segment, ev->bdf, ev->sid));
	time_us(t, "ts", ev->time_ns);
	fputs(",\"s\":\"t\"", t->out);
	event_close(t, json_pack("{s:i, s:i, s:i}", "code", (int)ev->code, "ret", ev->ret, "count", (int)ev->count));
}

static void about(struct trace *t)
{
	const struct report *r = t->r;
	json_t *obj = json_object();
	char wall[32];

	report__wall(r, r->start_ns, wall);
	json_object_set_new(obj, "command", json_string(r->command ? r->command : ""));
	json_object_set_new(obj, "atcq", json_string(r->version));
	json_object_set_new(obj, "kernel", json_string(r->kernel));
	json_object_set_new(obj, "host", json_string(r->host));
	json_object_set_new(obj, "boot_id", json_string(r->boot_id));
	json_object_set_new(obj, "source", json_string(r->source));
	json_object_set_new(obj, "clock", json_string("CLOCK_BOOTTIME"));
	json_object_set_new(obj, "started", json_string(wall));
	json_object_set_new(obj, "events_lost", json_integer(report__lost(r)));
	json_object_set_new(obj, "events_left_out", json_integer(r->events_left_out));
	json_dumpf(obj, t->out, JSON_COMPACT);
	json_decref(obj);
}

int report__perfetto(FILE *out, struct report *r)
{
	struct trace t = { .out = out, .r = r };
	int ret;

	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":", out);
	about(&t);
	fputs(",\"traceEvents\":[", out);
	smmu_tracks(&t);
	device_tracks(&t);
	for (size_t i = 0; i < r->n; i++)
		incident_events(&t, &r->incidents[i]);
	for (size_t i = 0; i < r->ntime_buckets; i++)
		sync_counters(&t, &r->time_buckets[i]);
	ret = open_counters(&t);
	for (size_t i = 0; i < r->nevents; i++)
		instant(&t, &r->events[i]);
	fputs("\n]}\n", out);
	return ret ? ret : file__flush(out);
}
