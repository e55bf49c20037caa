// SPDX-License-Identifier: GPL-2.0-only
/* What cannot be determined counts as use of a device, in made-up trees and by the real /proc. */
#include <fcntl.h>
#include <sys/wait.h>

#include "host.h"

/* A device below it of a kind that there is no rule for, whether it has a node or not. */
static void test_unknown_kind(void **state)
{
	(void)state;
	machine();
	child(BELOW "/infiniband/mlx5_0", "infiniband");
	child(BELOW "/infiniband/mlx5_1", "infiniband");
	counts_as_used(", below it, is of the kind 'infiniband', whose users are not known");
}

static void test_unknown_node(void **state)
{
	(void)state;
	machine();
	child(BELOW "/tty/ttyS7", "tty");
	tree_file(BELOW "/tty/ttyS7/dev", "1:5\n");
	counts_as_used("ttyS7, below it, is of the kind 'tty'");
}

/* A device without bus and class, and a disk that is only a path to one elsewhere. */
static void test_odd_children(void **state)
{
	(void)state;
	machine();
	tree_file(BELOW "/ata1/uevent", "");
	counts_as_used("ata1, below it, is of the kind 'none'");
	gone(BELOW "/ata1/uevent");
	child(BELOW "/nvme/nvme0/nvme0c0n1", "block");
	counts_as_used("block device nvme0c0n1 has no node");
}

/* A driver of which nothing below the device shows who uses it. */
static void test_silent_driver(void **state)
{
	(void)state;
	privileged();
	tree_file("proc/swaps", "Filename Type Size Used Priority\n");
	tree_file(BELOW "/class", "0x120000\n");
	child(BELOW "/hwmon/hwmon4", "hwmon");
	tree_link(PCI, REAL);
	is_free();
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/hisi_sec2");
	counts_as_used("who uses driver hisi_sec2 is not known");
	relink(PCI "/driver", "/sys/bus/pci/drivers/pci-stub");
	is_free();
	relink(PCI "/driver", "/sys/bus/pci/drivers/vfio-pci");
	is_free();
}

/* A node that sysfs has no entry for may be any driver's; a terminal's has none either. */
static void test_unlisted_node(void **state)
{
	int pty = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	machine();
	assert_true(pty >= 0 && !grantpt(pty) && !unlockpt(pty));
	assert_int_equal(symlink(ptsname(pty), tree_path("proc/7/fd/3")), 0);
	assert_int_equal(symlink("/dev/zero", tree_path("proc/7/fd/4")), 0);
	is_free();				/* there is no driver */
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/nvidia");
	counts_as_used("process 7 (worker) has character device 1:5 open, which sysfs does not know: perhaps one of driver nvidia");
	tree_file("sys/dev/char/1:5/uevent", "");
	is_free();
	close(pty);
}

/* Without the privilege to look into processes, or from where not all are seen. */
static void test_privileges(void **state)
{
	(void)state;
	machine();
	tree_file("proc/self/status", "Name:\ttest\nCapPrm:\t000001ffffffffff\nCapEff:\t000001fffff7ffff\n");
	cannot_see("processes of other users cannot be looked into (needs CAP_SYS_PTRACE)");
	tree_file("proc/self/status", "Name:\ttest\nCapEff:\t0000000000080000\n");
	relink("proc/self/ns/user", "user:[4026532000]");
	cannot_see("(needs CAP_SYS_PTRACE in the initial one)");
	relink("proc/self/ns/user", "user:[4026531837]");
	relink("proc/1/ns/pid", "pid:[4026532001]");
	cannot_see("does not show the processes outside of a PID namespace");
	gone("proc/1/ns/pid");
	cannot_see("does not show the processes outside of a PID namespace");
	/* A kernel that has no such namespaces */
	gone("proc/self/ns/pid");
	gone("proc/self/ns/user");
	is_free();
}

/* Without /proc, or with only a part of it. */
static void test_no_proc(void **state)
{
	(void)state;
	machine();
	gone("proc/swaps");
	is_free();				/* a kernel without swap */
	gone("proc/version");
	cannot_see("/proc/swaps cannot be read: No such file or directory (mounted with subset=pid?");
	gone("proc/self/status");
	cannot_see("/proc does not show this process: is it mounted");
}

/* A process whose open files or mounts cannot be read is not passed over. */
static void test_unreadable(void **state)
{
	(void)state;
	machine();
	tree_file("proc/9/comm", "secret\n");
	tree_file("proc/9/fd", "");
	cannot_see("process 9 (secret): its open files cannot be read: Not a directory");
	gone("proc/9/fd");
	is_free();				/* it has ended */
	tree_file("proc/9/mountinfo/x", "");
	cannot_see("process 9 (secret): its mounts cannot be read: Is a directory");
}

/* The same by the kernel's own /proc, for a process without the capability. */
static void test_real_proc(void **state)
{
	char sysfs[80];
	struct in_use s;
	int status;
	pid_t pid;

	(void)state;
	machine();
	snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
	assert_int_equal(chmod(tree, 0755), 0);
	pid = fork();
	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(2);
		in_use__check(&s, BDF, sysfs, "/proc");
		for (size_t i = 0; i < s.n; i++)
			if (s.assumed[i] && strstr(s.use[i], "(needs CAP_SYS_PTRACE"))
				_exit(0);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A device that is not there, or that ends during the check, is not a free one. */
static void test_no_device(void **state)
{
	(void)state;
	privileged();
	tree_file("proc/swaps", "Filename\n");
	cannot_see("/bus/pci/devices/" BDF ": No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_unknown_kind), IN_TREE(test_unknown_node), IN_TREE(test_odd_children),
		IN_TREE(test_silent_driver), IN_TREE(test_unlisted_node), IN_TREE(test_privileges),
		IN_TREE(test_no_proc), IN_TREE(test_unreadable), IN_TREE(test_real_proc),
		IN_TREE(test_no_device),
	};

	return cmocka_run_group_tests_name("in_use_unknown", tests, NULL, NULL);
}
