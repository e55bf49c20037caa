// SPDX-License-Identifier: GPL-2.0-only
/* Who uses a device, and which faults are armed, in made-up trees. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/log.h"
#include "tree.h"

#include "inject/armed.h"
#include "inject/safety.h"

#define BDF	"0000:01:00.0"
#define BELOW	"sys/devices/pci0000:00/0000:00:01.0/" BDF
#define REAL	"/" BELOW
#define PCI	"sys/bus/pci/devices/" BDF

/* A block device, a network interface and a character device below BDF */
static void machine(void)
{
	tree_file("proc/7/comm", "worker\n");
	tree_file("proc/7/fd/x", "");
	tree_file("proc/7/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_file("proc/swaps", "Filename Type Size Used Priority\n");
	tree_file("proc/notapid/comm", "");
	tree_file(BELOW "/block/vda/size", "1");
	tree_file(BELOW "/net/eth9/flags", "0x1002\n");
	tree_file(BELOW "/misc/null/dev", "1:3\n");
	tree_link("sys/dev/block/254:0", REAL "/block/vda");
	tree_link("sys/dev/char/1:3", REAL "/misc/null");
	tree_link("sys/class/net/eth9", REAL "/net/eth9");
	tree_file("sys/bus/pci/devices/x", "");
	tree_link(PCI, REAL);
}

static struct safety check(void)
{
	char sysfs[80], proc[80];
	struct safety s;

	snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	assert_int_equal(safety__check(&s, BDF, sysfs, proc), 0);
	return s;
}

/* There is exactly one use, and it says this */
static void is_used(const char *what)
{
	struct safety s = check();

	if (s.n != 1 || !strstr(s.use[0], what))
		fail_msg("%zu uses, the first: '%s'; expected '%s'", s.n, s.n ? s.use[0] : "", what);
}

/* A device with a driver and all kinds of children that nobody uses is free. */
static void test_unused(void **state)
{
	(void)state;
	machine();
	assert_int_equal(check().n, 0);
}

/* A mounted block device, by its number, seen by any process. */
static void test_mounted(void **state)
{
	(void)state;
	machine();
	tree_file("proc/9/mountinfo", "22 1 0:22 / /a rw - tmpfs none rw\n"
				      "30 1 254:0 / /srv rw,noatime - ext4 /dev/somename rw\n"
				      "31 1 254:0 /sub /srv2 rw - ext4 /dev/somename rw\n");
	is_used("/dev/vda is mounted");
}

/* Block devices stacked on it count, mounted or not. */
static void test_holder(void **state)
{
	(void)state;
	machine();
	tree_file(BELOW "/block/vda/holders/dm-0", "");
	is_used("/dev/vda is part of dm-0");
}

/* Somebody has a node of it open, under whatever name. */
static void test_open_node(void **state)
{
	(void)state;
	machine();
	assert_int_equal(symlink("/dev/null", tree_path("proc/7/fd/3")), 0);
	assert_int_equal(symlink("/dev/zero", tree_path("proc/7/fd/4")), 0);
	is_used("process 7 (worker) has character device null open");
}

/* An interface that is up; one that is not visible while a driver is bound. */
static void test_net(void **state)
{
	(void)state;
	machine();
	tree_file(BELOW "/net/eth9/flags", "0x1003\n");
	is_used("network interface eth9 is up");
	assert_int_equal(unlink(tree_path("sys/class/net/eth9")), 0);
	tree_file(PCI "/class", "0x020000\n");
	assert_int_equal(check().n, 0);		/* no driver, nothing to hide */
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/mlx5_core");
	is_used("driver mlx5_core has its network interface where it cannot be seen");
}

/* The VFIO group's node, and the device's fd by what its fdinfo says. */
static void test_vfio(void **state)
{
	(void)state;
	machine();
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/vfio-pci");
	tree_link(PCI "/iommu_group", "/sys/kernel/iommu_groups/11");
	assert_int_equal(unlink(tree_path("sys/dev/char/1:3")), 0);
	tree_file("sys/class/vfio/11/dev", "1:3\n");
	assert_int_equal(check().n, 0);
	assert_int_equal(symlink("/dev/null", tree_path("proc/7/fd/3")), 0);
	is_used("process 7 (worker) has VFIO group 11 open");
	assert_int_equal(unlink(tree_path("proc/7/fd/3")), 0);

	assert_int_equal(symlink("anon_inode:[vfio-device]", tree_path("proc/7/fd/5")), 0);
	tree_file("proc/7/fdinfo/5", "pos: 0\nvfio-device-syspath: /sys/devices/x/0000:09:00.0\n");
	assert_int_equal(check().n, 0);		/* that is another device */
	tree_file("proc/7/fdinfo/5", "pos: 0\nvfio-device-syspath: /sys/devices/x/" BDF "\n");
	is_used("process 7 (worker) has it open through VFIO");
	tree_file("proc/7/fdinfo/5", "pos: 0\n");
	is_used("perhaps this one");
}

/* A folder shared with the guest through it. */
static void test_share(void **state)
{
	(void)state;
	machine();
	tree_file(BELOW "/virtio3/mount_tag", "root\n");
	tree_link("sys/bus/virtio/devices/virtio3", REAL "/virtio3");
	assert_int_equal(check().n, 0);
	tree_file("proc/9/mountinfo", "30 1 0:30 / /lab ro - 9p root rw,trans=virtio\n");
	is_used("the file system 'root' (9p) is mounted");
}

/* More uses than fit are not forgotten. */
static void test_more(void **state)
{
	char name[128];
	struct safety s;

	(void)state;
	machine();
	for (int i = 0; i < SAFETY_MAX_USES + 1; i++) {
		snprintf(name, sizeof(name), BELOW "/block/vda/holders/dm-%d", i);
		tree_file(name, "");
	}
	s = check();
	assert_int_equal(s.n, SAFETY_MAX_USES);
	assert_true(s.more);
}

static json_t *one_rule(const char *fault, const char *device)
{
	return json_pack("[{s:s, s:[s]}]", "fault", fault, "devices", device);
}

struct kept {
	struct armed what;
	char fault[32], device[16];
};

static int keep(void *ctx, const struct armed *what)
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
static void test_armed(void **state)
{
	struct armed what = { .pid = getpid(), .started_ns = 1000, .deadline_ns = 1ull << 40,
			      .states_id = 77, .rules = one_rule("atc-timeout", BDF) };
	struct armed_file *file;
	struct kept got = { 0 };
	struct error err;
	char dir[80];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	assert_int_equal(armed__each(dir, NULL, NULL), 0);
	assert_int_equal(armed__create(&file, dir, &what, &err), 0);
	assert_int_equal(armed__each(dir, keep, &got), 1);
	assert_int_equal(got.what.pid, what.pid);
	assert_string_equal(got.fault, "atc-timeout");
	assert_string_equal(got.device, BDF);
	assert_int_equal(got.what.started_ns, 1000);
	assert_int_equal(got.what.deadline_ns, 1ull << 40);
	assert_int_equal(got.what.states_id, 77);
	armed__remove(file);
	assert_int_equal(armed__each(dir, keep, &got), 0);
	json_decref(what.rules);
}

/* Another process that arms a fault on a device, until it is told to end; its pid */
static pid_t other_injector(const char *dir, const char *fault, const char *device)
{
	struct armed what = { .rules = one_rule(fault, device) };
	struct armed_file *file;
	struct error err;
	char c;
	int pipefd[2];
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	pid = fork();
	if (!pid) {
		what.pid = getpid();
		if (!armed__create(&file, dir, &what, &err) &&
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
	struct armed what = { .pid = getpid() };
	struct armed_file *file;
	struct error err, other;
	char dir[80];
	pid_t pid;
	int ret;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = other_injector(dir, "atc-timeout", BDF);
	what.rules = one_rule("atc-timeout", BDF);
	ret = armed__create(&file, dir, &what, &err);
	json_decref(what.rules);
	what.rules = one_rule("reset-fail", BDF);
	assert_int_equal(armed__create(&file, dir, &what, &other), 0);
	armed__remove(file);
	json_decref(what.rules);
	assert_int_equal(ret, -EBUSY);
	assert_non_null(strstr(err.text, "armed on " BDF " already"));
	assert_int_equal(armed__stop(dir, pid + 1), 0);
	assert_int_equal(armed__stop(dir, pid), 1);
	assert_int_equal(armed__each(dir, NULL, NULL), 0);
	waitpid(pid, NULL, 0);
}

/* The file of an injector that was killed is ignored, and removed. */
static void test_stale(void **state)
{
	struct error err;
	char dir[80], path[128];
	struct armed what = { 0 };
	struct armed_file *file;
	pid_t pid;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = other_injector(dir, "atc-timeout", BDF);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(path, sizeof(path), "%s/%d.json", dir, (int)pid);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(armed__each(dir, NULL, NULL), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	/* And its number can be used again */
	what.pid = pid;
	what.rules = one_rule("atc-timeout", BDF);
	assert_int_equal(armed__create(&file, dir, &what, &err), 0);
	assert_int_equal(armed__each(dir, NULL, NULL), 1);
	armed__remove(file);
	json_decref(what.rules);
}

/* Readers at every moment never make a new file fail or vanish. */
static void test_armed_race(void **state)
{
	struct armed what = { .pid = getpid(), .rules = one_rule("atc-timeout", BDF) };
	struct armed_file *file;
	int created = 0, found = 1;
	struct error err;
	char dir[80];
	pid_t pid;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/run", tree);
	pid = fork();
	if (!pid)
		for (;;)
			armed__each(dir, NULL, NULL);
	for (int i = 0; i < 3000 && !created && found == 1; i++) {
		created = armed__create(&file, dir, &what, &err);
		found = created ? 0 : armed__each(dir, NULL, NULL);
		if (!created)
			armed__remove(file);
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
		IN_TREE(test_unused), IN_TREE(test_mounted), IN_TREE(test_holder),
		IN_TREE(test_open_node), IN_TREE(test_net), IN_TREE(test_vfio), IN_TREE(test_share),
		IN_TREE(test_more), IN_TREE(test_armed),
		IN_TREE(test_conflict), IN_TREE(test_stale), IN_TREE(test_armed_race),
	};

	return cmocka_run_group_tests_name("safety", tests, NULL, NULL);
}
