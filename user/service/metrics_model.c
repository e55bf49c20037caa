// SPDX-License-Identifier: GPL-2.0-only
/* The model of the metrics: buckets of durations, families, devices and SMMUs. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "lib/clock.h"
#include "metrics_internal.h"
#include "service/metrics_internal.h"
#include "source/kernel.h"

/* A CMD_SYNC takes from 119 ns to 4 s, two buckets an octave; what an incident has, from 0.95 us to 128 s */
const struct boundaries boundaries_sync = { .first = -92, .last = 8, .stride = 2 };
const struct boundaries boundaries_incident = { .first = -80, .last = 28, .stride = 4 };

static struct {
	uint64_t ns[BUCKETS];		/* the longest duration of the bucket, whole ns */
	char text[BUCKETS][BUCKET_TEXT];
	int16_t fine[ATCQ_HIST_BUCKETS];	/* the bucket of each of the kernel's */
} tables;
static pthread_once_t made = PTHREAD_ONCE_INIT;

double bucket__seconds(int index)
{
	/* Prometheus' own numbers: they are compared for equality */
	static const double quarter[] = {
		0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144,
	};
	int octave = index >= 0 ? index / 4 : -((3 - index) / 4);

	return ldexp(quarter[index - octave * 4], octave + 1);
}

static void shortest(double v, char *out)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(out, BUCKET_TEXT, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
}

static int find(uint64_t ns)
{
	int low = 0, high = BUCKETS - 1;

	while (low < high) {
		int mid = (low + high) / 2;

		if (ns <= tables.ns[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low + BUCKET_FIRST;
}

static void make(void)
{
	for (int i = 0; i < BUCKETS; i++) {
		double s = bucket__seconds(i + BUCKET_FIRST);

		tables.ns[i] = floorl((long double)s * 1e9L);
		shortest(s, tables.text[i]);
	}
	/* By the largest value that a fine bucket can have */
	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++)
		tables.fine[i] = find(i + 1 < ATCQ_HIST_BUCKETS ? atcq_hist_lower(i + 1) - 1 :
								   1ull << ATCQ_HIST_MAX_BITS);
}

const char *bucket__text(int index)
{
	pthread_once(&made, make);
	return tables.text[index - BUCKET_FIRST];
}

int bucket__index(uint64_t ns)
{
	pthread_once(&made, make);
	return find(ns);
}

void durations__add(struct durations *d, uint64_t ns)
{
	d->count++;
	d->sum_ns += ns;
	if (ns)
		d->bucket[bucket__index(ns) - BUCKET_FIRST]++;
	else
		d->zero++;
}

void durations__from_hist(struct durations *d, const struct atcq_hist *h)
{
	pthread_once(&made, make);
	memset(d, 0, sizeof(*d));
	d->sum_ns = h->sum_ns;
	/* Recounted: CPUs added events between count and buckets, and these must agree */
	d->zero = d->count = h->bucket[0];
	for (uint32_t i = 1; i < ATCQ_HIST_BUCKETS; i++) {
		d->bucket[tables.fine[i] - BUCKET_FIRST] += h->bucket[i];
		d->count += h->bucket[i];
	}
}

const char *const yes_no[2] = { "false", "true" };

int64_t metrics__realtime(const struct metrics *m)
{
	return m->cfg.realtime ? m->cfg.realtime() : clock__realtime_ns();
}

uint64_t metrics__boottime(const struct metrics *m)
{
	return m->cfg.boottime ? m->cfg.boottime() : clock__boottime_ns();
}

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && !memcmp(text + len - n, suffix, n);
}

const char *family_type__name(enum family_type t)
{
	static const char *const names[] = { "counter", "gauge", "histogram" };

	return names[t];
}

size_t family__stem(const struct family *f)
{
	size_t len = strlen(f->name);

	return f->type == FAMILY_COUNTER && ends_with(f->name, len, "_total") ? len - strlen("_total") : len;
}

const char *family__unit(const struct family *f)
{
	size_t stem = family__stem(f);

	return ends_with(f->name, stem, "_seconds") ? "seconds" : ends_with(f->name, stem, "_bytes") ? "bytes" : "";
}

bool family__is_process(const struct family *f)
{
	return !strncmp(f->name, "process_", strlen("process_"));
}

static int compare(const struct metrics_device *d, uint32_t segment, uint32_t addr)
{
	if (d->segment != segment)
		return d->segment < segment ? -1 : 1;
	return d->addr == addr ? 0 : d->addr < addr ? -1 : 1;
}

static struct metrics_device *insert(struct metrics *m, size_t at, uint32_t segment, uint32_t addr)
{
	struct metrics_device *d;

	if (m->ndev == DEVICES_MAX)
		return NULL;
	if (m->ndev == m->dev_capacity) {
		size_t capacity = m->dev_capacity ? m->dev_capacity * 2 : 16;

		d = realloc(m->dev, capacity * sizeof(*d));
		if (!d)
			return NULL;
		m->dev = d;
		m->dev_capacity = capacity;
	}
	d = &m->dev[at];
	memmove(d + 1, d, (m->ndev++ - at) * sizeof(*d));
	*d = (struct metrics_device){ .segment = segment, .addr = addr, .ats = -1, .since_ns = metrics__realtime(m) };
	if (addr == ATCQ_NONE)
		snprintf(d->bdf, sizeof(d->bdf), "unknown");
	else
		bdf__format(segment, addr, d->bdf);
	return d;
}

struct metrics_device *metrics_device__find(struct metrics *m, uint32_t segment, uint32_t addr, bool make)
{
	size_t low = 0, high = m->ndev;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int cmp = compare(&m->dev[mid], segment, addr);

		if (!cmp)
			return &m->dev[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return make ? insert(m, low, segment, addr) : NULL;
}

void metrics_device__set_state(struct metrics *m, struct metrics_device *d, enum device_state s, uint64_t time_ns)
{
	if (d->state == s && d->state_known)
		return;
	/* The state before the first observation is no change */
	if (d->state_known)
		d->changed_ns = m->wall_offset_ns + (int64_t)time_ns;
	d->state = s;
	d->state_known = true;
}

void metrics_device__decide(struct metrics *m, struct metrics_device *d, bool has_ats)
{
	d->shown = (has_ats || d->touched) && (!m->cfg.devices || !fnmatch(m->cfg.devices, d->bdf, 0));
}

void metrics_device__touch(struct metrics *m, struct metrics_device *d)
{
	d->touched = true;
	metrics_device__decide(m, d, true);
}

/*
 * SMMUs go by their names in sysfs, which stay the same from boot to boot. Events have an
 * index; an unpatched kernel does not say which name belongs to it, but a device of an
 * event does.
 */
#define SMMUS_MAX 256

static struct metrics_smmu *add(struct metrics *m, const char *name, uint32_t index)
{
	struct metrics_smmu **all, *s;

	if (m->nsmmu == SMMUS_MAX)
		return NULL;
	all = realloc(m->smmu, (m->nsmmu + 1) * sizeof(*all));
	if (!all)
		return NULL;
	m->smmu = all;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->index = index;
	s->named = name;
	if (name)
		snprintf(s->name, sizeof(s->name), "%s", name);
	else
		snprintf(s->name, sizeof(s->name), "%u", index);
	return m->smmu[m->nsmmu++] = s;
}

static struct metrics_smmu *by_name(struct metrics *m, const char *name)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		if (!strcmp(m->smmu[i]->name, name))
			return m->smmu[i];
	return NULL;
}

struct metrics_smmu *metrics_smmu__by_index(struct metrics *m, uint32_t index)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		if (m->smmu[i]->index == index)
			return m->smmu[i];
	return NULL;
}

