// SPDX-License-Identifier: GPL-2.0-only
/* Which series there are, from when on, and until when. */
#include "lib/text.h"
#include "tree.h"

#include "world.h"

#define DEV	"bus/pci/devices/"
#define MINUTE	60000000000ull

static struct buf out;

static const char *scrape(struct world *w)
{
	buf__clear(&out);
	assert_int_equal(metrics__render(w->m, METRICS_OPENMETRICS, &out), 0);
	buf__add(&out, "", 1);
	return out.data;
}

static bool has(const struct world *w, const char *text)
{
	(void)w;
	return strstr(out.data, text);
}

#define assert_has(w, text) do { if (!has(w, text)) fail_msg("no %s in\n%s", text, out.data); } while (0)
#define assert_has_not(w, text) do { if (has(w, text)) fail_msg("%s in\n%s", text, out.data); } while (0)

/* What can happen is there before it does; nothing is about what cannot. */
static void test_zeroes(void **state)
{
	struct world *w = world_new(NULL, 2, NULL);

	(void)state;
	scrape(w);
	assert_has(w, "atcq_source_info{source=\"tracepoints\",kernel=\"7.3.4\"} 1\n");
	assert_has(w, "atcq_devices{smmu=\"" WORLD_SMMU "\"} 2\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.0\",injected=\"false\"} 0\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.1\",injected=\"true\"} 0\n");
	assert_has(w, "atcq_device_state{device=\"0000:01:00.1\",state=\"healthy\"} 1\n");
	assert_has(w, "atcq_device_state{device=\"0000:01:00.1\",state=\"removed\"} 0\n");
	assert_has(w, "atcq_device_state_change_timestamp_seconds{device=\"0000:01:00.1\"} 0\n");
	assert_has(w, "atcq_incidents_closed_total{smmu=\"" WORLD_SMMU "\",outcome=\"unknown\",injected=\"true\"} 0\n");
	assert_has(w, "atcq_incident_recovery_duration_seconds_bucket{smmu=\"" WORLD_SMMU "\",injected=\"true\",le=\"+Inf\"} 0\n");
	assert_has(w, "atcq_faults_fired_total{fault=\"atc-timeout\"} 0\n");
	assert_has(w, "atcq_events_lost_total{cause=\"ring-buffer\"} 0\n");
	assert_has_not(w, "atcq_fault_deadline");
	assert_has_not(w, "atcq_history");
	assert_has_not(w, "atcq_http");
	assert_has_not(w, "atcq_privileges");
	assert_has_not(w, "atcq_bpf_run");
	assert_has_not(w, "atcq_atc_invalidations_total");
	assert_has_not(w, "\nup ");
	assert_string_equal(out.data + out.len - 7, "# EOF\n");
	world_free(w);
}

static void figures(void *ctx, struct metrics_history *h)
{
	*h = (struct metrics_history){
		.write_errors = 1, .refused = 2, .deleted_age = 3, .deleted_size = 4, .size_bytes = *(int64_t *)ctx,
	};
}

/* What the history counts has series while there is one, also on a machine without an SMMU */
static void test_history(void **state)
{
	int64_t size = 65536;
	struct metrics_config cfg = {
		.sysfs = tree, .armed_dir = tree, .history = figures, .history_ctx = &size,
	};
	struct world w = { 0 };

	(void)state;
	assert_int_equal(metrics__new(&w.m, &cfg), 0);
	scrape(&w);
	assert_has(&w, "atcq_history_write_errors_total 1\n");
	assert_has(&w, "atcq_history_incidents_refused_total 2\n");
	assert_has(&w, "atcq_history_deleted_total{reason=\"age\"} 3\n");
	assert_has(&w, "atcq_history_deleted_total{reason=\"size\"} 4\n");
	assert_has(&w, "atcq_history_size_bytes 65536\n");
	assert_has(&w, "atcq_collector_success{collector=\"history\"} 1\n");
	size = -1;
	scrape(&w);
	assert_has_not(&w, "atcq_history_size_bytes 65536\n");
	assert_has(&w, "atcq_collector_success{collector=\"history\"} 0\n");
	metrics__free(w.m);
}

