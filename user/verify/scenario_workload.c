// SPDX-License-Identifier: GPL-2.0-only
/* Workloads: they keep the devices busy while the steps run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atcq/ats-testdev-regs.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "scenario_internal.h"
#include "source/kernel.h"

bool testdev__is(const struct device *d)
{
	return d->vendor_id == ATS_TESTDEV_VENDOR && d->device_id == ATS_TESTDEV_DEVICE;
}

/* The registers of @by, about the function @addr; NULL: errno is set */
static volatile uint32_t *map(const char *by, uint32_t addr)
{
	char path[128], enabled[8];
	void *p;
	int fd;

	/* Memory space has to be on, which only a driver or this does */
	if (!attr__read(by, "enable", enabled, sizeof(enabled)) && *enabled == '0')
		attr__write(by, "enable", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", by);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	p = mmap(NULL, ATS_TESTDEV_BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return NULL;
	if (((volatile uint32_t *)p)[ATS_TESTDEV_ID / 4] != ATS_TESTDEV_ID_VALUE) {
		munmap(p, ATS_TESTDEV_BUFFER);
		errno = ENODEV;
		return NULL;
	}
	((volatile uint32_t *)p)[ATS_TESTDEV_TARGET / 4] = addr;
	return p;
}

static int unmap(volatile uint32_t *regs)
{
	int ret = regs[ATS_TESTDEV_ERROR / 4] ? -ENXIO : 0;

	munmap((void *)regs, ATS_TESTDEV_BUFFER);
	return ret;
}

int testdev__set(const char *by, uint32_t addr, enum testdev_answer answer, uint32_t delay_us, int heals)
{
	volatile uint32_t *regs = map(by, addr);

	if (!regs)
		return -errno;
	if (heals >= 0)
		regs[ATS_TESTDEV_FLR_HEALS / 4] = heals;
	if (answer == TESTDEV_SLOW)
		regs[ATS_TESTDEV_DELAY_US / 4] = delay_us;
	if (answer != TESTDEV_AS_IT_IS)
		regs[ATS_TESTDEV_MODE / 4] = answer == TESTDEV_SLOW ? ATS_TESTDEV_MODE_DELAY :
			answer == TESTDEV_NEVER ? ATS_TESTDEV_MODE_NEVER : ATS_TESTDEV_MODE_ANSWER;
	return unmap(regs);
}

int testdev__counters(const char *by, uint32_t addr, uint32_t *received, uint32_t *timeouts)
{
	volatile uint32_t *regs = map(by, addr);

	if (!regs)
		return -errno;
	*received = regs[ATS_TESTDEV_RECEIVED / 4];
	*timeouts = regs[ATS_TESTDEV_TIMEOUTS / 4];
	return unmap(regs);
}

#define READY_NS	10000000000ull
#define ENOUGH		10	/* opening a device invalidates as well, but less often than that */
#define ARGS		(2 * RUN_DEVICES + 16)

/* vfio-churn with its devices; the strings go with the next call */
static void unmaps_command(struct scenario_run *x, const struct workload *w, const char *argv[ARGS])
{
	static char every[24], size[24], threads[24];
	size_t n = 0;

	snprintf(every, sizeof(every), "%" PRIu64, w->every_ns / 1000);
	snprintf(size, sizeof(size), "%" PRIu64, w->size);
	snprintf(threads, sizeof(threads), "%" PRIu64, w->threads);
	argv[n++] = "vfio-churn";
	for (size_t i = 0; i < x->ndev; i++) {
		if (!(w->names >> x->dev[i].request & 1))
			continue;
		argv[n++] = "--device";
		argv[n++] = x->dev[i].bdf;
	}
	argv[n++] = "--count";
	argv[n++] = "0";
	argv[n++] = "--interval-us";
	argv[n++] = every;
	argv[n++] = "--size";
	argv[n++] = size;
	argv[n++] = "--threads";
	argv[n++] = threads;
	if (w->dma)
		argv[n++] = "--dma";
	argv[n] = NULL;
}

static bool is_ready(struct scenario_run *x, const struct workload *w, const uint32_t *received)
{
	uint32_t now = 0, timeouts;

	for (size_t i = 0; i < x->ndev; i++) {
		struct resolved_device *b = &x->dev[i];

		if (!(w->names >> b->request & 1))
			continue;
		if (!*x->by)
			continue;
		if (testdev__counters(x->by, b->addr, &now, &timeouts) || now - received[i] <= ENOUGH)
			return false;
		/* It is reset when it is opened */
		if (!condition__holds(x, b, COND_HEALTHY))
			return false;
	}
	return true;
}

static bool start_one(struct scenario_run *x, const struct workload *w, struct running *run)
{
	char *shell[] = { "sh", "-c", w->command, NULL }, text[200];
	const char *argv[ARGS];
	uint32_t received[RUN_DEVICES] = { 0 }, timeouts;
	uint64_t until = clock__boottime_ns() + READY_NS;
	ssize_t n;
	int status;

	for (size_t i = 0; i < x->ndev && *x->by; i++)
		testdev__counters(x->by, x->dev[i].addr, &received[i], &timeouts);
	if (w->kind == WORK_UNMAPS)
		unmaps_command(x, w, argv);
	else
		ops__environment(x);
	run->output = memfd_create("workload", MFD_CLOEXEC);
	run->pid = process__spawn_group(w->kind == WORK_UNMAPS ? (char **)argv : shell, run->output);
	while (run->pid > 0 && clock__boottime_ns() < until) {
		if (!run__wait(x, 10000000))
			return false;
		if (process__exited(run->pid, &status)) {
			run->pid = 0;
			n = pread(run->output, text, sizeof(text) - 1, 0);
			text[n > 0 ? n : 0] = '\0';
			text[strcspn(text, "\n")] = '\0';
			run__fail(x, "line %u: the workload ended at once, with status %d: %s", w->line, status, text);
			return false;
		}
		if (w->kind == WORK_RUN || is_ready(x, w, received))
			return true;
	}
	run__fail(x, "line %u: the workload does not get its devices to work", w->line);
	return false;
}

bool work__start(struct scenario_run *x, names_t names)
{
	for (size_t i = 0; i < x->s->nworkloads; i++) {
		const struct workload *w = &x->s->workload[i];

		if (!x->work[i].pid && (!names || w->names & names) && !start_one(x, w, &x->work[i]))
			return false;
	}
	return true;
}

/* The last line of JSON that a workload has said; the caller's, or NULL */
static json_t *last_line(int fd)
{
	char text[RUN_DEVICES * 80 + 256], *line;
	off_t end = lseek(fd, 0, SEEK_END), from = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, from);

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	line = strrchr(text, '\n');
	return json_loads(line ? line + 1 : text, 0, NULL);
}