/* Moves what was counted by index so far to the name */
static struct metrics_smmu *join(struct metrics *m, struct metrics_smmu *unnamed, struct metrics_smmu *named)
{
	size_t i = 0;

	snprintf(unnamed->name, sizeof(unnamed->name), "%s", named->name);
	unnamed->named = true;
	while (m->smmu[i] != named)
		i++;
	/* Nothing was ever counted there: it had no index */
	free(named);
	memmove(&m->smmu[i], &m->smmu[i + 1], (--m->nsmmu - i) * sizeof(*m->smmu));
	return unnamed;
}

struct metrics_smmu *metrics_smmu__of_device(struct metrics *m, const struct device *dev)
{
	return *dev->smmu_name ? by_name(m, dev->smmu_name) : metrics_smmu__by_index(m, dev->smmu);
}

/* The name for @index that is left, or that the device's SMMU has; NULL: not known */
static struct metrics_smmu *name_of(struct metrics *m, uint32_t segment, uint32_t bdf)
{
	const struct device *dev = bdf == ATCQ_NONE ? NULL : inventory__by_addr(&m->w->inv, segment, bdf);
	struct metrics_smmu *s = dev ? metrics_smmu__of_device(m, dev) : NULL;
	size_t named = 0, last = 0;

	for (size_t i = 0; !s && i < m->nsmmu; i++)
		if (m->smmu[i]->named) {
			named++;
			last = i;
		}
	if (!s && named == 1)
		s = m->smmu[last];
	return s && s->index == ATCQ_NONE ? s : NULL;
}

struct metrics_smmu *metrics_smmu__of(struct metrics *m, uint32_t index, uint32_t segment, uint32_t bdf)
{
	struct metrics_smmu *s, *named;

	if (index == ATCQ_NONE)
		return NULL;
	s = metrics_smmu__by_index(m, index);
	if (s && s->named)
		return s;
	named = name_of(m, segment, bdf);
	if (s)
		return named ? join(m, s, named) : s;
	if (!named)
		return add(m, NULL, index);
	named->index = index;
	return named;
}

static int found(void *ctx, const char *name, uint32_t index)
{
	struct metrics *m = ctx;

	/* A recording's may have none */
	if (!*name)
		return index == ATCQ_NONE || metrics_smmu__by_index(m, index) || add(m, NULL, index) ? 0 : -ENOMEM;
	return by_name(m, name) || add(m, name, index) ? 0 : -ENOMEM;
}

int metrics_smmus__start(struct metrics *m)
{
	const struct inventory *inv = &m->w->inv;
	int ret = 0;

	if (!source__recorded(m->w->src))
		return smmus__each(m->cfg.sysfs, found, m);
	for (size_t i = 0; !ret && i < inv->ndev; i++)
		ret = found(m, inv->dev[i].smmu_name, inv->dev[i].smmu);
	return ret;
}
