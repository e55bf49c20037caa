// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, bounds and formats: known bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"
#include "metrics.pb-c.h"
#include "service/metrics.h"
#include "service/metrics_internal.h"

static const struct boundaries few = { .first = -4, .last = 4, .stride = 4 };
static const struct family counter = {
	.name = "x_seconds_total", .type = FAMILY_COUNTER, .labels = { "a", "b" }, .help = "say \"hi\" \\ to\nall",
};
static const struct family gauge = { .name = "x_bytes", .type = FAMILY_GAUGE, .help = "h" };
static const struct family histogram = {
	.name = "x_duration_seconds", .type = FAMILY_HISTOGRAM, .labels = { "a" }, .help = "h", .boundaries = &few,
};

static struct buf out;

static struct emit begin(const struct family *f, bool openmetrics)
{
	struct emit e = { .out = &out, .ops = &emit_text, .openmetrics = openmetrics };

	buf__clear(&out);
	emit__family(&e, f);
	return e;
}

static void is(const char *text)
{
	buf__add(&out, "", 1);
	assert_false(out.failed);
	assert_string_equal(out.data, text);
}

/* What an escape is for, in both formats: label values, and HELP, which differs */
static void test_escaping(void **state)
{
	const char *const labels[] = { "q\"b\\n\nl", "\xc3\xa4" };
	struct emit e = begin(&counter, false);

	(void)state;
	emit__ns(&e, 1500000000, labels);
	is("# HELP x_seconds_total say \"hi\" \\\\ to\\nall\n# TYPE x_seconds_total counter\n"
	   "x_seconds_total{a=\"q\\\"b\\\\n\\nl\",b=\"\xc3\xa4\"} 1.5\n");
	e = begin(&counter, true);
	emit__ns(&e, 1500000000, labels);
	emit_text.end(&e);
	is("# HELP x_seconds say \\\"hi\\\" \\\\ to\\nall\n# TYPE x_seconds counter\n# UNIT x_seconds seconds\n"
	   "x_seconds_total{a=\"q\\\"b\\\\n\\nl\",b=\"\xc3\xa4\"} 1.5\n# EOF\n");
}

/* A family has its header once, and none without a series. */
static void test_headers(void **state)
{
	struct emit e = begin(&gauge, false);

	(void)state;
	emit__end_family(&e);
	is("");
	e = begin(&gauge, false);
	emit__uint(&e, 7, NULL);
	emit__uint(&e, UINT64_MAX, NULL);
	is("# HELP x_bytes h\n# TYPE x_bytes gauge\nx_bytes 7\nx_bytes 18446744073709551615\n");
}

static void test_numbers(void **state)
{
	static const struct { uint64_t ns; const char *text; } exact[] = {
		{ 0, "0" }, { 1, "0.000000001" }, { 1000000000, "1" }, { 1234567890, "1.23456789" },
		{ 123456789012345678, "123456789.012345678" }, { UINT64_MAX, "18446744073.709551615" },
	};
	static const struct { double v; const char *text; } doubles[] = {
		{ 0, "0" }, { 0.1, "0.1" }, { -2, "-2" }, { 1e300, "1e+300" }, { 1.0 / 3, "0.3333333333333333" },
		{ __builtin_nan(""), "NaN" }, { __builtin_inf(), "+Inf" }, { -__builtin_inf(), "-Inf" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		*number__ns(text, exact[i].ns) = '\0';
		assert_string_equal(text, exact[i].text);
	}
	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
		*number__double(text, doubles[i].v) = '\0';
		assert_string_equal(text, doubles[i].text);
	}
}