static void check_dma(struct scenario_run *x, const struct workload *w, const json_t *end)
{
	names_t hurt = scenario__hurt(x->s);

	for (size_t i = 0; w->dma && i < x->ndev; i++) {
		const struct resolved_device *b = &x->dev[i];
		json_t *dma = json_object_get(json_object_get(end, "dma"), b->bdf);
		json_int_t lost = json_integer_value(json_object_get(dma, "lost"));

		if (!(w->names >> b->request & 1) || hurt >> b->request & 1)
			continue;
		if (!dma || !json_integer_value(json_object_get(dma, "written")))
			run__fail(x, "%s (%s), which is not at fault, wrote nothing", run__device_name(x, b), b->bdf);
		else if (lost)
			run__fail(x, "%s (%s), which is not at fault, lost %lld of its writes", run__device_name(x, b),
				  b->bdf, (long long)lost);
	}
}

static void stop_one(struct scenario_run *x, const struct workload *w, struct running *run)
{
	int status = 0;
	json_t *end;

	if (!run->pid)
		return;
	if (process__exited(run->pid, &status)) {
		run__fail(x, "line %u: the workload ended too early, with status %d", w->line, status);
	} else if (w->kind == WORK_UNMAPS) {
		/* Letting go of its devices resets them, one after the other */
		kill(-run->pid, SIGTERM);
		for (int i = 0; i < 3000 && !process__exited(run->pid, &status); i++)
			monitor__poll(x->monitor, 5);
	}
	process__stop_group(run->pid);
	run->pid = 0;
	if (w->kind == WORK_UNMAPS && (end = last_line(run->output))) {
		uint64_t longest = json_integer_value(json_object_get(end, "max_ns"));

		x->longest_unmap_ns = longest > x->longest_unmap_ns ? longest : x->longest_unmap_ns;
		check_dma(x, w, end);
		json_decref(end);
	}
	close(run->output);
}

void work__stop(struct scenario_run *x, names_t names)
{
	for (size_t i = 0; i < x->s->nworkloads; i++)
		if (!names || x->s->workload[i].names & names)
			stop_one(x, &x->s->workload[i], &x->work[i]);
}

bool work__dma(struct scenario_run *x, const char *bdf, uint64_t *written, uint64_t *lost)
{
	for (size_t i = 0; i < x->s->nworkloads; i++) {
		off_t before;
		json_t *reported_line, *dma;

		if (!x->work[i].pid || !x->s->workload[i].dma)
			continue;
		before = lseek(x->work[i].output, 0, SEEK_END);
		kill(x->work[i].pid, SIGUSR1);
		for (int k = 0; k < 400 && lseek(x->work[i].output, 0, SEEK_END) == before; k++)
			monitor__poll(x->monitor, 5);
		reported_line = last_line(x->work[i].output);
		dma = json_object_get(json_object_get(reported_line, "dma"), bdf);
		if (dma) {
			*written = json_integer_value(json_object_get(dma, "written"));
			*lost = json_integer_value(json_object_get(dma, "lost"));
			json_decref(reported_line);
			return true;
		}
		json_decref(reported_line);
	}
	return false;
}
