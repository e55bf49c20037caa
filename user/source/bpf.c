// SPDX-License-Identifier: GPL-2.0-only
/* The ring buffer, the counters and the histograms of a kernel. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atcq/counters.h>

#include "kernel.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "source_internal.h"

/* A bucket's line is its shortest duration and its count, two u64 at most */
#define HIST_TEXT_BYTES	(ATCQ_HIST_BUCKETS * 44 + 256)

struct driver_hist {
	uint32_t n;
	struct counted {
		int fd;		/* -1: no SMMU has this index */
		struct atcq_hist before;
	} smmu[];
};

static int parse_line(const char *line, struct atcq_hist *out)
{
	unsigned long long ns, n;
	char rest;

	if (sscanf(line, "sum_ns %llu %c", &n, &rest) == 1)
		out->sum_ns = n;
	else if (sscanf(line, "max_ns %llu %c", &n, &rest) == 1)
		out->max_ns = n;
	else if (sscanf(line, "atc_invs %llu %c", &n, &rest) == 1)
		out->atc_invs = n;
	else if (sscanf(line, "%llu %llu %c", &ns, &n, &rest) == 2)
		out->bucket[atcq_hist_index(ns)] += n, out->count += n;
	else if (line[0] >= '0' && line[0] <= '9')
		return -EINVAL;
	return 0;	/* a newer kernel may print more */
}

/* The counts since boot */
static int read_all(int fd, struct atcq_hist *out)
{
	char *text = malloc(HIST_TEXT_BYTES), *line, *save = NULL;
	size_t len = 0;
	ssize_t n = 0;
	int ret = 0;

	if (!text)
		return -ENOMEM;
	while (len < HIST_TEXT_BYTES - 1 && (n = pread(fd, text + len, HIST_TEXT_BYTES - 1 - len, len)) > 0)
		len += n;
	if (n < 0)
		ret = -errno;
	text[len] = '\0';
	memset(out, 0, sizeof(*out));
	for (line = strtok_r(text, "\n", &save); line && !ret; line = strtok_r(NULL, "\n", &save))
		ret = parse_line(line, out);
	free(text);
	return ret;
}

static int open_one(struct counted *c, const char *debugfs, uint32_t index)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/arm_smmu_v3/%u/cmd_sync_durations", debugfs, index);
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd >= 0)
		return read_all(c->fd, &c->before);
	return errno == ENOENT ? 0 : -errno;
}

int driver_hist__open(struct driver_hist **out, const char *debugfs, uint32_t slots)
{
	struct driver_hist *d = calloc(1, sizeof(*d) + slots * sizeof(d->smmu[0]));
	uint32_t found = 0;
	int ret = 0;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	for (; d->n < slots && !ret; d->n++) {
		ret = open_one(&d->smmu[d->n], debugfs, d->n);
		found += d->smmu[d->n].fd >= 0;
	}
	if (!ret && !found)
		ret = -ENOENT;
	if (!ret)
		*out = d;
	else
		driver_hist__free(d);
	return ret;
}

/* If the longest duration is older than the open, only the bucket of the longest one since is known */
static uint64_t longest(const struct atcq_hist *before, const struct atcq_hist *now)
{
	uint32_t i = ATCQ_HIST_BUCKETS;

	if (now->max_ns > before->max_ns)
		return now->max_ns;
	while (i-- > 0)
		if (now->bucket[i] > before->bucket[i])
			break;
	if (i >= ATCQ_HIST_BUCKETS - 1)	/* no bucket, or the last one, which has no limit */
		return i == ATCQ_HIST_BUCKETS - 1 ? now->max_ns : 0;
	return atcq_hist_lower(i + 1) - 1 < now->max_ns ? atcq_hist_lower(i + 1) - 1 : now->max_ns;
}

