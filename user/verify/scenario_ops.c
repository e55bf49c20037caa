// SPDX-License-Identifier: GPL-2.0-only
/*
 * A running scenario: its failures, waiting, the conditions of devices, and operations.
 * Each operation is a process of its own, so that this one can read events.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "scenario_internal.h"
#include "source/kernel.h"

static bool blocked_is(const char *bdf, const char *expected)
{
	char text[32];

	return !attr__read(bdf, "iommu_state/blocked", text, sizeof(text)) && !strcmp(text, expected);
}

static bool ats_is(const char *bdf, const char *expected)
{
	char text[32];

	return !attr__read(bdf, "arm-smmu-v3/ats", text, sizeof(text)) && !strcmp(text, expected);
}

/* Healthy: unblocked and ATS on. On a kernel that reports neither: the device is present */
static bool is_healthy(const char *bdf)
{
	char text[32];

	if (attr__read(bdf, "vendor", text, sizeof(text)))
		return false;
	if (attr__read(bdf, "iommu_state/blocked", text, sizeof(text)))
		return true;
	return !strcmp(text, "no") && ats_is(bdf, "on");
}

bool condition__holds(struct scenario_run *x, const struct resolved_device *b, enum condition what)
{
	static const enum phase phases[] = {
		[COND_RAISED] = PHASE_RAISED, [COND_DETECTED] = PHASE_DETECTED,
		[COND_BLOCKED] = PHASE_BLOCKED, [COND_FENCED] = PHASE_FENCED, [COND_RECOVERED] = PHASE_RECOVERED,
	};
	char text[32];

	(void)x;
	switch (what) {
	case COND_HEALTHY:
		return is_healthy(b->bdf);
	case COND_RESETTING:
		return blocked_is(b->bdf, "resetting");
	case COND_RESET_FAILED:
		return blocked_is(b->bdf, "reset-failed");
	case COND_BROKEN:
		/* A device that was fenced but not blocked has ATS off */
		return blocked_is(b->bdf, "broken") && !ats_is(b->bdf, "on");
	case COND_REMOVED:
		return attr__read(b->bdf, "vendor", text, sizeof(text)) == -ENOENT;
	case COND_ATS_ON:
		return ats_is(b->bdf, "on");
	case COND_ATS_OFF:
		return ats_is(b->bdf, "off");
	case COND_ATS_BROKEN:
		return ats_is(b->bdf, "broken");
	case COND_RAISED: case COND_DETECTED: case COND_BLOCKED: case COND_FENCED: case COND_RECOVERED:
		return b->seen[phases[what]] > b->before[phases[what]];
	default:
		return false;
	}
}

bool run__wait(struct scenario_run *x, uint64_t ns)
{
	uint64_t now = clock__boottime_ns(), end = now + ns, limit = x->started_ns + x->s->limit_ns;

	do {
		uint64_t left = end > now ? (end - now) / 1000000 : 0;

		if (process__interrupted()) {
			x->interrupted = true;
			run__fail(x, "interrupted");
			return false;
		}
		if (now >= limit) {
			run__fail(x, "did not end within its limit of %.0f s", (double)x->s->limit_ns / 1e9);
			return false;
		}
		if (monitor__poll(x->monitor, left > 20 ? 20 : (int)left)) {
			run__fail(x, "events cannot be read any more");
			x->environment = true;
			return false;
		}
		now = clock__boottime_ns();
	} while (now < end);
	return true;
}

void run__fail(struct scenario_run *x, const char *fmt, ...)
{
	va_list ap;

	if (x->nreasons == RUN_REASONS)
		return;
	va_start(ap, fmt);
	vsnprintf(x->reasons[x->nreasons++], sizeof(x->reasons[0]), fmt, ap);
	va_end(ap);
}

static int write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, data, len) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A fatal, uncorrectable error (DLP) of the device, as aer-inject has it */
static int inject_aer(const struct resolved_device *b)
{
	struct {
		uint8_t bus, dev, fn;
		uint32_t uncor, cor, header[4], domain;
	} aer = { .bus = b->addr >> 8, .dev = b->addr >> 3 & 31, .fn = b->addr & 7,
		  .uncor = 1 << 4, .domain = b->segment };

	return write_file("/dev/aer_inject", &aer, sizeof(aer));
}

static int reset(const struct step *st, const struct resolved_device *b)
{
	char before[128] = "";
	int ret = 0;

	if (!strcmp(st->method, "aer"))
		return inject_aer(b);
	if (!strcmp(st->method, "subordinate"))
		return attr__write(b->bdf, "../reset_subordinate", "1");
	if (*st->method) {
		ret = attr__read(b->bdf, "reset_method", before, sizeof(before));
		if (!ret)
			ret = attr__write(b->bdf, "reset_method", st->method);
	}
	if (!ret)
		ret = attr__write(b->bdf, "reset", "1");
	if (*before)
		attr__write(b->bdf, "reset_method", before);
	return ret;
}

