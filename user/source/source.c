// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <atcq/counters.h>

#include "bpf.h"
#include "log.h"
#include "probe.h"

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

static int on_record(void *ctx, void *data, size_t size)
{
	struct source *src = ctx;
	const struct atcq_event *ev = data;

	if (size < sizeof(*ev) || ev->version != ATCQ_EVENT_VERSION) {
		src->malformed++;
		return 0;
	}
	src->events++;
	if (src->fn)
		src->fn_ret = src->fn(src->ctx, ev);
	return src->fn_ret;	/* negative ends the poll */
}

int source_bpf__setup(struct source *src, struct bpf_map *events, struct bpf_map *counters,
		      struct bpf_map *hists, char *err, size_t errlen)
{
	src->counters_fd = bpf_map__fd(counters);
	src->hists_fd = bpf_map__fd(hists);
	src->ring = ring_buffer__new(bpf_map__fd(events), on_record, src, NULL);
	if (!src->ring) {
		snprintf(err, errlen, "ring buffer: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

int source__open(struct source **out, char *err, size_t errlen)
{
	struct source *src = calloc(1, sizeof(*src));
	int ret;

	*out = NULL;
	if (!src)
		return -ENOMEM;
	libbpf_log__install();
	ret = source_trace__open(src, err, errlen);
	if (ret == -ENOENT)
		ret = source_stock__open(src, err, errlen);
	if (ret) {
		source__free(src);
		return ret;
	}
	*out = src;
	return 0;
}

enum source_kind source__kind(const struct source *src)
{
	return src->kind;
}

const char *source__kind_name(enum source_kind kind)
{
	return kind == SOURCE_TRACE ? "tracepoints" : "stock";
}

int source__fd(const struct source *src)
{
	return ring_buffer__epoll_fd(src->ring);
}

int source__poll(struct source *src, int timeout_ms, source_event_fn fn, void *ctx)
{
	int ret;

	src->fn = fn;
	src->ctx = ctx;
	src->fn_ret = 0;
	ret = timeout_ms ? ring_buffer__poll(src->ring, timeout_ms) : ring_buffer__consume(src->ring);
	return src->fn_ret < 0 ? src->fn_ret : ret;
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

int source__counters(const struct source *src, struct source_counters *out)
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
	return 0;
}

int source__hist(const struct source *src, uint32_t smmu, struct atcq_hist *out)
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
		if (per_cpu[i].max_ns > out->max_ns)
			out->max_ns = per_cpu[i].max_ns;
		for (unsigned int b = 0; b < ATCQ_HIST_BUCKETS; b++)
			out->bucket[b] += per_cpu[i].bucket[b];
	}
	free(per_cpu);
	return ret || out->count ? ret : -ENOENT;
}

void source__free(struct source *src)
{
	if (!src)
		return;
	ring_buffer__free(src->ring);
	if (src->destroy)
		src->destroy(src);
	free(src);
}