/* An incident is counted where it belongs, and once; the durations have its id. */
static void test_incident(void **state)
{
	struct world *w = world_new(NULL, 2, NULL);

	(void)state;
	world_fault(w, WORLD_START_NS + 1000000000, 7, 0x100, false);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"fenced\"} 1\n");
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"healthy\"} 0\n");
	assert_has(w, "atcq_device_state_change_timestamp_seconds{device=\"0000:01:00.0\"} 1700000001.000005\n");
	assert_has(w, "atcq_device_ats_enabled{device=\"0000:01:00.0\"} 0\n");
	assert_has(w, "atcq_incidents_open{smmu=\"" WORLD_SMMU "\",injected=\"false\"} 1\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.0\",injected=\"false\"} 1\n");
	assert_has(w, "atcq_atc_timeouts_total{device=\"0000:01:00.0\",injected=\"false\"} 1\n");
	/* Issued 1 us before the error, blocked 300 ns after it */
	assert_has(w, "atcq_incident_exposure_duration_seconds_sum{smmu=\"" WORLD_SMMU "\",injected=\"false\"} 0.0000013\n");
	assert_has(w, "le=\"9.5367431640625e-07\"} 1 # {incident_id=\"6f1c0c1e-0-100-");
	assert_has(w, "atcq_cmd_sync_failures_total{smmu=\"" WORLD_SMMU "\",cause=\"atc-timeout\"} 1\n");
	world_reset(w, WORLD_START_NS + 2000000000, 0x100, -110);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"reset-failed\"} 1\n");
	assert_has(w, "atcq_resets_total{device=\"0000:01:00.0\",result=\"failed\"} 1\n");
	world_reset(w, WORLD_START_NS + 3000000000, 0x100, 0);
	world_fault(w, WORLD_START_NS + 4000000000, 9, 0x101, true);
	world_reset(w, WORLD_START_NS + 5000000000, 0x101, 0);
	world_reset(w, WORLD_START_NS + 6000000000, 0x101, -25);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"healthy\"} 1\n");
	assert_has(w, "atcq_incidents_closed_total{smmu=\"" WORLD_SMMU "\",outcome=\"recovered\",injected=\"false\"} 1\n");
	assert_has(w, "atcq_incidents_closed_total{smmu=\"" WORLD_SMMU "\",outcome=\"recovered\",injected=\"true\"} 1\n");
	assert_has(w, "atcq_incidents_open{smmu=\"" WORLD_SMMU "\",injected=\"true\"} 0\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.1\",injected=\"true\"} 1\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.1\",injected=\"false\"} 0\n");
	assert_has(w, "atcq_incident_recovery_duration_seconds_count{smmu=\"" WORLD_SMMU "\",injected=\"false\"} 1\n");
	assert_has(w, "atcq_resets_total{device=\"0000:01:00.1\",result=\"unsupported\"} 1\n");
	world_free(w);
}

/* Who was only suspected is no incident, at no time. */
static void test_innocent(void **state)
{
	struct world *w = world_new(NULL, 1, NULL);
	struct atcq_event ev = { .type = ATCQ_EV_ATC_TIMEOUT, .sid = 0x100, .bdf = 0x100, .prod = 5, .time_ns = 1000 };

	(void)state;
	world_event(w, ev);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"timed-out\"} 1\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.0\",injected=\"false\"} 0\n");
	assert_has(w, "atcq_incidents_open{smmu=\"" WORLD_SMMU "\",injected=\"false\"} 0\n");
	ev.type = ATCQ_EV_ATC_ANSWERED, ev.time_ns = 2000;
	world_event(w, ev);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:01:00.0\",state=\"healthy\"} 1\n");
	assert_has(w, "atcq_incidents_total{device=\"0000:01:00.0\",injected=\"false\"} 0\n");
	assert_has(w, "atcq_atc_timeouts_total{device=\"0000:01:00.0\",injected=\"false\"} 0\n");
	assert_has(w, "atcq_incidents_closed_total{smmu=\"" WORLD_SMMU "\",outcome=\"unknown\",injected=\"false\"} 0\n");
	world_free(w);
}

static void plug(const char *bdf)
{
	char path[128];

	snprintf(path, sizeof(path), DEV "%s/iommu", bdf);
	tree_link(path, "/class/iommu/" WORLD_SMMU);
	snprintf(path, sizeof(path), DEV "%s/arm-smmu-v3/ats", bdf);
	tree_file(path, "on\n");
	snprintf(path, sizeof(path), DEV "%s/arm-smmu-v3/stream_ids", bdf);
	tree_file(path, "0x200\n");
	snprintf(path, sizeof(path), DEV "%s/iommu_state/blocked", bdf);
	tree_file(path, "no\n");
}

static void unplug(const char *bdf)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "rm -r '%s/" DEV "%s'", tree, bdf);
	assert_int_equal(system(cmd), 0);
}

