// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arm.h"
#include "lib/log.h"

struct registry_file {
	char path[PATH_MAX];
	int fd;
};

/*
 * A reader of the folder may hold the new file's lock for a moment, take it for
 * stale and remove it; then it is created again.
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

/* Only one process at a time checks for conflicts and then arms */
static int lock_folder(const char *dir)
{
	int fd, ret;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		ret = flock(fd, LOCK_EX);
	while (ret && errno == EINTR);
	if (!ret)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

struct conflict {
	const struct registry_entry *mine;
	struct error *err;
};

static bool share_device(const json_t *a, const json_t *b, const char **name)
{
	json_t *x, *y;
	size_t i, k;

	json_array_foreach(a, i, x) {
		json_array_foreach(b, k, y) {
			*name = json_string_value(x);
			if (json_equal(x, y))
				return true;
		}
	}
	return false;
}

static int find_conflict(void *ctx, const struct registry_entry *theirs)
{
	struct conflict *c = ctx;
	json_t *a, *b;
	size_t i, k;

	json_array_foreach(c->mine->rules, i, a) {
		json_array_foreach(theirs->rules, k, b) {
			const char *device = "?";

			if (!json_equal(json_object_get(a, "fault"), json_object_get(b, "fault")) ||
			    !share_device(json_object_get(a, "devices"),
					  json_object_get(b, "devices"), &device))
				continue;
			error__describe(c->err, "%s is armed on %s already, by process %d; 'atcq inject --stop %d' ends that",
					json_string_value(json_object_get(a, "fault")), device,
					(int)theirs->pid, (int)theirs->pid);
			return -EBUSY;
		}
	}
	return 0;
}

static int write_file(struct registry_file *f, const struct registry_entry *what)
{
	json_t *obj = json_pack("{s:i, s:I, s:I, s:I, s:O}", "pid", (int)what->pid,
				"started_ns", (json_int_t)what->started_ns,
				"deadline_ns", (json_int_t)what->deadline_ns,
				"states_id", (json_int_t)what->states_id, "rules", what->rules);
	int ret = obj && !json_dumpfd(obj, f->fd, JSON_COMPACT) ? 0 : -EIO;

	json_decref(obj);
	return ret;
}

int registry__create(struct registry_file **out, const char *dir, const struct registry_entry *what,
		  struct error *err)
{
	struct conflict c = { .mine = what, .err = err };
	struct registry_file *f = calloc(1, sizeof(*f));
	int lock = lock_folder(dir), ret = lock;

	if (!f)
		ret = -ENOMEM;
	if (ret >= 0)
		ret = registry__each(dir, find_conflict, &c);
	if (ret >= 0) {
		snprintf(f->path, sizeof(f->path), "%s/%d.json", dir, (int)what->pid);
		f->fd = ret = open_locked(f->path);
	}
	if (ret < 0) {
		free(f);
	} else {
		ret = write_file(f, what);
		if (ret)
			registry__remove(f);
		else
			*out = f;
	}
	if (lock >= 0)
		close(lock);
	if (ret && ret != -EBUSY)
		error__describe(err, "%s: %s%s", dir, strerror(-ret), ret == -EACCES ? " (needs root)" : "");
	return ret;
}

void registry__remove(struct registry_file *f)
{
	if (!f)
		return;
	/* First the name: so no process finds an entry of what is over */
	unlink(f->path);
	close(f->fd);
	free(f);
}

/* 1 if its lock is held, 0 if it was stale and is removed now; -errno */
static int read_entry(const char *path, json_t **obj, struct registry_entry *what)
{
	json_int_t started = 0, deadline = 0, states = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), pid = 0;
	struct stat st;

	*obj = NULL;
	memset(what, 0, sizeof(*what));
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		/* With no name left, the name is that of a newer file by now */
		if (!fstat(fd, &st) && st.st_nlink)
			unlink(path);
		close(fd);
		return 0;
	}
	*obj = json_loadfd(fd, 0, NULL);
	close(fd);
	/* One that is being written names nothing yet */
	if (*obj && !json_unpack(*obj, "{s:i, s:I, s:I, s:I, s:o}", "pid", &pid, "started_ns", &started,
				 "deadline_ns", &deadline, "states_id", &states, "rules", &what->rules)) {
		what->pid = pid;
		what->started_ns = started;
		what->deadline_ns = deadline;
		what->states_id = states;
	}
	return 1;
}

int registry__each(const char *dirname, registry_fn fn, void *ctx)
{
	DIR *dir = opendir(dirname);
	char path[PATH_MAX];
	struct dirent *de;
	struct registry_entry what;
	int n = 0, ret = 0;
	json_t *obj;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (ret >= 0 && (de = readdir(dir))) {
		if (de->d_name[0] == '.' || !strstr(de->d_name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dirname, de->d_name);
		if (read_entry(path, &obj, &what) > 0) {
			n++;
			ret = fn ? fn(ctx, &what) : 0;
		}
		json_decref(obj);
	}
	closedir(dir);
	return ret < 0 ? ret : n;
}

struct stop_request {
	const char *dir;
	pid_t pid;
	int found;
};

static int stop_one(void *ctx, const struct registry_entry *what)
{
	struct stop_request *req = ctx;
	char path[PATH_MAX];
	struct registry_entry again;
	struct pollfd fd;
	json_t *obj;
	int ret = 0;

	if (!what->pid || (req->pid && what->pid != req->pid))
		return 0;
	/* Still the lock's holder after we hold on to the process: no other has its number */
	fd = (struct pollfd) { .fd = syscall(SYS_pidfd_open, what->pid, 0), .events = POLLIN };
	if (fd.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	snprintf(path, sizeof(path), "%s/%d.json", req->dir, (int)what->pid);
	if (read_entry(path, &obj, &again) > 0) {
		if (syscall(SYS_pidfd_send_signal, fd.fd, SIGTERM, NULL, 0))
			ret = -errno;
		else
			ret = poll(&fd, 1, 5000) == 1 ? 0 : -ETIMEDOUT;
		req->found += !ret;
	}
	json_decref(obj);
	close(fd.fd);
	return ret;
}

int registry__stop(const char *dir, pid_t pid)
{
	struct stop_request req = { .dir = dir, .pid = pid };
	int ret = registry__each(dir, stop_one, &req);

	return ret < 0 ? ret : req.found;
}
