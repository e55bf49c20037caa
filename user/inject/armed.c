// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "armed.h"

struct armed_file {
	char path[PATH_MAX];
	int fd;
};

/*
 * Whoever reads the folder may hold the new file's lock for a moment, take it for
 * stale and remove it; then it is made again.
 */
static int open_locked(const char *path)
{
	struct stat st;
	int fd, ret;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return -errno;
		do
			ret = flock(fd, LOCK_EX);
		while (ret && errno == EINTR);
		if (ret || fstat(fd, &st)) {
			ret = -errno;
			close(fd);
			return ret;
		}
		if (st.st_nlink && !ftruncate(fd, 0))
			return fd;
		close(fd);
	}
}

int armed__create(struct armed_file **out, const char *dir, const struct armed *what)
{
	struct armed_file *f;
	json_t *obj;
	int ret = 0;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	snprintf(f->path, sizeof(f->path), "%s/%d.json", dir, (int)what->pid);
	f->fd = open_locked(f->path);
	if (f->fd < 0) {
		ret = f->fd;
		free(f);
		return ret;
	}
	obj = json_pack("{s:i, s:s, s:s, s:I, s:I}", "pid", (int)what->pid, "fault", what->fault,
			"device", what->device, "started_ns", (json_int_t)what->started_ns,
			"deadline_ns", (json_int_t)what->deadline_ns);
	if (!obj || json_dumpfd(obj, f->fd, JSON_COMPACT))
		ret = -EIO;
	json_decref(obj);
	if (ret)
		armed__remove(f);
	else
		*out = f;
	return ret;
}

void armed__remove(struct armed_file *f)
{
	if (!f)
		return;
	/* First the name: nobody finds a file that says what is over */
	unlink(f->path);
	close(f->fd);
	free(f);
}

/* 1 if somebody holds its lock, 0 if it was stale and is gone now; -errno */
static int read_armed(const char *path, struct armed *what)
{
	const char *fault = "", *device = "";
	json_int_t started = 0, deadline = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), pid = 0, ret = 1;
	struct stat st;
	json_t *obj;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		/* With no name left, the name is that of a newer file by now */
		if (!fstat(fd, &st) && st.st_nlink)
			unlink(path);
		close(fd);
		return 0;
	}
	obj = json_loadfd(fd, 0, NULL);
	memset(what, 0, sizeof(*what));
	if (obj && !json_unpack(obj, "{s:i, s:s, s:s, s:I, s:I}", "pid", &pid, "fault", &fault,
				"device", &device, "started_ns", &started, "deadline_ns", &deadline)) {
		what->pid = pid;
		snprintf(what->fault, sizeof(what->fault), "%s", fault);
		snprintf(what->device, sizeof(what->device), "%s", device);
		what->started_ns = started;
		what->deadline_ns = deadline;
	}
	json_decref(obj);
	close(fd);
	return ret;
}

int armed__each(const char *dirname, armed_fn fn, void *ctx)
{
	DIR *dir = opendir(dirname);
	char path[PATH_MAX];
	struct dirent *de;
	struct armed what;
	int n = 0, ret;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((de = readdir(dir))) {
		if (de->d_name[0] == '.' || !strstr(de->d_name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dirname, de->d_name);
		if (read_armed(path, &what) <= 0)
			continue;
		n++;
		ret = fn ? fn(ctx, &what) : 0;
		if (ret < 0) {
			closedir(dir);
			return ret;
		}
	}
	closedir(dir);
	return n;
}
