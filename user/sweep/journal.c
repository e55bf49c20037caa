// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "lib/log.h"

struct journal {
	int fd;
	json_t *results, *begun;	/* by id: the result; how often it was begun in vain */
};

static int append(struct journal *j, const json_t *obj)
{
	char *line = json_dumps(obj, JSON_COMPACT | JSON_SORT_KEYS);
	int ret = line ? 0 : -ENOMEM;
	size_t len;

	if (!ret) {
		/* One write, so that a line is there or not */
		len = strlen(line);
		line[len] = '\n';
		if (write(j->fd, line, len + 1) != (ssize_t)len + 1 || fdatasync(j->fd))
			ret = errno ? -errno : -EIO;
	}
	free(line);
	return ret;
}

static void count_begun(struct journal *j, const char *id, int change)
{
	json_int_t n = json_integer_value(json_object_get(j->begun, id));

	json_object_set_new(j->begun, id, json_integer(change ? n + change : 0));
}

static void take_line(struct journal *j, json_t *obj)
{
	const char *type = json_string_value(json_object_get(obj, "type"));
	const char *id = json_string_value(json_object_get(obj, "id"));

	if (!type || !id)
		return;
	if (!strcmp(type, "begin"))
		count_begun(j, id, 1);
	if (!strcmp(type, "result")) {
		count_begun(j, id, 0);
		json_object_set(j->results, id, obj);
	}
}

/* Returns how long the file is up to its last whole line, or -errno */
static off_t read_lines(struct journal *j, const json_t *header, struct error *err)
{
	FILE *f = fdopen(dup(j->fd), "r");
	char *line = NULL;
	size_t room = 0, number = 0;
	off_t good = 0;
	ssize_t n;
	json_t *obj;

	while (f && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
		obj = json_loadb(line, n, 0, NULL);
		if (!number++ && !json_equal(obj, header)) {
			error__describe(err, obj && json_object_get(obj, "workload") ?
					"it belongs to another sweep (kernel, workload, devices or limits differ); give another file" :
					"this is not the file of a sweep");
			good = -EINVAL;
		}
		if (obj && good >= 0)
			take_line(j, obj);
		json_decref(obj);
		if (good < 0)
			break;
		good += n;
	}
	free(line);
	if (f)
		fclose(f);
	return f ? good : -ENOMEM;
}

static int load(struct journal *j, const json_t *header, struct error *err)
{
	struct stat st;
	off_t good;

	if (flock(j->fd, LOCK_EX | LOCK_NB))
		return error__set(err, -EBUSY, "another sweep is at it");
	good = read_lines(j, header, err);
	if (good < 0)
		return good;
	if (fstat(j->fd, &st))
		return -errno;
	if (!good && st.st_size)
		return error__set(err, -EINVAL, "this is not the file of a sweep");
	/* A line that was cut off by whatever ended the sweep */
	if (ftruncate(j->fd, good) || lseek(j->fd, 0, SEEK_END) < 0)
		return -errno;
	return good ? 0 : append(j, header);
}

int journal__open(struct journal **out, const char *path, const json_t *header, struct error *err)
{
	struct journal *j = calloc(1, sizeof(*j));
	struct error why = { "" };
	char inside[PATH_MAX];
	struct stat st;
	int ret = 0;

	if (!j)
		return -ENOMEM;
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		snprintf(inside, sizeof(inside), "%s/sweep.jsonl", path);
		path = inside;
	}
	j->results = json_object();
	j->begun = json_object();
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ret = j->fd < 0 ? -errno : load(j, header, &why);
	if (ret) {
		error__describe(err, "%s: %s", path, *why.text ? why.text : strerror(-ret));
		journal__close(j);
		return ret;
	}
	*out = j;
	return 0;
}

void journal__close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	json_decref(j->results);
	json_decref(j->begun);
	free(j);
}

json_t *journal__result(const struct journal *j, const char *id)
{
	return j ? json_object_get(j->results, id) : NULL;
}

unsigned int journal__unfinished(const struct journal *j, const char *id)
{
	return j ? json_integer_value(json_object_get(j->begun, id)) : 0;
}

int journal__begin(struct journal *j, const char *id)
{
	json_t *obj;
	int ret;

	if (!j)
		return 0;
	obj = json_pack("{s:s, s:s}", "type", "begin", "id", id);
	ret = append(j, obj);
	count_begun(j, id, 1);
	json_decref(obj);
	return ret;
}

int journal__end(struct journal *j, json_t *result)
{
	const char *id = json_string_value(json_object_get(result, "id"));
	json_t *obj;
	int ret;

	if (!j || !id)
		return 0;
	obj = json_copy(result);
	json_object_set_new(obj, "type", json_string("result"));
	ret = append(j, obj);
	count_begun(j, id, 0);
	json_object_set(j->results, id, result);
	json_decref(obj);
	return ret;
}
