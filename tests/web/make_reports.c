// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes reports of made-up but fixed data, through the program's own writers:
 * make_reports FOLDER. The numbers are always the same: no clock, no machine.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/report.h"
#include "report/report.h"

#define SECOND	1000000000ull
#define START	(86400 * SECOND)
#define DEVICES	6

static uint64_t seed;

/* A number below @n, the same ones in each run (xorshift64) */
static uint64_t pick(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* @base, times 0.5 to 4, mostly near 1 */
static uint64_t about(uint64_t base)
{
	return base / 2 + pick(base) + pick(base) * pick(8) / 4;
}

static void begin(struct report *r, uint64_t duration_ns)
{
	memset(r, 0, sizeof(*r));
	seed = 88172645463325252ull;
	strcpy(r->kernel, "7.3.4-test");
	strcpy(r->host, "testhost");
	strcpy(r->boot_id, "3f2a9c71-0000-4000-8000-000000000001");
	r->source = "tracepoints";
	r->version = "test";
	r->command = strdup("atcq report --format html -o report.html -- workload --minutes 10");
	r->start_ns = START;
	r->wall_offset_ns = 1790000000ll * (int64_t)SECOND;
	r->duration_ns = duration_ns;
}

static void devices(struct report *r, const char *name)
{
	static const char *const drivers[DEVICES] = { "nvme", "mlx5_core", "vfio-pci", "", "nvme", "mlx5_core" };
	struct device dev[DEVICES] = { 0 };
	struct inventory inv = { .dev = dev, .ndev = DEVICES, .nsmmu = 1 };

	for (unsigned int i = 0; i < DEVICES; i++) {
		struct device *d = &dev[i];

		d->addr = (i + 1) << 8;
		snprintf(d->bdf, sizeof(d->bdf), "0000:%02x:00.0", i + 1);
		snprintf(d->name, sizeof(d->name), "%s %u", name, i + 1);
		strcpy(d->driver, drivers[i]);
		strcpy(d->smmu_name, "smmu3.0x0000000009050000");
		d->group = (int)i + 10;
		d->sids[0] = d->addr;
		d->nsids = 1;
		d->ats = ATS_ON;
		d->state_known = true;
	}
	if (report__add_devices(r, &inv))
		exit(1);
	dev[2].blocked = ATCQ_BLOCKED_BROKEN;
	dev[2].ats = ATS_BROKEN;
	inv.ndev = DEVICES - 1;		/* the last is removed meanwhile */
	report__end_devices(r, &inv);
}

static struct incident incident(unsigned int device, uint64_t issued)
{
	struct incident inc = {
		.smmu = 0, .sid = (device + 1) << 8, .bdf = (device + 1) << 8,
		.state = INCIDENT_RECOVERED, .closed = true, .atc_timeouts = 1, .cmdq_errors = 1,
	};
	uint64_t *s = inc.phase_ns;

	s[PHASE_ISSUED] = inc.opened_ns = issued;
	s[PHASE_RAISED] = issued + about(12000000);
	s[PHASE_DETECTED] = s[PHASE_RAISED] + about(40000);
	s[PHASE_BLOCKED] = s[PHASE_DETECTED] + about(9000);
	s[PHASE_FENCED] = s[PHASE_BLOCKED] + about(700000);
	s[PHASE_RESET_BEGIN] = s[PHASE_FENCED] + about(900000000);
	s[PHASE_RESET_END] = s[PHASE_RESET_BEGIN] + about(110000000);
	s[PHASE_RECOVERED] = inc.closed_ns = s[PHASE_RESET_END] + about(4000000);
	return inc;
}

static void add(struct report *r, const struct incident *inc)
{
	report__add(r, inc);
	r->totals.incidents++;
	r->totals.recovered += inc->state == INCIDENT_RECOVERED;
	r->totals.removed += inc->state == INCIDENT_REMOVED;
	r->totals.injected += inc->injected;
	r->totals.cmdq_errors += inc->cmdq_errors;
	r->totals.atc_timeouts += inc->atc_timeouts;
	r->totals.resets_ok += inc->phase_ns[PHASE_RESET_END] != 0;
}

static void sync(struct atcq_hist *h, uint64_t ns, uint64_t n)
{
	h->bucket[atcq_hist_index(ns)] += n;
	h->count += n;
	h->sum_ns += n * ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

/* The CMD_SYNC that began it, and two of others that waited behind it */
static void fail(struct atcq_hist *h, const struct incident *inc)
{
	sync(h, inc->phase_ns[PHASE_RAISED] - inc->phase_ns[PHASE_ISSUED], 1);
	sync(h, (inc->phase_ns[PHASE_RAISED] - inc->phase_ns[PHASE_ISSUED]) / 2, 2);
	h->failed++;
}

/* CMD_SYNCs in @n time buckets, with a swell in their number */
static void syncs(struct report *r, unsigned int n)
{
	static struct atcq_hist h;

	memset(&h, 0, sizeof(h));
	r->time_buckets = calloc(1, sizeof(*r->time_buckets));
	if (!r->time_buckets)
		exit(1);
	r->ntime_buckets = 1;
	time_buckets__start(r->time_buckets, 0, r->start_ns, NULL);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t from = r->start_ns + r->duration_ns * i / n;
		uint64_t to = r->start_ns + r->duration_ns * (i + 1) / n;
		uint64_t many = 40 + (i % 60) * (60 - i % 60) / 2;

		for (uint64_t k = 0; k < many; k++)
			sync(&h, about(1700) + (pick(12) ? 0 : about(5000)), 1 + pick(3));
		for (size_t k = 0; k < r->n; k++)
			if (r->incidents[k].phase_ns[PHASE_RAISED] > from && r->incidents[k].phase_ns[PHASE_RAISED] <= to)
				fail(&h, &r->incidents[k]);
		if (time_buckets__due(r->time_buckets, to) || i + 1 == n)
			time_buckets__add(r->time_buckets, to, &h);
	}
	if (report__add_syncs(r, 0, &h))
		exit(1);
	r->counters.cmd_syncs = h.count;
	r->counters.events = 40 + r->n * 8;
	r->counters.atc_invs = h.count / 2;
	r->counters.atc_suppressed = 17 * r->n;
}

static void events(struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct atcq_event ev = {
			.version = ATCQ_EVENT_VERSION, .size = sizeof(ev), .type = ATCQ_EV_GERROR,
			.time_ns = r->incidents[i].phase_ns[PHASE_RAISED], .smmu = 0, .sid = ATCQ_NONE,
			.ssid = ATCQ_NONE, .prod = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE,
			.code = 1, .count = 1,
		};

		if (ev.time_ns)
			report__add_event(r, &ev);
	}
}