static int slot_power(const struct resolved_device *b, const char *value)
{
	char address[32], path[512];
	int ret = -ENOENT;
	glob_t g;

	if (glob("/sys/bus/pci/slots/*", 0, NULL, &g))
		return -ENOENT;
	for (size_t i = 0; i < g.gl_pathc && ret == -ENOENT; i++) {
		if (attr__line(g.gl_pathv[i], "address", address, sizeof(address)) ||
		    strncmp(address, b->bdf, strlen("0000:00:00")))
			continue;
		snprintf(path, sizeof(path), "%s/power", g.gl_pathv[i]);
		ret = write_file(path, value, 1);
	}
	globfree(&g);
	return ret;
}

/* Only its own bus: a rescan of all touches bridges that others are behind */
static int rescan(const struct resolved_device *b)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/sys/class/pci_bus/%04x:%02x/rescan", b->segment, b->addr >> 8);
	ret = write_file(path, "1", 1);
	return ret == -ENOENT ? write_file("/sys/bus/pci/rescan", "1", 1) : ret;
}

static int act(const struct step *st, const struct resolved_device *b)
{
	switch (st->kind) {
	case STEP_RESET:
		return reset(st, b);
	case STEP_REMOVE:
		return attr__write(b->bdf, "remove", "1");
	case STEP_FIND:
		return rescan(b);
	case STEP_SLOT_OFF:
		return slot_power(b, "0");
	case STEP_SLOT_ON:
		return slot_power(b, "1");
	default:
		return -EINVAL;
	}
}

void ops__environment(const struct scenario_run *x)
{
	char all[RUN_DEVICES * 16];

	for (size_t w = 0; w < x->s->nrequests; w++) {
		*all = '\0';
		for (size_t i = 0; i < x->ndev; i++)
			if (x->dev[i].request == w)
				sprintf(all + strlen(all), "%s%s", *all ? " " : "", x->dev[i].bdf);
		setenv(x->s->request[w].name, all, 1);
	}
	setenv("testdev", x->by, 1);
}

static pid_t start(struct scenario_run *x, const struct step *st, const struct resolved_device *b, int output)
{
	char *command[] = { "sh", "-c", st->command, NULL };
	pid_t pid;

	if (!b) {
		ops__environment(x);
		return process__spawn_group(command, output);
	}
	pid = process__fork_group();
	if (pid)
		return pid;
	_exit(-act(st, b) & 255);
}

bool ops__start(struct scenario_run *x, const struct step *st, const struct resolved_device *b)
{
	struct op *op = x->op;

	while (op < x->op + RUN_OPS && op->pid)
		op++;
	if (op == x->op + RUN_OPS) {
		run__fail(x, "line %u: more than %d operations at once", st->line, RUN_OPS);
		return false;
	}
	*op = (struct op) { .step = st, .bdf = b ? b->bdf : NULL, .output = -1 };
	if (!b)
		op->output = memfd_create("output", MFD_CLOEXEC);
	op->pid = start(x, st, b, op->output);
	if (op->pid > 0)
		return true;
	run__fail(x, "line %u: %s", st->line, strerror(-op->pid));
	op->pid = 0;
	return false;
}

/* The end of what a command said, on one line */
static void last_words(int fd, char *text, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, text, len - 1, end > (off_t)len - 1 ? end - (off_t)len + 1 : 0);

	text[n > 0 ? n : 0] = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = c[1] ? '|' : '\0';
}

static void check_result(struct scenario_run *x, const struct op *op, int status)
{
	const struct step *st = op->step;
	const char *what = step_kind__name(st->kind);
	char output[160];

	if (status == st->result)
		return;
	if (!op->bdf) {
		last_words(op->output, output, sizeof(output));
		run__fail(x, "line %u: '%.60s' ended with status %d, not %d: %s", st->line, st->command,
			  status, st->result, output);
	} else if (status && st->result) {
		run__fail(x, "line %u: %s of %s: %s, not %s", st->line, what, op->bdf, strerror(status),
			  strerror(st->result));
	} else if (status) {
		run__fail(x, "line %u: %s of %s: %s", st->line, what, op->bdf, strerror(status));
	} else {
		run__fail(x, "line %u: %s of %s: no error, and %s was expected", st->line, what, op->bdf,
			  strerror(st->result));
	}
}

static bool all_over(struct scenario_run *x, const struct step *st)
{
	bool over = true;
	int status;

	for (struct op *op = x->op; op < x->op + RUN_OPS; op++) {
		if (!op->pid || (st && op->step != st))
			continue;
		if (!process__exited(op->pid, &status)) {
			over = false;
			continue;
		}
		op->pid = 0;
		check_result(x, op, status);
		if (op->output >= 0)
			close(op->output);
	}
	return over;
}

bool ops__wait(struct scenario_run *x, const struct step *st)
{
	while (!all_over(x, st))
		if (!run__wait(x, 5000000))
			return false;
	return true;
}

void ops__kill(struct scenario_run *x)
{
	for (struct op *op = x->op; op < x->op + RUN_OPS; op++) {
		if (!op->pid)
			continue;
		kill(-op->pid, SIGKILL);
		/* A process that hangs in the kernel stays: the next user of the device gets an error */
		for (int i = 0; i < 100 && waitpid(op->pid, NULL, WNOHANG) == 0; i++)
			usleep(10000);
		if (op->output >= 0)
			close(op->output);
		op->pid = 0;
	}
}
