/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up host with one PCI device, and what the check for its use says of it. */
#ifndef ATCQ_TEST_HOST_H
#define ATCQ_TEST_HOST_H

#include "tree.h"

#include "inject/in_use.h"

#define BDF	"0000:01:00.0"
#define BELOW	"sys/devices/pci0000:00/0000:00:01.0/" BDF
#define REAL	"/" BELOW
#define PCI	"sys/bus/pci/devices/" BDF

/* What a process with all capabilities sees of itself and of the first process */
static inline void privileged(void)
{
	tree_file("proc/self/status", "Name:\ttest\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n");
	tree_link("proc/self/ns/user", "user:[4026531837]");
	tree_link("proc/self/ns/pid", "pid:[4026531836]");
	tree_link("proc/1/ns/pid", "pid:[4026531836]");
	tree_file("proc/1/fd/x", "");
	tree_file("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_file("proc/version", "Linux version 7.3\n");
}

/* A device of the kind @kind at @path; its bus or class is all that says so */
static inline void child(const char *path, const char *kind)
{
	char name[256], target[64];

	snprintf(name, sizeof(name), "%s/uevent", path);
	tree_file(name, "");
	snprintf(name, sizeof(name), "%s/subsystem", path);
	snprintf(target, sizeof(target), "/sys/class/%s", kind);
	tree_link(name, target);
}

/* A block device, a network interface and a character device below BDF */
static inline void machine(void)
{
	privileged();
	tree_file("proc/7/comm", "worker\n");
	tree_file("proc/7/fd/x", "");
	tree_file("proc/7/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_file("proc/swaps", "Filename Type Size Used Priority\n");
	tree_file("proc/notapid/comm", "");
	tree_file(BELOW "/block/vda/size", "1");
	tree_file(BELOW "/net/eth9/flags", "0x1002\n");
	tree_file(BELOW "/misc/null/dev", "1:3\n");
	tree_file(BELOW "/block/vda/dev", "254:0\n");
	child(BELOW "/block/vda", "block");
	child(BELOW "/net/eth9", "net");
	child(BELOW "/misc/null", "misc");
	child(BELOW "/wakeup/wakeup3", "wakeup");
	tree_file(BELOW "/power/control", "on\n");
	tree_file("sys/dev/char/1:3/uevent", "");
	tree_file("sys/bus/pci/devices/x", "");
	tree_link(PCI, REAL);
}

static inline struct in_use check_of(const char *bdf)
{
	char sysfs[80], proc[80];
	struct in_use s;

	snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	in_use__check(&s, bdf, sysfs, proc);
	return s;
}

static inline struct in_use check(void)
{
	return check_of(BDF);
}

static inline void is_free(void)
{
	struct in_use s = check();

	if (s.n)
		fail_msg("%zu uses, the first: '%s'; expected none", s.n, s.use[0]);
}

static inline void expect(struct in_use s, const char *how, const char *what, size_t blind)
{
	if (s.n != 1 || !strstr(s.use[0], what) || strcmp(in_use__how(&s, 0), how) || s.blind != blind)
		fail_msg("%zu uses (%zu blind), the first %s: '%s'; expected '%s'", s.n, s.blind,
			 s.n ? in_use__how(&s, 0) : "", s.n ? s.use[0] : "", what);
}

/* There is exactly one use, and it says this */
static inline void is_used(const char *what)
{
	expect(check(), "is in use", what, 0);
}

/* ... which is not seen, but cannot be ruled out */
static inline void counts_as_used(const char *what)
{
	expect(check(), "counts as in use", what, 0);
}

/* ... because this process cannot look */
static inline void cannot_see(const char *what)
{
	expect(check(), "counts as in use", what, 1);
}

static inline void gone(const char *name)
{
	assert_int_equal(unlink(tree_path(name)), 0);
}

static inline void relink(const char *name, const char *target)
{
	gone(name);
	tree_link(name, target);
}

static inline void unlink_node(void)
{
	gone(BELOW "/misc/null/dev");
	gone(BELOW "/misc/null/subsystem");
	gone(BELOW "/misc/null/uevent");
}

#define IN_TREE(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

#endif
