// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protobuf, each family with its length before it. Histograms are native and classic at
 * once: who scrapes takes what it can. A family is gathered and then packed.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "lib/text.h"
#include "metrics.pb-c.h"
#include "metrics_internal.h"

/* As Prometheus' own libraries have it: nothing but 0 is in the zero bucket */
#define ZERO_THRESHOLD	0x1p-128
#define VARINT_SIZE	10

typedef Io__Prometheus__Client__MetricFamily Family;
typedef Io__Prometheus__Client__Metric Metric;
typedef Io__Prometheus__Client__LabelPair LabelPair;
typedef Io__Prometheus__Client__Histogram Histogram;
typedef Io__Prometheus__Client__Bucket Bucket;
typedef Io__Prometheus__Client__BucketSpan Span;
typedef Io__Prometheus__Client__Exemplar Exemplar;
typedef Io__Prometheus__Client__Time Time;

struct proto_family {
	struct arena arena;
	Metric **metric;
	size_t n, capacity;
	bool failed;
};

/* A new message of @type, set to @...; leaves the function if there is no memory */
#define MAKE(p, type, ...) ({								\
	type *made_ = arena__new(&(p)->arena, sizeof(type));				\
	if (!made_) {									\
		(p)->failed = true;							\
		return NULL;								\
	}										\
	*made_ = (type)__VA_ARGS__;							\
	made_; })

static void *array(struct proto_family *p, size_t n, size_t size)
{
	void *a = arena__new(&p->arena, (n ? n : 1) * size);

	p->failed |= !a;
	return a;
}

static Time *time_of(struct proto_family *p, int64_t ns)
{
	Time *t = MAKE(p, Time, IO__PROMETHEUS__CLIENT__TIME__INIT);

	t->has_seconds = t->has_nanos = true;
	t->seconds = ns / SECOND_NS;
	t->nanos = ns % SECOND_NS;
	return t;
}

static LabelPair *label(struct proto_family *p, const char *name, const char *value)
{
	LabelPair *l = MAKE(p, LabelPair, IO__PROMETHEUS__CLIENT__LABEL_PAIR__INIT);

	/* protobuf-c only reads them */
	l->name = (char *)name;
	l->value = (char *)value;
	return l;
}

static struct proto_family *start(struct emit *e)
{
	if (!e->proto)
		e->proto = calloc(1, sizeof(*e->proto));
	if (!e->proto) {
		e->out->failed = true;
		return NULL;
	}
	if (!e->open) {
		e->open = true;
		arena__clear(&e->proto->arena);
		e->proto->n = 0;
	}
	return e->proto;
}

static Metric *metric(struct emit *e, const char *const *labels)
{
	struct proto_family *p = start(e);
	size_t n = 0;
	Metric *m;

	if (!p)
		return NULL;
	m = MAKE(p, Metric, IO__PROMETHEUS__CLIENT__METRIC__INIT);
	if (p->n == p->capacity) {
		size_t capacity = p->capacity ? p->capacity * 2 : 64;
		Metric **grown = realloc(p->metric, capacity * sizeof(*grown));

		if (!grown) {
			p->failed = true;
			return NULL;
		}
		p->metric = grown;
		p->capacity = capacity;
	}
	while (n < FAMILY_LABELS && e->f->labels[n])
		n++;
	m->label = array(p, n, sizeof(*m->label));
	for (; m->label && m->n_label < n; m->n_label++) {
		m->label[m->n_label] = label(p, e->f->labels[m->n_label], labels[m->n_label]);
		if (!m->label[m->n_label])
			return NULL;
	}
	p->metric[p->n++] = m;
	return m;
}

static double value_of(const struct number *n)
{
	return n->kind == NUMBER_DOUBLE ? n->d : n->kind == NUMBER_NS ? n->u / 1e9 : n->u;
}

static Io__Prometheus__Client__Counter *counter(struct emit *e, double value)
{
	struct proto_family *p = e->proto;
	Io__Prometheus__Client__Counter *c =
		MAKE(p, Io__Prometheus__Client__Counter, IO__PROMETHEUS__CLIENT__COUNTER__INIT);

	c->has_value = true;
	c->value = value;
	c->created_timestamp = time_of(p, e->created_ns);
	return c;
}

static Io__Prometheus__Client__Gauge *gauge(struct emit *e, double value)
{
	Io__Prometheus__Client__Gauge *g =
		MAKE(e->proto, Io__Prometheus__Client__Gauge, IO__PROMETHEUS__CLIENT__GAUGE__INIT);

	g->has_value = true;
	g->value = value;
	return g;
}

static void proto_number(struct emit *e, const struct number *n, const char *const *labels)
{
	Metric *m = metric(e, labels);

	if (m && e->f->type == FAMILY_COUNTER)
		m->counter = counter(e, value_of(n));
	else if (m)
		m->gauge = gauge(e, value_of(n));
}

static Exemplar *exemplar(struct proto_family *p, const struct exemplar *from)
{
	Exemplar *x;

	if (!from || !*from->incident_id)
		return NULL;
	x = MAKE(p, Exemplar, IO__PROMETHEUS__CLIENT__EXEMPLAR__INIT);
	x->label = array(p, 1, sizeof(*x->label));
	if (!x->label)
		return NULL;
	x->label[0] = label(p, "incident_id", from->incident_id);
	if (!x->label[0])
		return NULL;
	x->n_label = 1;
	x->has_value = true;
	x->value = from->ns / 1e9;
	x->timestamp = time_of(p, from->at_ns);
	return x;
}

