// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_copy.h"

bool db_copy__log_is_empty(const char *path)
{
	char name[PATH_MAX];
	struct stat st;

	snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) || !st.st_size;
}

const char *db_copy__immutable(const char *path, char *out, size_t len)
{
	size_t n = snprintf(out, len, "file:");

	for (; *path && n + 32 < len; path++)
		n += snprintf(out + n, len - n, strchr("%?#", *path) ? "%%%02x" : "%c", *path);
	snprintf(out + n, len - n, "?immutable=1");
	return out;
}

static int copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, ret = 0;
	char buf[65536];
	ssize_t n;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		ret = -errno;
	while (!ret && (n = read(in, buf, sizeof(buf))) != 0)
		if (n < 0 || write(out, buf, n) != n)
			ret = n < 0 ? -errno : -ENOSPC;
	close(in);
	if (out >= 0 && close(out) && !ret)
		ret = -errno;
	return ret;
}

int db_copy__read(sqlite3 **out, const char *path, int (*open)(sqlite3 **out, const char *name, int flags))
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX / 2], from[PATH_MAX], to[PATH_MAX];
	int ret = 0;

	if (snprintf(dir, sizeof(dir), "%s/atcq-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof(dir) ||
	    !mkdtemp(dir))
		return SQLITE_CANTOPEN;
	for (int i = 0; !ret && i < 2; i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s/db%s", dir, suffixes[i]);
		ret = copy(from, to);
	}
	snprintf(to, sizeof(to), "%s/db", dir);
	ret = ret ? (ret == -ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN) : open(out, to, 0);
	for (int i = 0; i < 3; i++) {
		snprintf(to, sizeof(to), "%s/db%s", dir, suffixes[i]);
		unlink(to);
	}
	rmdir(dir);
	return ret;
}