static void write_forms(struct report *r, const char *folder, const char *name)
{
	static const char *const forms[] = { "html", "csv", "perfetto" };
	char path[512];

	for (int i = 0; i < 3; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/%s.%s", folder, name, i == 2 ? "json" : forms[i]);
		out = fopen(path, "we");
		if (!out || report__write(out, r, forms[i]) || fclose(out)) {
			perror(path);
			exit(1);
		}
	}
	report__free(r);
}

static void empty(const char *folder)
{
	struct report r;

	begin(&r, 60 * SECOND);
	devices(&r, "Example NVMe controller");
	syncs(&r, 120);
	write_forms(&r, folder, "empty");
}

/* Nothing is known at all: not even that must look broken */
static void nothing(const char *folder)
{
	struct report r = { .source = "tracepoints", .version = "test" };

	write_forms(&r, folder, "nothing");
}

static void one(const char *folder)
{
	struct incident inc;
	struct report r;

	begin(&r, 10 * SECOND);
	devices(&r, "Example NVMe controller");
	inc = incident(1, START + 3 * SECOND);
	add(&r, &inc);
	syncs(&r, 100);
	events(&r);
	write_forms(&r, folder, "one");
}

/* One of each kind, with events lost */
static void typical(const char *folder)
{
	struct incident inc;
	struct report r;

	begin(&r, 60 * SECOND);
	devices(&r, "Example adapter");
	for (unsigned int i = 0; i < 7; i++) {
		inc = incident(i % 2, START + 2 * SECOND + i * 7 * SECOND);
		inc.injected = i == 3;
		if (i == 4)
			inc.phase_ns[PHASE_RESET_BEGIN] += 9 * SECOND;
		for (int p = PHASE_RESET_END; i == 4 && p <= PHASE_RECOVERED; p++)
			inc.phase_ns[p] += 9 * SECOND;
		if (i == 5) {
			inc.phase_ns[PHASE_DETECTED] = inc.phase_ns[PHASE_FENCED] = 0;
			inc.incomplete = true;
		}
		add(&r, &inc);
	}
	inc = incident(4, START + 21 * SECOND);
	inc.state = INCIDENT_REMOVED;
	inc.closed_ns = inc.phase_ns[PHASE_FENCED] + 8 * SECOND;
	memset(&inc.phase_ns[PHASE_RESET_BEGIN], 0, 3 * sizeof(inc.phase_ns[0]));
	add(&r, &inc);
	inc = incident(2, START + 30 * SECOND);
	inc.state = INCIDENT_RESET_FAILED;
	inc.closed = false;
	inc.closed_ns = inc.phase_ns[PHASE_RECOVERED] = 0;
	inc.resets_failed = 1;
	inc.reset_result = -25;
	add(&r, &inc);
	inc = incident(3, START + 44 * SECOND);
	memset(&inc.phase_ns[PHASE_DETECTED], 0, 6 * sizeof(inc.phase_ns[0]));
	inc.state = INCIDENT_TIMED_OUT;
	inc.closed = false;
	inc.closed_ns = 0;
	inc.cmdq_errors = 39;
	add(&r, &inc);
	syncs(&r, 200);
	events(&r);
	r.counters.lost_ringbuf = 17;
	write_forms(&r, folder, "typical");
}

