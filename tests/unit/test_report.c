// SPDX-License-Identifier: GPL-2.0-only
/* What a report keeps, and how text from outside gets into its formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/report.h"
#include "lib/file.h"
#include "lib/text.h"
#include "report/report.h"

static char *through(void (*fn)(FILE *, const char *), const char *text)
{
	static char *got;
	static size_t size;
	FILE *out;

	free(got);
	got = NULL;
	if (!fn)
		return NULL;
	out = open_memstream(&got, &size);
	assert_non_null(out);
	fn(out, text);
	fclose(out);
	return got;
}

static void html_escaping(void **state)
{
	static const struct { const char *text, *html; } cases[] = {
		{ "plain 0000:01:00.0", "plain 0000:01:00.0" },
		{ "<script>'\"&", "&lt;script&gt;&#39;&quot;&amp;" },
		{ "&lt;", "&amp;lt;" },
		{ "µs 中 \xf0\x9f\x98\x80", "µs 中 \xf0\x9f\x98\x80" },
		{ "a\x1b[2Jb\x7f", "a\xef\xbf\xbd[2Jb\xef\xbf\xbd" },
		/* Alone, overlong, a surrogate, beyond the end, cut off */
		{ "\x80|\xc0\xbc|\xed\xa0\x80|\xf5|\xe4\xb8", "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|"
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(through(html__text, cases[i].text), cases[i].html);
	through(NULL, NULL);
}

static void csv_quoting(void **state)
{
	static const struct { const char *text, *csv; } cases[] = {
		{ "", "" }, { "plain text", "plain text" }, { "a,b", "\"a,b\"" },
		{ "say \"no\"", "\"say \"\"no\"\"\"" }, { "two\nlines", "\"two\nlines\"" },
		{ "\r", "\"\r\"" }, { "\"", "\"\"\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(through(csv__field, cases[i].text), cases[i].csv);
	through(NULL, NULL);
}

static void command_lines(void **state)
{
	static const char words[] = "atcq\0report\0--\0sh\0-c\0echo 'x'; $y\0\0\xff";
	char *line = shell__quote(words, sizeof(words));

	(void)state;
	assert_string_equal(line, "atcq report -- sh -c 'echo '\\''x'\\''; $y' '' '?'");
	free(line);
	/* Cut off within a word: that word is not shown as if it were whole */
	line = shell__quote("one\0two", 7);
	assert_string_equal(line, "one");
	free(line);
	line = shell__quote("", 0);
	assert_string_equal(line, "");
	free(line);
}

static void fill(struct report *r, struct device *dev)
{
	struct inventory inv = { .dev = dev, .ndev = 1, .nsmmu = 1 };
	struct incident inc = {
		.smmu = 0, .sid = 0x200, .bdf = 0x200, .closed = true, .state = INCIDENT_RECOVERED,
		.phase_ns = { [PHASE_RAISED] = 1000000001, [PHASE_BLOCKED] = 1000003001 }, .atc_timeouts = 2,
	};

	strcpy(r->boot_id, "12345678-aaaa");
	r->source = r->version = "test";
	r->wall_offset_ns = 1000000000;
	assert_int_equal(report__add_devices(r, &inv), 0);
	report__add(r, &inc);
}

/* A row has as many fields as the header, what is not known is empty, units are in the names. */
static void csv_row(void **state)
{
	struct device dev = { .bdf = "0000:02:00.0", .addr = 0x200, .name = "bad, \"name\"", .group = 7 };
	struct report r = { 0 };
	char *text = NULL, *row;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fill(&r, &dev);
	assert_int_equal(report__csv(out, &r), 0);
	fclose(out);
	row = strchr(text, '\n');
	assert_non_null(row);
	*row++ = '\0';
	assert_non_null(strstr(text, ",quarantine_ns,"));
	assert_string_equal(row, "12345678-0-200-3b9aca01,0000:02:00.0,\"bad, \"\"name\"\"\",,0,512,7,recovered,"
			    "0,0,0,0,1970-01-01T00:00:02.000000001Z,,1000000001,,1000003001,,,,,"
			    ",3000,,,,,2,0,0,0,,12345678-aaaa\n");
	free(text);
	report__free(&r);
}

/* Events are bounded; what does not fit is counted. */
static void events_are_bounded(void **state)
{
	struct report r = { 0 };
	struct atcq_event ev = { .type = ATCQ_EV_GERROR };

	(void)state;
	for (int i = 0; i < REPORT_EVENTS_MAX + 5; i++)
		report__add_event(&r, &ev);
	assert_int_equal(r.nevents, REPORT_EVENTS_MAX);
	assert_int_equal(r.events_left_out, 5);
	report__free(&r);
}

/* The state of a device is that of the end, and one that is gone says so. */
static void devices_at_the_end(void **state)
{
	struct device dev[2] = { { .addr = 0x100 }, { .addr = 0x200 } };
	struct inventory inv = { .dev = dev, .ndev = 2, .nsmmu = 1 };
	struct report r = { 0 };

	(void)state;
	assert_int_equal(report__add_devices(&r, &inv), 0);
	dev[0].blocked = ATCQ_BLOCKED_BROKEN;
	inv.ndev = 1;
	report__end_devices(&r, &inv);
	assert_int_equal(r.devices[0].dev.blocked, ATCQ_BLOCKED_BROKEN);
	assert_false(r.devices[0].removed);
	assert_true(r.devices[1].removed);
	assert_null(report__device(&r, 0, 0x300));
	report__free(&r);
}

/* A full disk is an error in every format, and an empty report none. */
static void every_format(void **state)
{
	(void)state;
	for (int i = 0; report_format_names[i]; i++) {
		struct report r = { .source = "test", .version = "test" };
		FILE *null = fopen("/dev/null", "w"), *full = fopen("/dev/full", "w");

		assert_int_equal(report__write(null, &r, report_format_names[i]), 0);
		assert_true(report__write(full, &r, report_format_names[i]) < 0);
		fclose(null);
		fclose(full);
		report__free(&r);
	}
	assert_true(report__over_time("html") && !report__over_time("json") && !report__over_time("x"));
}

/* Programs read the keys of the JSON: none is renamed or left out. */
static void json_keys(void **state)
{
	static const char *const keys[] = {
		"atc_invs", "atc_invs_by_device", "atc_invs_suppressed", "atcq", "boot_id", "cmd_syncs",
		"cmdq_errors_per_incident", "duration_ns", "events", "events_lost", "host", "incidents",
		"incidents_omitted", "invariants", "kernel", "latency_ns", "source", "start_ns", "totals", "version",
	};
	struct report r = { .source = "test", .version = "test" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *root;

	(void)state;
	assert_int_equal(report__json(out, &r), 0);
	fclose(out);
	root = json_loads(text, 0, NULL);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_object_get(root, keys[i]))
			fail_msg("no key '%s' in %s", keys[i], text);
	assert_int_equal(json_object_size(root), sizeof(keys) / sizeof(keys[0]));
	json_decref(root);
	free(text);
	report__free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_escaping), cmocka_unit_test(csv_quoting),
		cmocka_unit_test(command_lines), cmocka_unit_test(csv_row),
		cmocka_unit_test(events_are_bounded), cmocka_unit_test(devices_at_the_end),
		cmocka_unit_test(every_format), cmocka_unit_test(json_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