/* A removed device's counters go on if it comes back in time; else its series end after 15 minutes. */
static void test_removal(void **state)
{
	struct world *w;

	(void)state;
	tree_file("class/iommu/" WORLD_SMMU "/arm-smmu-v3/index", "0\n");
	plug("0000:02:00.0");
	plug("0000:02:00.1");
	w = world_new(tree, 0, NULL);
	world_reset(w, WORLD_START_NS + 5, 0x200, 0);
	scrape(w);
	assert_has(w, "atcq_devices{smmu=\"" WORLD_SMMU "\"} 2\n");
	assert_has(w, "atcq_resets_total{device=\"0000:02:00.0\",result=\"ok\"} 1\n");
	unplug("0000:02:00.0");
	scrape(w);
	assert_has(w, "atcq_devices{smmu=\"" WORLD_SMMU "\"} 1\n");
	assert_has(w, "atcq_device_state{device=\"0000:02:00.0\",state=\"removed\"} 1\n");
	assert_has_not(w, "atcq_device_ats_enabled{device=\"0000:02:00.0\"}");
	world_now += 14 * MINUTE;
	scrape(w);
	assert_has(w, "atcq_resets_total{device=\"0000:02:00.0\",result=\"ok\"} 1\n");
	plug("0000:02:00.0");
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:02:00.0\",state=\"healthy\"} 1\n");
	assert_has(w, "atcq_resets_total{device=\"0000:02:00.0\",result=\"ok\"} 1\n");
	world_now += 14 * MINUTE;
	scrape(w);
	assert_has(w, "device=\"0000:02:00.0\"");
	unplug("0000:02:00.0");
	scrape(w);
	world_now += 15 * MINUTE;
	scrape(w);
	assert_has_not(w, "device=\"0000:02:00.0\"");
	assert_has(w, "atcq_resets_total{device=\"0000:02:00.1\",result=\"ok\"} 0\n");
	plug("0000:02:00.0");
	scrape(w);
	assert_has(w, "atcq_resets_total{device=\"0000:02:00.0\",result=\"ok\"} 0\n");
	world_free(w);
}

/* Without patches/linux only configuration space says whether ATS is on: it is not read, so nothing is said. */
static void test_no_config_space(void **state)
{
	static uint8_t cfg[4096];
	struct world *w;

	(void)state;
	cfg[0x100] = 0x0f;	/* ATS, and it is on */
	cfg[0x107] = 0x80;
	tree_file("class/iommu/" WORLD_SMMU "/x", "");
	tree_link(DEV "0000:02:00.0/iommu", "/class/iommu/" WORLD_SMMU);
	tree_bytes(DEV "0000:02:00.0/config", cfg, sizeof(cfg));
	w = world_new(tree, 0, NULL);
	scrape(w);
	assert_has(w, "atcq_device_state{device=\"0000:02:00.0\",state=\"healthy\"} 1\n");
	assert_has_not(w, "atcq_device_ats_enabled{");
	world_free(w);
}

static int counted(struct source *src, source_atc_fn fn, void *ctx)
{
	(void)src;
	fn(ctx, 1, 0x101, 30);
	fn(ctx, 1, 0x777, 4);		/* nobody's */
	fn(ctx, 1, 0x100, world_of(src)->lost ? 7 : 5);
	return 0;
}

/*
 * An unpatched kernel's SMMU has a number until a device tells its name, and what was
 * counted before goes on under it. ATC_INVs of all Stream IDs of a device are its own.
 */
static void test_stock(void **state)
{
	struct world *w;
	struct atcq_event ev = { .type = ATCQ_EV_GERROR, .smmu = 1, .sid = ATCQ_NONE, .bdf = ATCQ_NONE, .code = 1 };

	(void)state;
	tree_file("class/iommu/" WORLD_SMMU "/x", "");
	tree_file("class/iommu/smmu3.0x2/x", "");
	tree_link(DEV "0000:02:00.0/iommu", "/class/iommu/smmu3.0x2");
	w = world_new(tree, 0, NULL);
	w->src.kind = SOURCE_STOCK;
	world_event(w, ev);
	scrape(w);
	assert_has(w, "atcq_gerrors_total{smmu=\"1\",cause=\"cmdq\"} 1\n");
	assert_has(w, "atcq_gerrors_total{smmu=\"smmu3.0x2\",cause=\"cmdq\"} 0\n");
	assert_has_not(w, "atcq_atc_invalidations");
	w->src.atc_invs = counted;
	w->w.inv.dev[0].sids[0] = 0x100;
	w->w.inv.dev[0].sids[1] = 0x101;
	w->w.inv.dev[0].nsids = 2;
	scrape(w);
	assert_has(w, "atcq_atc_invalidations_total{device=\"0000:02:00.0\"} 35\n");
	w->lost = 1;
	scrape(w);
	assert_has(w, "atcq_atc_invalidations_total{device=\"0000:02:00.0\"} 37\n");
	assert_has(w, "atcq_gerrors_total{smmu=\"smmu3.0x2\",cause=\"cmdq\"} 1\n");
	assert_has_not(w, "smmu=\"1\"");
	unplug("0000:02:00.0");
	scrape(w);
	assert_has(w, "atcq_atc_invalidations_total{device=\"0000:02:00.0\"} 37\n");
	world_free(w);
}

