// SPDX-License-Identifier: GPL-2.0-only
/* Which faults are armed, by whom: files in a made-up folder. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tree.h"

#include "inject/arm.h"

#define BDF	"0000:01:00.0"

static json_t *one_rule(const char *fault, const char *device)
{
	return json_pack("[{s:s, s:[s]}]", "fault", fault, "devices", device);
}

struct kept {
	struct registry_entry what;
	char fault[32], device[16];
};

static int keep(void *ctx, const struct registry_entry *what)
{
	struct kept *k = ctx;
	json_t *rule = json_array_get(what->rules, 0);

	k->what = *what;
	snprintf(k->fault, sizeof(k->fault), "%s", json_string_value(json_object_get(rule, "fault")));
	snprintf(k->device, sizeof(k->device), "%s",
		 json_string_value(json_array_get(json_object_get(rule, "devices"), 0)));
	return 0;
}

/* What is armed can be read while its file is locked, by another process too. */
static void test_registry(void **state)
{
	struct registry_entry what = { .pid = getpid(), .started_ns = 1000, .deadline_ns = 1ull << 40,
			      .states_id = 77, .rules = one_rule("atc-timeout", BDF) };
	struct registry_file *file;
	struct kept got = { 0 };
	struct error err;
	char dir[80];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	assert_int_equal(registry__each(dir, NULL, NULL), 0);
	assert_int_equal(registry__create(&file, dir, &what, &err), 0);
	assert_int_equal(registry__each(dir, keep, &got), 1);
	assert_int_equal(got.what.pid, what.pid);
	assert_string_equal(got.fault, "atc-timeout");
	assert_string_equal(got.device, BDF);
	assert_int_equal(got.what.started_ns, 1000);
	assert_int_equal(got.what.deadline_ns, 1ull << 40);
	assert_int_equal(got.what.states_id, 77);
	registry__remove(file);
	assert_int_equal(registry__each(dir, keep, &got), 0);
	json_decref(what.rules);
}

/* Another process that arms a fault on a device, until it is told to end; its pid */
static pid_t other_injector(const char *dir, const char *fault, const char *device)
{
	struct registry_entry what = { .rules = one_rule(fault, device) };
	struct registry_file *file;
	struct error err;
	char c;
	int pipefd[2];
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	if (!pid) {
		what.pid = getpid();
		if (!registry__create(&file, dir, &what, &err) &&
		    write(pipefd[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	json_decref(what.rules);
	assert_int_equal(read(pipefd[0], &c, 1), 1);
	close(pipefd[0]);
	close(pipefd[1]);
	return pid;
}

/* The same fault on the same device is refused, naming who has it; others are not. */
static void test_conflict(void **state)
{
	struct registry_entry what = { .pid = getpid() };
	struct registry_file *file;
	struct error err, other;
	char dir[80];
	pid_t pid;
	int ret;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = other_injector(dir, "atc-timeout", BDF);
	what.rules = one_rule("atc-timeout", BDF);
	ret = registry__create(&file, dir, &what, &err);
	json_decref(what.rules);
	what.rules = one_rule("reset-fail", BDF);
	assert_int_equal(registry__create(&file, dir, &what, &other), 0);
	registry__remove(file);
	json_decref(what.rules);
	assert_int_equal(ret, -EBUSY);
	assert_non_null(strstr(err.text, "armed on " BDF " already"));
	assert_int_equal(registry__stop(dir, pid + 1), 0);
	assert_int_equal(registry__stop(dir, pid), 1);
	assert_int_equal(registry__each(dir, NULL, NULL), 0);
	waitpid(pid, NULL, 0);
}

/* The file of an injector that was killed is ignored, and removed. */
static void test_stale(void **state)
{
	struct error err;
	char dir[80], path[128];
	struct registry_entry what = { 0 };
	struct registry_file *file;
	pid_t pid;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = other_injector(dir, "atc-timeout", BDF);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(path, sizeof(path), "%s/%d.json", dir, (int)pid);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(registry__each(dir, NULL, NULL), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	/* And its number can be used again */
	what.pid = pid;
	what.rules = one_rule("atc-timeout", BDF);
	assert_int_equal(registry__create(&file, dir, &what, &err), 0);
	assert_int_equal(registry__each(dir, NULL, NULL), 1);
	registry__remove(file);
	json_decref(what.rules);
}

/* Readers at every moment never make a new file fail or vanish. */
static void test_registry_race(void **state)
{
	struct registry_entry what = { .pid = getpid(), .rules = one_rule("atc-timeout", BDF) };
	struct registry_file *file;
	int created = 0, found = 1;
	struct error err;
	char dir[80];
	pid_t pid;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = fork();
	if (!pid)
		for (;;)
			registry__each(dir, NULL, NULL);
	for (int i = 0; i < 3000 && !created && found == 1; i++) {
		created = registry__create(&file, dir, &what, &err);
		found = created ? 0 : registry__each(dir, NULL, NULL);
		if (!created)
			registry__remove(file);
	}
	/* Before any assertion, which would leave it running */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	json_decref(what.rules);
	assert_int_equal(created, 0);
	assert_int_equal(found, 1);
}

#define IN_TREE(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_registry), IN_TREE(test_conflict), IN_TREE(test_stale),
		IN_TREE(test_registry_race),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
