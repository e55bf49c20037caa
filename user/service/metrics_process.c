// SPDX-License-Identifier: GPL-2.0-only
/* process_*: the metrics that Prometheus' client libraries have for each process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inject/arm.h"
#include "inject/fault.h"
#include "lib/clock.h"
#include "metrics_internal.h"
#include "source/kernel.h"

/* Fields of /proc/self/stat, counted from 1. The name, the second, may have any characters */
enum { STAT_FIRST = 3, STAT_THREADS = 20, STAT_START = 22, STAT_VSIZE, STAT_RSS };

static int read_stat(const struct metrics *m, struct metrics_process *p)
{
	char text[1024], *at, *save, *field;
	long hz = sysconf(_SC_CLK_TCK);
	double start = 0;
	int n = STAT_FIRST;

	if (attr__line("/proc/self", "stat", text, sizeof(text)))
		return -EIO;
	at = strrchr(text, ')');
	if (!at)
		return -EIO;
	for (field = strtok_r(at + 1, " ", &save); field; field = strtok_r(NULL, " ", &save), n++) {
		uint64_t v = strtoull(field, NULL, 10);

		switch (n) {
		case STAT_THREADS: p->threads = v; break;
		case STAT_START: start = (double)v / hz; break;
		case STAT_VSIZE: p->virtual = v; break;
		case STAT_RSS: p->resident = v * sysconf(_SC_PAGESIZE); break;
		default: break;
		}
	}
	/* Once: a wall clock that is set must not move it */
	if (!p->start_s)
		p->start_s = (metrics__realtime(m) - (int64_t)metrics__boottime(m)) / 1e9 + start;
	return 0;
}

static void count_fds(struct metrics_process *p)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	p->fds = 0;
	p->fds_known = dir;
	while (dir && (de = readdir(dir)))
		p->fds += de->d_name[0] != '.';
	if (dir)
		closedir(dir);
	p->fds -= p->fds > 0;	/* the folder's own */
}

int collect__process(struct metrics *m)
{
	struct metrics_process *p = &m->process;
	struct rlimit limit;

	p->cpu_ns = clock__process_cpu_ns();
	p->fds_max = getrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
	count_fds(p);
	return read_stat(m, p);
}

void emit__process_cpu(const struct metrics *m, struct emit *e)
{
	emit__ns(e, m->process.cpu_ns, NULL);
}

void emit__process_resident(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->process.resident, NULL);
}

void emit__process_virtual(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->process.virtual, NULL);
}

void emit__process_fds(const struct metrics *m, struct emit *e)
{
	if (m->process.fds_known)
		emit__uint(e, m->process.fds, NULL);
}

void emit__process_max_fds(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->process.fds_max, NULL);
}

void emit__process_threads(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->process.threads, NULL);
}

void emit__process_start(const struct metrics *m, struct emit *e)
{
	emit__double(e, m->process.start_s, NULL);
}

/* Collectors that look somewhere else: faults, the history, BPF's statistics. */

static int add_armed(void *ctx, const struct registry_entry *what)
{
	struct metrics *m = ctx;
	double deadline = (m->wall_offset_ns + (double)what->deadline_ns) / 1e9;
	const json_t *rule;
	size_t i;

	json_array_foreach(what->rules, i, rule) {
		const char *name = json_string_value(json_object_get(rule, "fault"));
		const struct fault_point *fp = name ? fault_point__find(name) : NULL;

		if (!fp)
			continue;
		m->armed[fp->number]++;
		if (deadline > m->deadline_s[fp->number])
			m->deadline_s[fp->number] = deadline;
	}
	return 0;
}

int collect__faults(struct metrics *m)
{
	int ret;

	memset(m->armed, 0, sizeof(m->armed));
	memset(m->deadline_s, 0, sizeof(m->deadline_s));
	if (!m->w || source__recorded(m->w->src))
		return 0;
	ret = registry__each(m->cfg.armed_dir, add_armed, m);
	return ret < 0 ? ret : 0;
}

void emit__faults_armed(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < fault_points_n; i++)
		emit__uint(e, m->armed[fault_points[i].number], LABELS(fault_points[i].name));
}

void emit__fault_deadline(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < fault_points_n; i++)
		if (m->armed[fault_points[i].number])
			emit__double(e, m->deadline_s[fault_points[i].number], LABELS(fault_points[i].name));
}

