// SPDX-License-Identifier: GPL-2.0-only
/* Writes the server's page for a person, of made-up but fixed data: make_landing FOLDER. */
#include <stdio.h>

#include "../unit/events.h"
#include "service/landing.h"

#define SECOND	1000000000ull
#define START	(86400 * SECOND)
#define MAX	1024

static struct landing_last last;
static struct device dev[MAX];

static void on_incident(void *ctx, const struct incident *inc, enum phase phase)
{
	(void)ctx;
	if (phase == PHASE_MAX && inc->closed)
		landing_last__add(&last, inc);
}

static struct inventory machine(size_t n, const char *name, const char *driver)
{
	memset(dev, 0, sizeof(dev));
	memset(&last, 0, sizeof(last));
	for (size_t i = 0; i < n; i++) {
		struct device *d = &dev[i];

		d->addr = (i + 2) << 8;
		snprintf(d->bdf, sizeof(d->bdf), "%04x:%02x:00.0", (unsigned int)(i >> 8) & 0xffff, (unsigned int)(i + 2) & 0xff);
		snprintf(d->name, sizeof(d->name), "%s", name);
		snprintf(d->driver, sizeof(d->driver), "%s", driver);
		strcpy(d->smmu_name, "smmu3.0x0000000009050000");
		d->ats = ATS_ON;
		d->state_known = true;
	}
	return (struct inventory){ .dev = dev, .ndev = n, .nsmmu = n ? 1 : 0 };
}

static int page(const char *folder, const char *name, struct landing *l, const struct inventory *inv)
{
	char path[512];
	FILE *f;
	int ret;

	l->host = l->host ? l->host : "testhost";
	l->kernel = "7.3.4-test";
	l->version = "test";
	l->boot_id = "3f2a9c71-0000-4000-8000-000000000001";
	l->inv = inv;
	l->last = &last;
	l->now_ns = START + 500 * SECOND;
	l->wall_offset_ns = 1790000000ll * (int64_t)SECOND;
	snprintf(path, sizeof(path), "%s/%s.html", folder, name);
	f = fopen(path, "we");
	ret = f ? landing__write(f, l) : -1;
	return f && !fclose(f) ? ret : 1;
}

static int typical(const char *folder)
{
	struct inventory inv = machine(6, "Example Corporation Accelerator X100", "vfio-pci");
	struct landing l = { .source = "tracepoints", .narmed = 2, .armed = {
		{ "atc-timeout, reset-fail", "0000:04:00.0", 4242, START + 525 * SECOND },
		{ "gerror-late", "0000:05:00.0", 4243, START + 490 * SECOND } } };
	struct tracker *t = tracker__new(on_incident, NULL);
	int ret;

	fault(t, START + 100 * SECOND, 1, BDF_A);
	reset(t, START + 101 * SECOND, BDF_A, 0);
	fault(t, START + 200 * SECOND, 2, BDF_A);
	reset(t, START + 201 * SECOND, BDF_A, -110);
	reset(t, START + 203 * SECOND, BDF_A, 0);
	fault(t, START + 400 * SECOND, 3, BDF_B);
	dev[1].blocked = ATCQ_BLOCKED_BROKEN;
	dev[1].blocked_since_ns = START + 400 * SECOND;
	dev[1].ats = ATS_BROKEN;
	l.tracker = t;
	ret = page(folder, "landing", &l, &inv);
	tracker__free(t);
	return ret;
}

static int large(const char *folder)
{
	struct inventory inv = machine(MAX, "Example", "nvme");
	struct landing l = { .source = "stock" };

	for (size_t i = 0; i < MAX; i++)
		dev[i].state_known = i % 2;
	dev[MAX - 1].blocked = ATCQ_BLOCKED_RESET_FAILED;
	return page(folder, "landing-large", &l, &inv);
}

static int nasty(const char *folder)
{
	struct inventory inv = machine(1, "</td></table><script>document.title='owned'</script><img src=x>", "<b onclick='x'>");
	struct landing l = { .source = "tracepoints", .host = "</title><h1>&amp;", .not_ready_reason = "<iframe src=x>", .narmed = 1,
		.armed = { { "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", 1, 0 } } };

	return page(folder, "landing-nasty", &l, &inv);
}

int main(int argc, char **argv)
{
	struct inventory none = machine(0, "", "");
	struct landing l = { 0 };

	if (argc != 2) {
		fprintf(stderr, "Usage: make_landing FOLDER\n");
		return 2;
	}
	return page(argv[1], "landing-none", &l, &none) || typical(argv[1]) || large(argv[1]) || nasty(argv[1]);
}