int driver_hist__add(const struct driver_hist *d, uint32_t smmu, struct atcq_hist *out)
{
	const struct atcq_hist *before;
	struct atcq_hist *now;
	uint64_t max;
	int ret;

	if (smmu >= d->n || d->smmu[smmu].fd < 0)
		return -ENOENT;
	before = &d->smmu[smmu].before;
	now = malloc(sizeof(*now));
	if (!now)
		return -ENOMEM;
	ret = read_all(d->smmu[smmu].fd, now);
	if (!ret) {
		out->count += now->count - before->count;
		out->sum_ns += now->sum_ns - before->sum_ns;
		out->atc_invs += now->atc_invs - before->atc_invs;
		max = longest(before, now);
		if (max > out->max_ns)
			out->max_ns = max;
		for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++)
			out->bucket[i] += now->bucket[i] - before->bucket[i];
	}
	free(now);
	return ret;
}

void driver_hist__free(struct driver_hist *d)
{
	for (uint32_t i = 0; d && i < d->n; i++)
		if (d->smmu[i].fd >= 0)
			close(d->smmu[i].fd);
	free(d);
}

/* How old the mean may be that delayed CMD_SYNCs are compared with */
#define MEAN_AGE_NS	100000000ull

/* The mean duration of undelayed CMD_SYNCs. Cached, since many are delayed at a time */
static uint32_t undelayed_mean_ns(struct source *src, uint32_t smmu)
{
	uint64_t now = clock__boottime_ns(), mean = 0;
	struct atcq_hist *hist;

	if (src->mean_checked_ns && now - src->mean_checked_ns < MEAN_AGE_NS)
		return src->undelayed_mean_ns;
	hist = malloc(sizeof(*hist));
	if (hist && !source__hist(src, smmu, hist) && hist->count > hist->disturbed)
		mean = (hist->sum_ns - hist->disturbed_ns) / (hist->count - hist->disturbed);
	free(hist);
	src->mean_checked_ns = now;
	src->undelayed_mean_ns = mean > UINT32_MAX ? UINT32_MAX : mean;
	return src->undelayed_mean_ns;
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct source *src = ctx;
	const struct atcq_event *ev = data;
	struct atcq_event delayed;

	if (size < sizeof(*ev) || ev->version != ATCQ_EVENT_VERSION) {
		src->malformed++;
		return 0;
	}
	if (ev->type == ATCQ_EV_SYNC_DELAYED && src->driver_hist) {
		delayed = *ev;
		delayed.usual_ns = undelayed_mean_ns(src, ev->smmu);
		ev = &delayed;
	}
	return source__emit(src, ev);	/* negative ends the poll */
}

void source_bpf__note_hooks(struct source *src, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	char *out = src->meta.tracepoints;
	size_t size = sizeof(src->meta.tracepoints), n = 0;

	src->obj = obj;
	bpf_object__for_each_program(prog, obj)
		if (bpf_program__autoload(prog) && n < size)
			n += snprintf(out + n, size - n, "%s%s", n ? " " : "",
				      bpf_program__section_name(prog));
}

int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, struct error *err)
{
	src->counters_fd = bpf_map__fd(counters);
	src->hists_fd = bpf_map__fd(hists);
	src->nhists = bpf_map__max_entries(hists);
	src->ring = ring_buffer__new(bpf_map__fd(events), on_record, src, NULL);
	if (!src->ring)
		return error__set(err, -errno, "ring buffer: %s", strerror(errno));
	return 0;
}

static uint64_t counter(const struct source *src, uint32_t which, uint64_t *values, int ncpu)
{
	uint64_t sum = 0;

	if (bpf_map_lookup_elem(src->counters_fd, &which, values))
		return 0;
	for (int i = 0; i < ncpu; i++)
		sum += values[i];
	return sum;
}

static int live_hist(const struct source *src, uint32_t smmu, struct atcq_hist *out)
{
	int ncpu = libbpf_num_possible_cpus(), ret = 0;
	struct atcq_hist *per_cpu;

	if (ncpu < 0)
		return ncpu;
	per_cpu = calloc(ncpu, sizeof(*per_cpu));
	if (!per_cpu)
		return -ENOMEM;
	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(src->hists_fd, &smmu, per_cpu))
		ret = -ENOENT;
	for (int i = 0; !ret && i < ncpu; i++) {
		out->count += per_cpu[i].count;
		out->sum_ns += per_cpu[i].sum_ns;
		out->failed += per_cpu[i].failed;
		out->disturbed += per_cpu[i].disturbed;
		out->disturbed_ns += per_cpu[i].disturbed_ns;
		out->atc_invs += per_cpu[i].atc_invs;
		if (per_cpu[i].max_ns > out->max_ns)
			out->max_ns = per_cpu[i].max_ns;
		for (unsigned int b = 0; b < ATCQ_HIST_BUCKETS; b++)
			out->bucket[b] += per_cpu[i].bucket[b];
	}
	free(per_cpu);
	if (!ret && src->driver_hist)
		ret = driver_hist__add(src->driver_hist, smmu, out);
	return ret || out->count ? ret : -ENOENT;
}

