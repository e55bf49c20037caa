// SPDX-License-Identifier: GPL-2.0-only
/* Recordings, whole, cut at every byte and with every byte damaged, through the source that reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "source/recording.h"
#include "source/source.h"

#define BOOT "6f1c0c1e-9f2a-4b53-8a5e-0123456789ab"
#define EVENTS 24
#define PER_BLOCK 6

struct bytes {
	uint8_t *p;
	size_t n;
	char path[64];
};

static void put_meta(struct recording_writer *w)
{
	struct device dev = { .bdf = "0000:01:00.0", .addr = 0x100, .name = "a \"device\"", .group = -1,
			      .sids = { 0x100, 0x101 }, .nsids = 2, .smmu = ATCQ_NONE, .ats = ATS_ON,
			      .state_known = true, .blocked = ATCQ_BLOCKED_BROKEN, .blocked_since_ns = 77 };
	struct meta meta = { .boot_id = BOOT, .kernel = "7.3.4", .source = "stock", .start_ns = 1000,
			     .every_sync = true, .inv = { .dev = &dev, .ndev = 1, .nsmmu = 3 } };
	struct atcq_rec_prefix *rec = meta__encode(&meta);

	assert_non_null(rec);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(recording_writer__record(w, rec), 0);
		assert_int_equal(recording_writer__flush(w), 0);
	}
	free(rec);
}

static void put_state(struct recording_writer *w, uint64_t time_ns, uint64_t syncs)
{
	struct atcq_rec_clock clock = {
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_CLOCK, sizeof(clock) },
		.boottime_ns = time_ns, .realtime_ns = 1800000000000000000ull + time_ns,
	};
	struct atcq_rec_counters counters = {
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_COUNTERS, sizeof(counters) },
		.time_ns = time_ns, .events = EVENTS, .lost_ringbuf = 2, .cmd_syncs = syncs,
	};
	_Alignas(8) static uint8_t rec[STATE_HIST_MAX];
	struct atcq_hist hist = { .count = syncs, .sum_ns = syncs * 40, .max_ns = 40 };

	hist.bucket[atcq_hist_index(40)] = syncs;
	assert_int_equal(recording_writer__record(w, &clock.prefix), 0);
	assert_int_equal(recording_writer__record(w, &counters.prefix), 0);
	state__hist_encode(&hist, 1, time_ns, rec);
	assert_int_equal(recording_writer__record(w, (void *)rec), 0);
}

static void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* Made by the real writer */
static int setup(void **state)
{
	struct atcq_rec_end end = { .time_ns = 9000, .lost = 2, .reason = ATCQ_REC_END_SIGNAL };
	struct bytes *b = calloc(1, sizeof(*b));
	struct recording_totals totals;
	uint8_t boot[16];
	struct recording_writer *w;
	int fd;

	*state = b;
	strcpy(b->path, "/tmp/test_recording.XXXXXX");
	fd = mkstemp(b->path);
	boot_id__parse(BOOT, boot);
	assert_int_equal(recording_writer__open(&w, dup(fd), boot, true), 0);
	put_meta(w);
	for (uint32_t i = 0; i < EVENTS; i++) {
		struct atcq_event ev = {
			.version = ATCQ_EVENT_VERSION, .type = ATCQ_EV_GERROR, .size = sizeof(ev),
			.time_ns = 2000 + i * 10, .prod = i, .count = 1,
		};

		assert_int_equal(recording_writer__event(w, &ev), 0);
		if (i % PER_BLOCK == PER_BLOCK - 1) {
			put_state(w, 2000 + i * 10, i + 1);
			recording_writer__flush(w);
		}
	}
	assert_int_equal(recording_writer__close(w, &end, &totals), 0);
	assert_int_equal(totals.events, EVENTS);
	assert_int_equal(totals.blocks, 2 + EVENTS / PER_BLOCK + 1);
	b->n = lseek(fd, 0, SEEK_END);
	assert_int_equal(b->n, totals.bytes);
	b->p = malloc(b->n);
	assert_int_equal(pread(fd, b->p, b->n, 0), b->n);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	struct bytes *b = *state;

	unlink(b->path);
	free(b->p);
	free(b);
	return 0;
}

