/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up /sys or /proc in a folder of its own. */
#ifndef ATCQ_TEST_TREE_H
#define ATCQ_TEST_TREE_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char tree[64];

static inline int tree_setup(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/atcq-test-XXXXXX");
	return mkdtemp(tree) ? 0 : -1;
}

static inline int tree_teardown(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf -- '%s'", tree);
	return system(cmd);
}

/* The path of @name in the tree, with the folders above it made */
static inline const char *tree_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", tree, name);
	for (char *p = path + strlen(tree) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	return path;
}

static inline void tree_bytes(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(tree_path(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static inline void tree_file(const char *name, const char *text)
{
	tree_bytes(name, text, strlen(text));
}

/* @target starting with '/' leads into the tree, too */
static inline void tree_link(const char *name, const char *target)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", *target == '/' ? tree : "", target);
	assert_int_equal(symlink(full, tree_path(name)), 0);
}

#endif
