/* SPDX-License-Identifier: GPL-2.0-only */
/* A history in a folder of its own, and stories of incidents to fill it. */
#ifndef ATCQ_TEST_HISTORY_H
#define ATCQ_TEST_HISTORY_H

#include <errno.h>

#include "lib/log.h"
#include "service/history.h"
#include "tree.h"

#define SECOND 1000000000ull
#define BOOT_ID "6f1c2d3e-4a5b-4c6d-8e9f-001122334455"

struct fixture {
	struct store *store;
	struct recorder *recorder;
	struct tracker *tracker;
};

static inline void on_phase(void *ctx, const struct incident *inc, enum phase phase)
{
	recorder__phase(((struct fixture *)ctx)->recorder, inc, phase);
}

/* @boot_id: NULL = BOOT_ID; the wall clock is @wall_s ahead of CLOCK_BOOTTIME, which is @now_ns */
static inline void begin_at(struct fixture *f, const char *boot_id, int64_t wall_s, uint64_t now_ns)
{
	struct store_boot boot = { .kernel = "7.3", .host = "test", .source = "tracepoints" };
	struct error err = { "" };

	strcpy(boot.boot_id, boot_id ? boot_id : BOOT_ID);
	if (store__open(&f->store, tree_path("db"), &err))
		fail_msg("%s", err.text);
	assert_int_equal(store__boot(f->store, &boot, wall_s * (int64_t)SECOND, now_ns), 0);
	f->recorder = recorder__new(f->store, boot.boot_id);
	f->tracker = tracker__new(on_phase, f);
	assert_non_null(f->recorder);
	assert_non_null(f->tracker);
}

static inline void begin(struct fixture *f, const char *boot_id)
{
	begin_at(f, boot_id, 1000, 0);
}

/* The wall clock is set, to @wall_s ahead of CLOCK_BOOTTIME */
static inline void set_wall(struct fixture *f, int64_t wall_s, uint64_t now_ns)
{
	struct store_boot boot = { .boot_id = BOOT_ID, .kernel = "7.3", .host = "test", .source = "tracepoints" };

	assert_int_equal(store__boot(f->store, &boot, wall_s * (int64_t)SECOND, now_ns), 0);
}

static inline void end(struct fixture *f)
{
	tracker__free(f->tracker);
	recorder__free(f->recorder);
	store__close(f->store);
}

static inline void happen(struct fixture *f, struct atcq_event ev)
{
	ev.version = ATCQ_EVENT_VERSION;
	ev.size = sizeof(ev);
	ev.count = 1;
	ev.ssid = ATCQ_NONE;
	recorder__event(f->recorder, &ev);
	tracker__event(f->tracker, &ev);
}

/* From the error to the fence of device @bdf, whose Stream ID is the same */
static inline void fault(struct fixture *f, uint64_t at, uint32_t bdf)
{
	const struct atcq_event queue = {
		.time_ns = at, .prod = at & 0xfffff, .sid = ATCQ_NONE, .segment = ATCQ_NONE, .bdf = ATCQ_NONE,
	};
	struct atcq_event ev = queue;

	ev.type = ATCQ_EV_CMDQ_ERROR;
	ev.code = ATCQ_CERROR_ATC_INV_SYNC;
	happen(f, ev);
	ev = queue;
	ev.type = ATCQ_EV_CMD_SYNC;
	ev.time_ns = at + 100;
	ev.duration_ns = 1100;
	ev.ret = -5;
	happen(f, ev);
	ev = queue;
	ev.type = ATCQ_EV_ATC_TIMEOUT;
	ev.time_ns = at + 110;
	ev.sid = ev.bdf = bdf;
	ev.segment = 0;
	happen(f, ev);
	ev.type = ATCQ_EV_ATS_BLOCKED;
	ev.time_ns = at + 300;
	happen(f, ev);
	ev.type = ATCQ_EV_DEVICE_BLOCKED;
	ev.time_ns = at + 5000;
	ev.code = ATCQ_BLOCKED_BROKEN;
	ev.smmu = ev.sid = ev.prod = ATCQ_NONE;
	happen(f, ev);
}

static inline void recover(struct fixture *f, uint64_t at, uint32_t bdf)
{
	struct atcq_event ev = {
		.type = ATCQ_EV_RESET_PREPARE, .time_ns = at, .smmu = ATCQ_NONE, .sid = ATCQ_NONE,
		.prod = ATCQ_NONE, .bdf = bdf,
	};

	happen(f, ev);
	ev.type = ATCQ_EV_RESET_DONE;
	ev.time_ns = at + 1000;
	happen(f, ev);
	ev.type = ATCQ_EV_DEVICE_UNBLOCKED;
	ev.time_ns = at + 1100;
	happen(f, ev);
}

/* report__free() in any case */
static inline int ask(const struct query *q, struct report *r)
{
	struct error err = { "" };
	sqlite3 *db = NULL;
	int ret = db__open_read(&db, tree_path("db"), &err);

	memset(r, 0, sizeof(*r));
	if (!ret)
		ret = query__run(db, "db", q, r, &err);
	sqlite3_close(db);
	return ret;
}

static inline int64_t number(const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int64_t v;

	assert_int_equal(sqlite3_open(tree_path("db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return v;
}

/* @n incidents that are over, a second apart, and one that is open since before */
static inline void fill(struct fixture *f, int n)
{
	begin(f, NULL);
	for (int i = 0; i < n; i++) {
		fault(f, (100 + i) * SECOND, 0x200);
		recover(f, (100 + i) * SECOND + SECOND / 2, 0x200);
	}
	fault(f, 99 * SECOND, 0x300);
	assert_int_equal(recorder__flush(f->recorder, 200 * SECOND, true), 0);
}

/* The sample that the program of schema 1 made in the lab: modelled, then injected */
static inline void copy_sample(void)
{
	const char *dir = getenv("ATCQ_TEST_DATA");
	char path[512];
	static char bytes[1 << 20];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/history-v1.db", dir ? dir : "tests/data");
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	tree_bytes("db", bytes, n);
}

/* As an administrator may do it who repairs something */
static inline void elsewhere(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(tree_path("db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#endif