struct outcome {
	bool opened, told;
	uint64_t events, lost, gaps;
	uint32_t last;		/* prod of the last event: they must stay in order */
	char text[512];
};

static int on_event(void *ctx, const struct atcq_event *ev)
{
	struct outcome *o = ctx;

	if (ev->type == ATCQ_EV_LOST) {
		o->gaps++;
		return 0;
	}
	assert_int_equal(ev->time_ns, 2000 + ev->prod * 10);
	assert_true(ev->prod < EVENTS && (!o->events || ev->prod > o->last));
	o->last = ev->prod;
	o->events++;
	return 0;
}

static struct outcome read_file(const char *path)
{
	struct outcome o = { 0 };
	struct source_counters c;
	struct error err = { "" };
	struct source *src;

	if (source__open_file(&src, path, &err)) {
		snprintf(o.text, sizeof(o.text), "%s", err.text);
		assert_true(strlen(o.text) > 10);
		return o;
	}
	o.opened = true;
	assert_string_equal(source__meta(src)->boot_id, BOOT);
	while (!source__ended(src))
		assert_true(source__poll(src, 0, on_event, &o) >= 0);
	source__counters(src, &c);
	assert_int_equal(c.events, o.events);
	o.lost = c.lost_ringbuf + c.lost_other;
	source__complaint(src, o.text, sizeof(o.text));
	o.told = *o.text;
	source__free(src);
	return o;
}

static void test_whole(void **state)
{
	const struct bytes *b = *state;
	struct outcome o = read_file(b->path);
	struct source_counters c;
	struct atcq_hist hist;
	struct source *src;
	const struct meta *m;
	struct error err;

	assert_string_equal(o.text, "");
	assert_int_equal(o.events, EVENTS);
	assert_int_equal(o.lost, 2);
	assert_int_equal(o.gaps, 0);
	assert_int_equal(source__open_file(&src, b->path, &err), 0);
	m = source__meta(src);
	assert_int_equal(source__kind(src), SOURCE_STOCK);
	assert_true(m->every_sync);
	assert_int_equal(m->inv.nsmmu, 3);
	assert_int_equal(m->inv.ndev, 1);
	assert_string_equal(m->inv.dev[0].name, "a \"device\"");
	assert_int_equal(m->inv.dev[0].sids[1], 0x101);
	assert_int_equal(m->inv.dev[0].group, -1);
	assert_int_equal(m->inv.dev[0].smmu, ATCQ_NONE);
	assert_int_equal(m->inv.dev[0].blocked, ATCQ_BLOCKED_BROKEN);
	assert_int_equal(m->inv.dev[0].blocked_since_ns, 77);
	while (!source__ended(src))
		source__poll(src, 0, NULL, NULL);
	assert_int_equal(source__hist(src, 0, &hist), -ENOENT);
	assert_int_equal(source__hist(src, 1, &hist), 0);
	assert_int_equal(hist.count, EVENTS);
	assert_int_equal(hist.bucket[atcq_hist_index(40)], EVENTS);
	source__counters(src, &c);
	assert_int_equal(c.cmd_syncs, EVENTS);
	assert_int_equal(source__span_ns(src), 8000);
	assert_int_equal(source__realtime(src, 2500), 1800000000000002500ull);
	source__free(src);
}

/* What is left is whole blocks, and the cut is told of; nothing is made up */
static void test_cut_anywhere(void **state)
{
	const struct bytes *b = *state;
	char path[80];

	snprintf(path, sizeof(path), "%s.cut", b->path);
	for (size_t n = 0; n < b->n; n++) {
		struct outcome o;

		write_file(path, b->p, n);
		o = read_file(path);
		assert_true(!o.opened || o.told);
		assert_int_equal(o.events % PER_BLOCK, 0);
		assert_int_equal(o.gaps, 0);
		if (n < ATCQ_REC_BLOCK_SIZE)
			assert_false(o.opened);
	}
	unlink(path);
}

