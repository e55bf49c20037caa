// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "age.h"

/* What the database says may be damaged: wrong is possible, an overflow is not */
static int64_t sum(int64_t a, int64_t b)
{
	int64_t v;

	return __builtin_add_overflow(a, b, &v) ? 0 : v;
}

int64_t age__at(const struct age *a, uint64_t boot_ns)
{
	return sum(a->base_ns, boot_ns);
}

static int put(const struct age *a, sqlite3 *db, int64_t seen_ns)
{
	sqlite3_stmt *stmt = NULL;
	int ret = sqlite3_prepare_v2(db, "REPLACE INTO age (only, boot, base_ns, seen_ns) VALUES (1, ?1, ?2, ?3)",
				     -1, &stmt, NULL);

	if (!ret) {
		sqlite3_bind_int64(stmt, 1, a->boot);
		sqlite3_bind_int64(stmt, 2, a->base_ns);
		sqlite3_bind_int64(stmt, 3, seen_ns);
		ret = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

int age__begin(struct age *a, sqlite3 *db, int64_t boot, uint64_t now_ns)
{
	struct age next = { .boot = boot, .base_ns = -(int64_t)now_ns };
	sqlite3_stmt *stmt = NULL;
	int ret;

	if (a->boot == boot)
		return SQLITE_OK;
	ret = sqlite3_prepare_v2(db, "SELECT boot, base_ns, seen_ns FROM age", -1, &stmt, NULL);
	if (!ret)
		ret = sqlite3_step(stmt);
	if (ret == SQLITE_ROW) {
		/* A boot begins when the one before has ended, at the earliest */
		next.base_ns = sqlite3_column_int64(stmt, sqlite3_column_int64(stmt, 0) == boot ? 1 : 2);
		ret = SQLITE_DONE;
	}
	sqlite3_finalize(stmt);
	if (ret == SQLITE_DONE)
		ret = put(&next, db, age__at(&next, now_ns));
	if (!ret)
		*a = next;
	return ret;
}

int age__save(const struct age *a, sqlite3 *db, uint64_t now_ns)
{
	return put(a, db, age__at(a, now_ns));
}