/* The histograms have the counts per CMD_SYNC */
static int add_syncs(const struct source *src, struct source_counters *out)
{
	struct atcq_hist *hist = malloc(sizeof(*hist));

	if (!hist)
		return -ENOMEM;
	for (uint32_t smmu = 0; smmu < src->nhists; smmu++) {
		if (live_hist(src, smmu, hist))
			continue;
		out->cmd_syncs += hist->count;
		out->cmd_sync_failures += hist->failed;
		out->atc_invs += hist->atc_invs;
	}
	free(hist);
	return 0;
}

static int live_counters(const struct source *src, struct source_counters *out)
{
	int ncpu = libbpf_num_possible_cpus();
	uint64_t *v;

	if (ncpu < 0)
		return ncpu;
	v = calloc(ncpu, sizeof(*v));
	if (!v)
		return -ENOMEM;
	out->events = src->events;
	out->lost_other = src->malformed;
	out->lost_ringbuf = counter(src, ATCQ_CNT_LOST, v, ncpu);
	out->cmd_syncs = counter(src, ATCQ_CNT_CMD_SYNCS, v, ncpu);
	out->cmd_sync_failures = counter(src, ATCQ_CNT_CMD_SYNC_FAILURES, v, ncpu);
	out->gerrors = counter(src, ATCQ_CNT_GERRORS, v, ncpu);
	out->cmdq_errors = counter(src, ATCQ_CNT_CMDQ_ERRORS, v, ncpu);
	out->atc_invs = counter(src, ATCQ_CNT_ATC_INVS, v, ncpu);
	out->atc_suppressed = counter(src, ATCQ_CNT_ATC_SUPPRESSED, v, ncpu);
	free(v);
	return add_syncs(src, out);
}

static uint64_t live_lost(const struct source *src)
{
	int ncpu = libbpf_num_possible_cpus();
	uint64_t *v = ncpu > 0 ? calloc(ncpu, sizeof(*v)) : NULL, lost;

	if (!v)
		return UINT64_MAX;
	lost = counter(src, ATCQ_CNT_LOST, v, ncpu) + src->malformed;
	free(v);
	return lost;
}

/* Reports events that were lost since the last check: incidents become incomplete */
static int check_losses(struct source *src)
{
	uint64_t since = src->lost_checked_ns, lost = live_lost(src);

	if (lost == UINT64_MAX)
		return -ENOMEM;
	src->lost_checked_ns = clock__boottime_ns();
	lost -= src->malformed + src->lost_reported;
	src->lost_reported += lost;
	return lost ? source__emit_lost(src, lost, since, src->lost_checked_ns) : 0;
}

static int live_poll(struct source *src, int timeout_ms)
{
	int ret = timeout_ms ? ring_buffer__poll(src->ring, timeout_ms) :
			       ring_buffer__consume(src->ring);
	int lost = check_losses(src);

	return lost ? lost : ret;
}

static void live_programs(const struct source *src, source_program_fn fn, void *ctx)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, src->obj)
		if (bpf_program__fd(prog) >= 0)
			fn(ctx, bpf_program__fd(prog), bpf_program__name(prog));
}

static int live_fd(const struct source *src)
{
	return ring_buffer__epoll_fd(src->ring);
}

static void live_destroy(struct source *src)
{
	ring_buffer__free(src->ring);
	driver_hist__free(src->driver_hist);
	if (src->destroy)
		src->destroy(src);
}

const struct source_ops live_ops = {
	.fd = live_fd, .poll = live_poll, .counters = live_counters, .lost = live_lost, .hist = live_hist,
	.programs = live_programs, .destroy = live_destroy,
};