int collect__history(struct metrics *m)
{
	if (m->cfg.history)
		m->cfg.history(m->cfg.history_ctx, &m->history);
	return m->history.size_bytes < 0 ? -EIO : 0;
}

void emit__history_errors(const struct metrics *m, struct emit *e)
{
	if (m->cfg.history)
		emit__uint(e, m->history.write_errors, NULL);
}

void emit__history_refused(const struct metrics *m, struct emit *e)
{
	if (m->cfg.history)
		emit__uint(e, m->history.refused, NULL);
}

void emit__history_deleted(const struct metrics *m, struct emit *e)
{
	if (!m->cfg.history)
		return;
	emit__uint(e, m->history.deleted_age, LABELS("age"));
	emit__uint(e, m->history.deleted_size, LABELS("size"));
}

void emit__history_bytes(const struct metrics *m, struct emit *e)
{
	if (m->cfg.history && m->history.size_bytes >= 0)
		emit__uint(e, m->history.size_bytes, NULL);
}

static void add_program(void *ctx, int fd, const char *name)
{
	struct metrics *m = ctx;
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info.bpf_fd = fd, .info.info_len = sizeof(info), .info.info = (uintptr_t)&info,
	};

	if (m->nprograms == PROGRAMS_MAX || syscall(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return;
	snprintf(m->program[m->nprograms].name, sizeof(m->program->name), "%s", name);
	m->program[m->nprograms].runs = info.run_cnt;
	m->program[m->nprograms++].run_ns = info.run_time_ns;
}

/* They cost each run of each program some 20 ns, so whether they are on is the administrator's affair */
int collect__bpf(struct metrics *m)
{
	char text[16];

	m->nprograms = 0;
	if (m->w && !attr__line("/proc/sys/kernel", "bpf_stats_enabled", text, sizeof(text)) && *text == '1')
		source__programs(m->w->src, add_program, m);
	return 0;
}

void emit__bpf_runs(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nprograms; i++)
		emit__uint(e, m->program[i].runs, LABELS(m->program[i].name));
}

void emit__bpf_seconds(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nprograms; i++)
		emit__ns(e, m->program[i].run_ns, LABELS(m->program[i].name));
}

/* Metrics of the server itself. */

#ifndef ATCQ_VERSION
#define ATCQ_VERSION "unknown"
#endif
#ifndef ATCQ_REVISION
#define ATCQ_REVISION ""
#endif

static struct metrics_handler *find(struct metrics *m, const char *name, unsigned int code)
{
	struct metrics_handler *h;

	for (size_t i = 0; i < m->nhandlers; i++)
		if (m->handler[i].code == code && !strcmp(m->handler[i].name, name))
			return &m->handler[i];
	if (m->nhandlers == HANDLERS_MAX)
		return NULL;
	h = &m->handler[m->nhandlers++];
	*h = (struct metrics_handler){ .name = name, .code = code };
	snprintf(h->code_text, sizeof(h->code_text), "%u", code);
	return h;
}

void metrics__handler(struct metrics *m, const char *handler, unsigned int code)
{
	find(m, handler, code);
}

void metrics__request(struct metrics *m, const char *handler, unsigned int code)
{
	struct metrics_handler *h = find(m, handler, code);

	if (h)
		h->n++;
}

void metrics__config_reload(struct metrics *m, bool successful)
{
	m->reload = successful;
}

void metrics__privileges(struct metrics *m, const char *capabilities, const char *seccomp)
{
	snprintf(m->capabilities, sizeof(m->capabilities), "%s", capabilities);
	snprintf(m->seccomp, sizeof(m->seccomp), "%s", seccomp);
}

void emit__privileges_info(const struct metrics *m, struct emit *e)
{
	if (*m->seccomp)
		emit__uint(e, 1, LABELS(m->capabilities, m->seccomp));
}

void emit__http_requests(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nhandlers; i++)
		emit__uint(e, m->handler[i].n, LABELS(m->handler[i].name, m->handler[i].code_text));
}

void emit__config_reload(const struct metrics *m, struct emit *e)
{
	if (m->reload >= 0)
		emit__uint(e, m->reload, NULL);
}

void emit__build_info(const struct metrics *m, struct emit *e)
{
	(void)m;
	emit__uint(e, 1, LABELS(ATCQ_VERSION, ATCQ_REVISION));
}

void emit__source_info(const struct metrics *m, struct emit *e)
{
	emit__uint(e, 1, LABELS(m->w ? source__kind_name(source__kind(m->w->src)) : "none", m->kernel));
}