static Bucket *bucket(struct proto_family *p, double bound, uint64_t below, const struct exemplar *ex)
{
	Bucket *b = MAKE(p, Bucket, IO__PROMETHEUS__CLIENT__BUCKET__INIT);

	b->has_upper_bound = b->has_cumulative_count = true;
	b->upper_bound = bound;
	b->cumulative_count = below;
	b->exemplar = exemplar(p, ex);
	return b;
}

static void classic(struct emit *e, Histogram *h, const struct durations *d, const struct exemplar *ex)
{
	const struct boundaries *b = e->f->boundaries;
	uint64_t below = d->zero;
	int next = BUCKET_FIRST;

	h->bucket = array(e->proto, bucket__count(b) + 1, sizeof(*h->bucket));
	if (!h->bucket)
		return;
	for (int i = b->first; i <= b->last; i += b->stride) {
		while (next <= i)
			below += d->bucket[next++ - BUCKET_FIRST];
		h->bucket[h->n_bucket] = bucket(e->proto, bucket__seconds(i), below, ex ? ex++ : NULL);
		if (!h->bucket[h->n_bucket])
			return;
		h->n_bucket++;
	}
	/* +Inf is implied, but only it can carry the exemplar of a value above the last bound */
	if (ex && *ex->incident_id)
		h->bucket[h->n_bucket] = bucket(e->proto, INFINITY, d->count, ex);
	if (ex && *ex->incident_id && h->bucket[h->n_bucket])
		h->n_bucket++;
}

static Span *span(struct proto_family *p, int offset)
{
	Span *s = MAKE(p, Span, IO__PROMETHEUS__CLIENT__BUCKET_SPAN__INIT);

	s->has_offset = s->has_length = true;
	s->offset = offset;
	return s;
}

/* Runs of buckets that are not empty; the first offset is from bucket 0, the others from the run before */
static void native(struct emit *e, Histogram *h, const struct durations *d)
{
	struct proto_family *p = e->proto;
	int64_t before = 0;
	int end = 0;
	Span *s = NULL;

	h->has_schema = h->has_zero_threshold = h->has_zero_count = true;
	h->schema = BUCKET_SCHEMA;
	h->zero_threshold = ZERO_THRESHOLD;
	h->zero_count = d->zero;
	h->positive_span = array(p, BUCKETS, sizeof(*h->positive_span));
	h->positive_delta = array(p, BUCKETS, sizeof(*h->positive_delta));
	if (!h->positive_span || !h->positive_delta)
		return;
	for (int i = BUCKET_FIRST; i <= BUCKET_LAST; i++) {
		int64_t n = d->bucket[i - BUCKET_FIRST];

		if (!n)
			continue;
		if (!s || i != end) {
			s = span(p, i - end);
			if (!s)
				return;
			h->positive_span[h->n_positive_span++] = s;
		}
		s->length++;
		end = i + 1;
		h->positive_delta[h->n_positive_delta++] = n - before;
		before = n;
	}
	/* A span without buckets says that the histogram is native although it is empty */
	if (!s && !d->zero && (s = span(p, 0)))
		h->positive_span[h->n_positive_span++] = s;
}

static Histogram *histogram(struct emit *e, const struct durations *d, const struct exemplar *ex)
{
	Histogram *h = MAKE(e->proto, Histogram, IO__PROMETHEUS__CLIENT__HISTOGRAM__INIT);

	h->has_sample_count = h->has_sample_sum = true;
	h->sample_count = d->count;
	h->sample_sum = d->sum_ns / 1e9;
	h->created_timestamp = time_of(e->proto, e->created_ns);
	classic(e, h, d, ex);
	native(e, h, d);
	return h;
}

static void proto_histogram(struct emit *e, const struct durations *d, const struct exemplar *ex,
			    const char *const *labels)
{
	Metric *m = metric(e, labels);

	if (m)
		m->histogram = histogram(e, d, ex);
}

static void add_varint(struct buf *b, uint64_t v)
{
	char out[VARINT_SIZE];
	size_t n = 0;

	do {
		out[n++] = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v);
	buf__add(b, out, n);
}

static void proto_family_end(struct emit *e)
{
	static const Io__Prometheus__Client__MetricType types[] = {
		[FAMILY_COUNTER] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__COUNTER,
		[FAMILY_GAUGE] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE,
		[FAMILY_HISTOGRAM] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__HISTOGRAM,
	};
	Family f = IO__PROMETHEUS__CLIENT__METRIC_FAMILY__INIT;
	const char *unit = family__unit(e->f);
	size_t len;
	char *at;

	/* With _total: that is the name which Prometheus stores */
	f.name = (char *)e->f->name;
	f.help = (char *)e->f->help;
	f.unit = *unit ? (char *)unit : NULL;
	f.has_type = true;
	f.type = types[e->f->type];
	f.metric = e->proto->metric;
	f.n_metric = e->proto->n;
	len = io__prometheus__client__metric_family__get_packed_size(&f);
	add_varint(e->out, len);
	at = buf__reserve(e->out, len);
	if (at)
		e->out->len += io__prometheus__client__metric_family__pack(&f, (uint8_t *)at);
}

static void proto_end(struct emit *e)
{
	if (!e->proto)
		return;
	e->out->failed |= e->proto->failed;
	arena__free(&e->proto->arena);
	free(e->proto->metric);
	free(e->proto);
	e->proto = NULL;
}

const struct emit_ops emit_proto = {
	.number = proto_number, .histogram = proto_histogram, .family_end = proto_family_end,
	.end = proto_end,
};