/* Classic buckets are cumulative, with 0 in the first and what is beyond in +Inf; exemplars in OpenMetrics only. */
static void test_histogram(void **state)
{
	struct exemplar ex[4] = {
		[1] = { .incident_id = "i-1", .ns = 700000000, .at_ns = 1700000000500000000 },
		[3] = { .incident_id = "i\"2", .ns = 9000000000, .at_ns = 1700000000000000000 },
	};
	struct durations d = { 0 };
	struct emit e;

	(void)state;
	durations__add(&d, 0);
	durations__add(&d, 500000000);
	durations__add(&d, 700000000);
	durations__add(&d, 9000000000);
	e = begin(&histogram, false);
	emit__histogram(&e, &d, ex, LABELS("v"));
	is("# HELP x_duration_seconds h\n# TYPE x_duration_seconds histogram\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"0.5\"} 2\nx_duration_seconds_bucket{a=\"v\",le=\"1.0\"} 3\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"2.0\"} 3\nx_duration_seconds_bucket{a=\"v\",le=\"+Inf\"} 4\n"
	   "x_duration_seconds_sum{a=\"v\"} 10.2\nx_duration_seconds_count{a=\"v\"} 4\n");
	e = begin(&histogram, true);
	emit__histogram(&e, &d, ex, LABELS("v"));
	is("# HELP x_duration_seconds h\n# TYPE x_duration_seconds histogram\n# UNIT x_duration_seconds seconds\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"0.5\"} 2\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"1.0\"} 3 # {incident_id=\"i-1\"} 0.7 1700000000.5\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"2.0\"} 3\n"
	   "x_duration_seconds_bucket{a=\"v\",le=\"+Inf\"} 4 # {incident_id=\"i\\\"2\"} 9 1700000000\n"
	   "x_duration_seconds_sum{a=\"v\"} 10.2\nx_duration_seconds_count{a=\"v\"} 4\n");
}

/* Native buckets as runs and differences; what is read back is what went in. */
static void test_protobuf(void **state)
{
	Io__Prometheus__Client__MetricFamily *f;
	Io__Prometheus__Client__Histogram *h;
	struct exemplar ex[4] = { [3] = { .incident_id = "i-2", .ns = 9000000000, .at_ns = 5500000000 } };
	struct durations d = { 0 };
	struct emit e = begin(&histogram, false);
	size_t len;

	(void)state;
	e.ops = &emit_proto;
	e.created_ns = 1700000000500000000;
	durations__add(&d, 0);
	durations__add(&d, 1000000000);		/* bucket 0, which ends at 1 s */
	durations__add(&d, 1000000001);		/* 1 */
	durations__add(&d, 1000000002);
	durations__add(&d, 9000000000);		/* 13: 2^3.25 = 9.51 */
	emit__histogram(&e, &d, ex, LABELS("v"));
	emit__end_family(&e);
	emit_proto.end(&e);
	assert_false(out.failed);
	len = (out.data[0] & 0x7f) | (size_t)(unsigned char)out.data[1] << 7;
	assert_int_equal(out.len, len + 2);
	f = io__prometheus__client__metric_family__unpack(NULL, len, (uint8_t *)out.data + 2);
	assert_non_null(f);
	assert_string_equal(f->unit, "seconds");
	h = f->metric[0]->histogram;
	assert_int_equal(h->sample_count, 5);
	assert_int_equal(h->schema, 2);
	assert_int_equal(h->zero_count, 1);
	assert_int_equal(h->n_positive_span, 2);
	assert_int_equal(h->positive_span[0]->offset, 0);
	assert_int_equal(h->positive_span[0]->length, 2);
	assert_int_equal(h->positive_span[1]->offset, 11);
	assert_int_equal(h->positive_span[1]->length, 1);
	assert_int_equal(h->n_positive_delta, 3);
	assert_int_equal(h->positive_delta[0], 1);
	assert_int_equal(h->positive_delta[1], 1);
	assert_int_equal(h->positive_delta[2], -1);
	assert_int_equal(h->created_timestamp->nanos, 500000000);
	/* Three and +Inf, which only an exemplar needs */
	assert_int_equal(h->n_bucket, 4);
	assert_int_equal(h->bucket[1]->cumulative_count, 2);
	assert_string_equal(h->bucket[3]->exemplar->label[0]->value, "i-2");
	io__prometheus__client__metric_family__free_unpacked(f, NULL);
}

/* The smallest and the largest families of protobuf: bytes of a gauge, and one whose length needs three bytes. */
static void test_protobuf_bytes(void **state)
{
	struct emit e = begin(&gauge, false);

	(void)state;
	e.ops = &emit_proto;
	emit__double(&e, 1, NULL);
	emit__end_family(&e);
	assert_int_equal(out.len, 35);
	assert_memory_equal(out.data, "\x22\x0a\x07x_bytes\x12\x01h\x18\x01\x22\x0b\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"
			    "\x2a\x05" "bytes", 35);
	buf__clear(&out);
	emit__family(&e, &gauge);
	for (int i = 0; i < 2000; i++)
		emit__double(&e, 1, NULL);
	emit__end_family(&e);
	emit_proto.end(&e);
	/* 21 bytes but for the 13 of each */
	assert_int_equal(out.len, 3 + 21 + 2000 * 13);
	buf__free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping), cmocka_unit_test(test_headers), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_histogram), cmocka_unit_test(test_protobuf),
		cmocka_unit_test(test_protobuf_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
