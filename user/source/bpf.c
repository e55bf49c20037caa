// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <atcq/counters.h>

#include "bpf.h"
#include "driver_hist.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "probe.h"

/* How old the mean of CMD_SYNCs may be that delayed ones are compared with */
#define USUAL_AGE_NS	100000000ull

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	/* What fails is said by who called, in words of its own */
	(void)level;
	log__debug("libbpf: %s", text);
	return 0;
}

void libbpf_log__install(void)
{
	libbpf_set_print(libbpf_print);
}

bool tracepoint__exists(const char *system, const char *name)
{
	static const char *const roots[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing"
	};
	char path[256];

	/* tracefs may not be mounted, or not be for us to read; BTF is for everybody */
	snprintf(path, sizeof(path), "btf_trace_%s", name);
	if (probe__has_type(path))
		return true;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/%s", roots[i], system, name);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/* How long a CMD_SYNC takes if nothing holds it up. Looked up now and then: many wait at a time */
static uint32_t usual_ns(struct source *src, uint32_t smmu)
{
	uint64_t now = clock__boottime_ns(), usual = 0;
	struct atcq_hist *hist;

	if (src->usual_checked_ns && now - src->usual_checked_ns < USUAL_AGE_NS)
		return src->usual_ns;
	hist = malloc(sizeof(*hist));
	if (hist && !source__hist(src, smmu, hist) && hist->count > hist->disturbed)
		usual = (hist->sum_ns - hist->disturbed_ns) / (hist->count - hist->disturbed);
	free(hist);
	src->usual_checked_ns = now;
	src->usual_ns = usual > UINT32_MAX ? UINT32_MAX : usual;
	return src->usual_ns;
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
		delayed.usual_ns = usual_ns(src, ev->smmu);
		ev = &delayed;
	}
	return source__emit(src, ev);	/* negative ends the poll */
}

void source_bpf__note_hooks(struct source *src, const struct bpf_object *obj)
{
	struct bpf_program *prog;
	char *out = src->meta.tracepoints;
	size_t room = sizeof(src->meta.tracepoints), n = 0;

	src->obj = obj;
	bpf_object__for_each_program(prog, obj)
		if (bpf_program__autoload(prog) && n < room)
			n += snprintf(out + n, room - n, "%s%s", n ? " " : "",
				      bpf_program__section_name(prog));
}

int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, char *err, size_t errlen)
{
	src->counters_fd = bpf_map__fd(counters);
	src->hists_fd = bpf_map__fd(hists);
	src->nhists = bpf_map__max_entries(hists);
	src->ring = ring_buffer__new(bpf_map__fd(events), on_record, src, NULL);
	if (!src->ring) {
		snprintf(err, errlen, "ring buffer: %s", strerror(errno));
		return -errno;
	}
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

/* What is counted with each CMD_SYNC stands in the histograms */
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

/* Somewhere since the last look: who follows incidents must know */
static int look_for_losses(struct source *src)
{
	uint64_t since = src->lost_checked_ns, lost = live_lost(src);

	if (lost == UINT64_MAX)
		return -ENOMEM;
	src->lost_checked_ns = clock__boottime_ns();
	lost -= src->malformed + src->lost_told;
	src->lost_told += lost;
	return lost ? source__emit_lost(src, lost, since, src->lost_checked_ns) : 0;
}

static int live_poll(struct source *src, int timeout_ms)
{
	int ret = timeout_ms ? ring_buffer__poll(src->ring, timeout_ms) :
			       ring_buffer__consume(src->ring);
	int lost = look_for_losses(src);

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

static const struct source_ops live = {
	.fd = live_fd, .poll = live_poll, .counters = live_counters, .lost = live_lost, .hist = live_hist,
	.programs = live_programs, .destroy = live_destroy,
};

int source__open(struct source **out, const struct source_opts *opts, char *err, size_t errlen)
{
	static const struct source_opts usual;
	struct source *src = calloc(1, sizeof(*src));
	int ret;

	*out = NULL;
	if (!src)
		return -ENOMEM;
	src->ops = &live;
	opts = opts ? opts : &usual;
	libbpf_log__install();
	meta__here(&src->meta);
	src->meta.every_sync = opts->every_sync;
	src->meta.start_ns = src->lost_checked_ns = clock__boottime_ns();
	ret = source_trace__open(src, opts, err, errlen);
	if (ret == -ENOENT)
		ret = source_stock__open(src, opts, err, errlen);
	if (ret)
		goto free_source;
	snprintf(src->meta.source, sizeof(src->meta.source), "%s", source__kind_name(src->kind));
	/* Now that it is attached: no change in between is missed */
	ret = inventory__read(&src->meta.inv, "/sys");
	if (!ret) {
		*out = src;
		return 0;
	}
	snprintf(err, errlen, "/sys: %s", strerror(-ret));
free_source:
	source__free(src);
	return ret;
}
