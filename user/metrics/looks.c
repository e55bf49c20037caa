// SPDX-License-Identifier: GPL-2.0-only
/* Collectors that look somewhere else: faults, the history, BPF's statistics. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inject/armed.h"
#include "inject/fault_point.h"
#include "model.h"
#include "source/attr.h"

static int add_armed(void *ctx, const struct armed *what)
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
	ret = armed__each(m->cfg.armed_dir, add_armed, m);
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
