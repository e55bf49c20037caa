// SPDX-License-Identifier: GPL-2.0-only
/* process_*: what Prometheus' client libraries tell of each process, under their names. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "model.h"
#include "source/attr.h"

/* Fields of /proc/self/stat, counted from 1, of which the name may have any characters */
enum { STAT_FIRST = 3, STAT_THREADS = 20, STAT_START = 22, STAT_VSIZE, STAT_RSS };

static int read_stat(const struct metrics *m, struct mprocess *p)
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

static void count_fds(struct mprocess *p)
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
	struct mprocess *p = &m->process;
	struct timespec cpu;
	struct rlimit limit;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	p->cpu_ns = cpu.tv_sec * SECOND_NS + cpu.tv_nsec;
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
