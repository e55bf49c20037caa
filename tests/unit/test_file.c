// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
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

#include "lib/file.h"

static char dir[64], path[PATH_MAX];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/atcq-file-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/it", dir);
	return 0;
}

/* How many files there are, the directory's own entries left out */
static int entries(void)
{
	DIR *d = opendir(dir);
	int n = -2;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void expect_content(const char *expected)
{
	char *text;
	size_t len;

	assert_int_equal(file__read(path, 1000, &text, &len), 0);
	assert_int_equal(len, strlen(expected));
	assert_string_equal(text, expected);
	free(text);
}

static void test_read(void **state)
{
	char *big = malloc(100000), *text;
	size_t len;

	(void)state;
	memset(big, 'x', 100000);
	assert_int_equal(file__read(path, 10, &text, &len), -ENOENT);
	assert_null(text);
	assert_int_equal(file__replace(path, big, 100000, 0600, 0), 0);
	assert_int_equal(file__read(path, 100000, &text, &len), 0);
	assert_int_equal(len, 100000);
	assert_memory_equal(text, big, 100000);
	assert_int_equal(text[100000], '\0');
	free(text);
	assert_int_equal(file__read(path, 99999, &text, &len), -EFBIG);
	assert_null(text);
	assert_int_equal(file__read(dir, 10, &text, &len), -EISDIR);
	assert_int_equal(file__replace(path, "", 0, 0600, 0), 0);
	assert_int_equal(file__read(path, 0, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
	free(big);
}

static void test_replace(void **state)
{
	mode_t before = umask(077);
	char left[PATH_MAX];
	struct stat st;
	FILE *f, *old;
	char was[4];

	(void)state;
	assert_int_equal(file__replace(path, "old", 3, 0644, FILE_DURABLE), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* A reader keeps the file that it has opened */
	old = fopen(path, "r");
	assert_int_equal(file__replace(path, "new", 3, 0640, FILE_SOLE_WRITER), 0);
	assert_non_null(fgets(was, sizeof(was), old));
	assert_string_equal(was, "old");
	fclose(old);
	expect_content("new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* A writer was killed before it could rename its file */
	snprintf(left, sizeof(left), "%.64s/.it.tmp", dir);
	f = fopen(left, "w");
	fputs("half of it", f);
	fclose(f);
	assert_int_equal(file__replace(path, "again", 5, 0644, FILE_SOLE_WRITER), 0);
	expect_content("again");
	assert_int_equal(entries(), 1);
}

static void test_replace_fails(void **state)
{
	(void)state;
	assert_int_equal(file__replace("/proc/it", "x", 1, 0644, 0), -ENOENT);
	assert_int_equal(file__replace(dir, "x", 1, 0644, 0), -EISDIR);
	assert_int_equal(file__replace(dir, "x", 1, 0644, FILE_SOLE_WRITER), -EISDIR);
	assert_int_equal(entries(), 0);
}

static void test_full_device(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_int_equal(json__line(full, json_pack("{s:i}", "a", 1)), -ENOSPC);
	fclose(full);
	full = fopen("/dev/full", "w");
	fputs("x", full);
	assert_int_equal(file__flush(full), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_device, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