static void many(const char *folder, size_t n, const char *name)
{
	struct incident inc;
	struct report r;

	begin(&r, 3600 * SECOND);
	devices(&r, "Example adapter");
	for (size_t i = 0; i < n; i++) {
		inc = incident(i % 5, START + i * 3590 * SECOND / n + pick(SECOND));
		inc.injected = !pick(9);
		add(&r, &inc);
	}
	syncs(&r, 600);
	events(&r);
	write_forms(&r, folder, name);
}

/* As from the history: incidents, and nobody knows devices or CMD_SYNCs; one not even its stream */
static void bare(const char *folder)
{
	struct incident inc;
	struct report r;

	begin(&r, 600 * SECOND);
	for (unsigned int i = 0; i < 4; i++) {
		inc = incident(i / 2, START + (i + 1) * 100 * SECOND);
		if (i == 2)
			inc.bdf = inc.segment = ATCQ_NONE;
		if (i == 3)
			inc.bdf = inc.sid = inc.segment = inc.smmu = ATCQ_NONE;
		add(&r, &inc);
	}
	events(&r);
	write_forms(&r, folder, "bare");
}

/* Whoever names a device or types a command must not write the page */
static void nasty(const char *folder)
{
	static const char name[] = "</title><script>document.title='owned'</script>\"'&<img src=x>\x80,\n";
	struct incident inc;
	struct report r;

	begin(&r, 10 * SECOND);
	devices(&r, name);
	strcpy(r.devices[0].dev.driver, "<b onclick='x'>");
	free(r.command);
	r.command = strdup("atcq report -- sh -c '</code></main><style>*{display:none}</style><svg onload=alert(1)>'");
	strcpy(r.host, "<h1>&amp;");
	inc = incident(0, START + 3 * SECOND);
	add(&r, &inc);
	syncs(&r, 20);
	events(&r);
	write_forms(&r, folder, "nasty");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "Usage: make_reports FOLDER\n");
		return 2;
	}
	empty(argv[1]);
	nothing(argv[1]);
	one(argv[1]);
	typical(argv[1]);
	many(argv[1], 1000, "many");
	many(argv[1], 2500, "too-many");
	bare(argv[1]);
	nasty(argv[1]);
	return 0;
}
