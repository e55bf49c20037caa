// SPDX-License-Identifier: GPL-2.0-only
/* A results file, or a folder of them as one: several boots of one environment. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare.h"
#include "read.h"

static int is_results(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && !strcmp(d->d_name + n - 5, ".json");
}

/* Two files of a folder have to be of the same kernel, too */
static int same_env(const struct reading *rd, const char *first, const struct results *r,
		    const struct results *next)
{
	struct env_difference d[ENV_DIFFERENCES_MAX];

	if (!env__compare(&r->env, &next->env, true, d))
		return 0;
	snprintf(rd->err, rd->errlen, "%s: environment.%s is '%s', but '%s' in %s: a folder holds results of one environment",
		 rd->file, d[0].field, d[0].b, d[0].a, first);
	return -EBADMSG;
}

/*
 * Reads the file again into a results of its own for its environment: files are
 * small, and this leaves one way to read one
 */
static int add_file(const struct reading *rd, const char *first, struct results *r)
{
	struct results *alone;
	int ret;

	if (!first)
		return read__file(rd, r);
	alone = results__new();
	if (!alone)
		return -ENOMEM;
	ret = read__file(rd, alone);
	if (!ret)
		ret = same_env(rd, first, r, alone);
	if (!ret)
		ret = read__file(rd, r);
	results__free(alone);
	return ret;
}

static int read_folder(const char *path, struct results *r, char *err, size_t errlen)
{
	char file[PATH_MAX], first[PATH_MAX];
	struct dirent **entries;
	int n = scandir(path, &entries, is_results, alphasort), ret = 0;
	struct reading rd = { file, err, errlen };

	if (n < 0) {
		ret = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return ret;
	}
	if (!n) {
		snprintf(err, errlen, "%s: has no results: no file *.json", path);
		ret = -EBADMSG;
	}
	for (int i = 0; i < n; i++) {
		if (!ret) {
			snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
			ret = add_file(&rd, i ? first : NULL, r);
			if (!i)
				memcpy(first, file, sizeof(first));
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int results__read(const char *path, struct results **out, char *err, size_t errlen)
{
	struct reading rd = { path, err, errlen };
	struct results *r = results__new();
	struct stat st;
	int ret;

	*out = NULL;
	if (!r) {
		snprintf(err, errlen, "%s: out of memory", path);
		return -ENOMEM;
	}
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		ret = read_folder(path, r, err, errlen);
	else
		ret = read__file(&rd, r);
	if (ret)
		results__free(r);
	else
		*out = r;
	return ret;
}