/* Many devices: what may change of each is looked at in turns, who comes or goes at once. */
static void test_turns(void **state)
{
	struct inventory_scan looked;
	struct inventory inv = { 0 };

	(void)state;
	tree_file("class/iommu/" WORLD_SMMU "/x", "");
	plug("0000:02:00.0");
	plug("0000:02:00.1");
	plug("0000:02:00.2");
	assert_int_equal(inventory__refresh(&inv, tree, 2, &looked), 0);
	assert_true(looked.changed);
	assert_int_equal(looked.n, 3);
	for (size_t turn = 0; turn < 3; turn++) {
		assert_int_equal(inventory__refresh(&inv, tree, 2, &looked), 0);
		assert_false(looked.changed);
		assert_int_equal(looked.from, turn * 2 % 3);
		assert_int_equal(looked.n, 2);
	}
	tree_link(DEV "0000:02:00.0/driver", "/bus/pci/drivers/vfio-pci");
	tree_file(DEV "0000:02:00.0/arm-smmu-v3/ats", "off\n");
	tree_file(DEV "0000:02:00.1/iommu_state/blocked", "broken\n");
	assert_int_equal(inventory__refresh(&inv, tree, 2, &looked), 0);
	assert_string_equal(inv.dev[0].driver, "vfio-pci");
	assert_int_equal(inv.dev[0].ats, ATS_OFF);
	assert_int_equal(inv.dev[1].blocked, ATCQ_BLOCKED_BROKEN);
	/* One goes, one comes */
	unplug("0000:02:00.2");
	plug("0000:02:00.9");
	assert_int_equal(inventory__refresh(&inv, tree, 2, &looked), 0);
	assert_true(looked.changed);
	inventory__free(&inv);
}

/* Devices that the administrator does not want have no series of their own, but count with their SMMU. */
static void test_glob(void **state)
{
	struct world *w = world_new(NULL, 3, "*.[02]");

	(void)state;
	world_fault(w, WORLD_START_NS + 1000000000, 7, 0x101, false);
	scrape(w);
	assert_has(w, "device=\"0000:01:00.0\"");
	assert_has_not(w, "device=\"0000:01:00.1\"");
	assert_has(w, "device=\"0000:01:00.2\"");
	assert_has(w, "atcq_incidents_open{smmu=\"" WORLD_SMMU "\",injected=\"false\"} 1\n");
	world_free(w);
}

/* Up, and of nothing. */
static void test_no_smmu(void **state)
{
	const struct metrics_config cfg = { .sysfs = tree, .armed_dir = tree };
	struct metrics *m;

	(void)state;
	assert_int_equal(metrics__new(&m, &cfg), 0);
	buf__clear(&out);
	assert_int_equal(metrics__render(m, METRICS_TEXT, &out), 0);
	buf__add(&out, "", 1);
	assert_non_null(strstr(out.data, "atcq_source_info{source=\"none\""));
	assert_null(strstr(out.data, "atcq_device_"));
	assert_null(strstr(out.data, "atcq_collector_success{collector=\"devices\"} 0"));
	assert_non_null(strstr(out.data, "process_start_time_seconds "));
	metrics__free(m);
	buf__free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroes), cmocka_unit_test_setup_teardown(test_history, tree_setup, tree_teardown),
		cmocka_unit_test(test_incident), cmocka_unit_test(test_innocent),
		cmocka_unit_test_setup_teardown(test_removal, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_no_config_space, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_stock, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_turns, tree_setup, tree_teardown),
		cmocka_unit_test(test_glob),
		cmocka_unit_test_setup_teardown(test_no_smmu, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
