// SPDX-License-Identifier: GPL-2.0-only
/* Bounds of histograms, and which format an Accept header gets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/metrics.h"
#include "service/metrics_internal.h"

/* A bound is 2^(i/4) to the last digit but one, belongs to its bucket, and reads back as the same number. */
static void test_bounds(void **state)
{
	(void)state;
	for (int i = BUCKET_FIRST; i <= BUCKET_LAST; i++) {
		double s = bucket__seconds(i);

		assert_true(fabs(s - exp2(i / 4.0)) <= s * 2.3e-16);
		assert_true(strtod(bucket__text(i), NULL) == s);
		assert_non_null(strpbrk(bucket__text(i), ".e"));
		/* Where ns are fine enough to tell */
		if (i < -80 || i == BUCKET_LAST)
			continue;
		assert_int_equal(bucket__index((uint64_t)(s * 1e9L)), i);
		assert_int_equal(bucket__index((uint64_t)(s * 1e9L) + 1), i + 1);
	}
	assert_string_equal(bucket__text(0), "1.0");
	assert_string_equal(bucket__text(-80), "9.5367431640625e-07");
	assert_string_equal(bucket__text(-2), "0.7071067811865475");
	assert_int_equal(bucket__index(1), -119);
	assert_int_equal(bucket__index(UINT64_MAX), BUCKET_LAST);
}

/* No fine bucket is counted below a bound that it has values above, nor further up than it must. */
static void test_fine_buckets(void **state)
{
	struct durations d;
	struct atcq_hist *h = calloc(1, sizeof(*h));

	(void)state;
	for (uint32_t b = 1; b + 1 < ATCQ_HIST_BUCKETS; b++) {
		uint64_t last = atcq_hist_lower(b + 1) - 1;
		int at = 0;

		memset(h, 0, sizeof(*h));
		h->bucket[b] = 3;
		h->count = 99;		/* read at another moment */
		durations__from_hist(&d, h);
		assert_int_equal(d.count, 3);
		while (!d.bucket[at])
			at++;
		assert_int_equal(d.bucket[at], 3);
		assert_true(last <= bucket__seconds(at + BUCKET_FIRST) * 1e9);
		assert_true(last > bucket__seconds(at + BUCKET_FIRST - 1) * 1e9);
	}
	memset(h, 0, sizeof(*h));
	h->bucket[0] = 2;
	h->bucket[ATCQ_HIST_BUCKETS - 1] = 1;
	h->sum_ns = 70000000000;
	durations__from_hist(&d, h);
	assert_int_equal(d.zero, 2);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.sum_ns, 70000000000);
	assert_int_equal(d.bucket[25 - BUCKET_FIRST], 1);
	free(h);
}

static void test_negotiation(void **state)
{
	static const struct { const char *accept; enum metrics_format f; } cases[] = {
		{ NULL, METRICS_TEXT }, { "", METRICS_TEXT }, { "*/*", METRICS_TEXT },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", METRICS_TEXT },
		/* Debian 12's Prometheus, without and with native histograms */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", METRICS_OPENMETRICS },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
		  "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  METRICS_PROTOBUF },
		/* Prometheus 3 */
		{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3",
		  METRICS_OPENMETRICS },
		{ "application/openmetrics-text", METRICS_OPENMETRICS },
		{ "APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"", METRICS_OPENMETRICS },
		{ "application/openmetrics-text;version=0.0.1", METRICS_TEXT },
		{ "application/openmetrics-text;version=2.0.0", METRICS_TEXT },
		{ "text/plain, application/openmetrics-text", METRICS_TEXT },
		{ "text/plain;q=0.5, application/openmetrics-text;q=0.501", METRICS_OPENMETRICS },
		{ "application/openmetrics-text;q=0", METRICS_TEXT },
		{ "application/openmetrics-text;q=0.000,*/*;q=0", METRICS_TEXT },
		/* What is no quality is no wish */
		{ "application/openmetrics-text;q=2", METRICS_TEXT },
		{ "application/openmetrics-text;q=-1", METRICS_TEXT },
		{ "application/openmetrics-text;q=1.001", METRICS_TEXT },
		{ "application/openmetrics-text;q=0.1234", METRICS_TEXT },
		{ "application/openmetrics-text;q=nan", METRICS_TEXT },
		{ "application/openmetrics-text;q=", METRICS_TEXT },
		{ "application/openmetrics-text;q", METRICS_TEXT },
		{ "application/openmetrics-text;q=1.", METRICS_OPENMETRICS },
		{ "application/vnd.google.protobuf", METRICS_TEXT },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", METRICS_TEXT },
		{ "application/vnd.google.protobuf;encoding=delimited;proto=other", METRICS_TEXT },
		/* A comma or a semicolon in quotes ends nothing */
		{ "text/x;a=\",application/openmetrics-text\",text/plain", METRICS_TEXT },
		{ "text/x;a=\"\\\",application/openmetrics-text", METRICS_TEXT },
		{ ",,;;,=;q,application/openmetrics-text;;;", METRICS_OPENMETRICS },
		{ ";", METRICS_TEXT }, { ",", METRICS_TEXT }, { "\"", METRICS_TEXT }, { "\\", METRICS_TEXT },
		{ "\xff\xfe/\x01", METRICS_TEXT }, { "application/openmetrics-textual", METRICS_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (metrics__negotiate(cases[i].accept) != cases[i].f)
			fail_msg("'%s' gets %s", cases[i].accept,
				 metrics__content_type(metrics__negotiate(cases[i].accept)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_fine_buckets),
		cmocka_unit_test(test_negotiation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