/* One damaged byte costs one block, and it is known exactly what was in it */
static void test_damaged_anywhere(void **state)
{
	const struct bytes *b = *state;
	char path[80];

	snprintf(path, sizeof(path), "%s.flip", b->path);
	for (size_t i = 0; i < b->n; i++) {
		struct outcome o;

		b->p[i] ^= 1 << (i % 8);
		write_file(path, b->p, b->n);
		b->p[i] ^= 1 << (i % 8);
		o = read_file(path);
		assert_true(o.opened);
		assert_true(o.told);
		assert_true(o.events == EVENTS || o.events == EVENTS - PER_BLOCK);
		assert_int_equal(o.lost, 2 + EVENTS - o.events);
		assert_int_equal(o.gaps > 0, o.events < EVENTS);
	}
	unlink(path);
}

static void expect(const char *path, const void *p, size_t n, bool opens, const char *text)
{
	struct outcome o;

	write_file(path, p, n);
	o = read_file(path);
	assert_int_equal(o.opened, opens);
	if (!strstr(o.text, text))
		fail_msg("'%s' is not said in '%s'", text, o.text);
}

static void test_other_files(void **state)
{
	const struct bytes *b = *state;
	uint8_t *twice = malloc(2 * b->n + 100);
	struct atcq_rec_block *head = (void *)twice;
	char path[80];

	snprintf(path, sizeof(path), "%s.other", b->path);
	expect(path, "", 0, false, "is empty");
	expect(path, "#!/bin/sh\n", 10, false, "is not a recording");
	memset(twice, 'x', 100);
	memcpy(twice + 100, b->p, b->n);
	expect(path, twice, b->n + 100, true, "");
	/* Another recording behind it */
	memcpy(twice, b->p, b->n);
	memcpy(twice + b->n, b->p, b->n);
	for (size_t i = b->n; i + 96 < 2 * b->n; i++)
		if (!memcmp(twice + i, ATCQ_REC_MAGIC, 8))
			twice[i + 16] ^= 1;
	expect(path, twice, 2 * b->n, true, "");
	/* From the future */
	memcpy(twice, b->p, b->n);
	head->version = 2;
	expect(path, twice, ATCQ_REC_BLOCK_SIZE, false, "without a complete block");
	free(twice);
	unlink(path);
	assert_false(read_file("/tmp").opened);
}

/* Samples of all versions there ever were */
static void test_old_versions(void **state)
{
	struct error err;
	char path[256];
	struct source_counters c;
	struct source *src;

	(void)state;
	snprintf(path, sizeof(path), "%s/recording-v1.atcq", getenv("ATCQ_TEST_DATA") ?: "tests/data");
	assert_int_equal(source__open_file(&src, path, &err), 0);
	while (!source__ended(src))
		source__poll(src, 0, NULL, NULL);
	source__complaint(src, err.text, sizeof(err.text));
	assert_string_equal(err.text, "");
	source__counters(src, &c);
	assert_int_equal(c.events, 90);
	assert_int_equal(c.cmd_syncs, 63);
	assert_string_equal(source__meta(src)->kernel, "7.3.4");
	assert_int_equal(source__meta(src)->inv.ndev, 2);
	source__free(src);
}

/* A disk that is full: the error is told, and comes again */
static void test_full_disk(void **state)
{
	struct atcq_event ev = { .version = ATCQ_EVENT_VERSION, .type = 1, .size = sizeof(ev) };
	struct atcq_rec_end end = { 0 };
	FILE *full = fopen("/dev/full", "w");
	struct recording_totals totals;
	uint8_t boot[16] = { 0 };
	struct recording_writer *w;
	int ret = 0;

	(void)state;
	assert_int_equal(recording_writer__open(&w, dup(fileno(full)), boot, false), 0);
	for (int i = 0; !ret && i < 1000000; i++)
		ret = recording_writer__event(w, &ev);
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(recording_writer__close(w, &end, &totals), -ENOSPC);
	assert_int_equal(totals.events, 0);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_damaged_anywhere), cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_old_versions), cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
