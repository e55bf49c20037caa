// SPDX-License-Identifier: GPL-2.0-only
/* Who uses a device, as far as it is seen, in made-up trees. */
#include "host.h"

/* A device with a driver and all kinds of children that nobody uses is free. */
static void test_unused(void **state)
{
	(void)state;
	machine();
	is_free();
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
	gone(BELOW "/net/eth9/uevent");
	gone(BELOW "/net/eth9/subsystem");
	tree_file(PCI "/class", "0x020000\n");
	is_free();				/* no driver, nothing to hide */
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/mlx5_core");
	counts_as_used("driver mlx5_core has its network interface where it cannot be seen");
}

/* The VFIO group's node, and the device's fd by what its fdinfo says. */
static void test_vfio(void **state)
{
	(void)state;
	machine();
	tree_link(PCI "/driver", "/sys/bus/pci/drivers/vfio-pci");
	tree_link(PCI "/iommu_group", "/sys/kernel/iommu_groups/11");
	unlink_node();
	tree_file("sys/class/vfio/11/dev", "1:3\n");
	is_free();
	assert_int_equal(symlink("/dev/null", tree_path("proc/7/fd/3")), 0);
	is_used("process 7 (worker) has VFIO group 11 open");
	gone("proc/7/fd/3");

	assert_int_equal(symlink("anon_inode:[vfio-device]", tree_path("proc/7/fd/5")), 0);
	tree_file("proc/7/fdinfo/5", "pos: 0\nvfio-device-syspath: /sys/devices/x/0000:09:00.0\n");
	is_free();				/* that is another device */
	tree_file("proc/7/fdinfo/5", "pos: 0\nvfio-device-syspath: /sys/devices/x/" BDF "\n");
	is_used("process 7 (worker) has it open through VFIO");
	tree_file("proc/7/fdinfo/5", "pos: 0\n");
	counts_as_used("perhaps this one");
	/* Also if it is bound to a driver of VFIO that is made for it */
	relink(PCI "/driver", "/sys/bus/pci/drivers/nvgrace-gpu-vfio-pci");
	counts_as_used("perhaps this one");
}

/* A folder shared with the guest through it. */
static void test_share(void **state)
{
	(void)state;
	machine();
	tree_file(BELOW "/virtio3/mount_tag", "root\n");
	child(BELOW "/virtio3", "virtio");
	tree_link(BELOW "/virtio3/driver", "/sys/bus/virtio/drivers/9pnet_virtio");
	is_free();
	tree_file("proc/9/mountinfo", "30 1 0:30 / /lab ro - 9p root rw,trans=virtio\n");
	is_used("the file system 'root' (9p) is mounted");
	/* What a driver makes of it is not known of all; without one there is nothing */
	gone("proc/9/mountinfo");
	relink(BELOW "/virtio3/driver", "/sys/bus/virtio/drivers/virtiofs");
	counts_as_used("who uses virtio3 through driver virtiofs is not known");
	gone(BELOW "/virtio3/driver");
	is_free();
}

/* Two processes of one mount namespace see the same only below the same root. */
static void test_chroot(void **state)
{
	char from[128];

	(void)state;
	machine();
	tree_file("proc/7/ns/mnt", "");
	tree_file("jail/x", "");
	tree_link("proc/7/root", "/jail");
	snprintf(from, sizeof(from), "%s/proc/7/ns/mnt", tree);
	tree_file("proc/9/mountinfo", "30 1 254:0 / /srv rw,noatime - ext4 /dev/somename rw\n");
	tree_file("proc/9/ns/x", "");
	assert_int_equal(link(from, tree_path("proc/9/ns/mnt")), 0);
	tree_link("proc/9/root", "/");
	is_used("/dev/vda is mounted");
}

/* The open files of a process whose first thread has ended are another thread's. */
static void test_first_thread_ended(void **state)
{
	(void)state;
	machine();
	tree_file("proc/9/comm", "threads\n");
	tree_file("proc/9/fd/x", "");
	tree_file("proc/9/task/9/fd/x", "");
	tree_file("proc/9/task/11/fd/x", "");
	assert_int_equal(symlink("/dev/null", tree_path("proc/9/task/11/fd/3")), 0);
	is_used("process 9 (threads) has character device null open");
}

/* What is behind a bridge, and a virtual function, is used with the device. */
static void test_relatives(void **state)
{
	struct in_use s;

	(void)state;
	machine();
	tree_link("sys/bus/pci/devices/0000:00:01.0", "/sys/devices/pci0000:00/0000:00:01.0");
	tree_link("sys/bus/pci/devices/0000:00:01.0/driver", "/sys/bus/pci/drivers/pcieport");
	child("sys/devices/pci0000:00/0000:00:01.0/pci_bus/0000:01", "pci_bus");
	tree_link(BELOW "/subsystem", "/sys/bus/pci");
	s = check_of("0000:00:01.0");
	assert_int_equal(s.n, 0);
	tree_file(BELOW "/net/eth9/flags", "0x1003\n");
	s = check_of("0000:00:01.0");
	assert_int_equal(s.n, 1);
	assert_string_equal(s.use[0], "network interface eth9 is up");
	tree_file(BELOW "/net/eth9/flags", "0x1002\n");

	unlink_node();
	tree_link("sys/devices/pci0000:00/0000:01:00.1/subsystem", "/sys/bus/pci");
	tree_link("sys/devices/pci0000:00/0000:01:00.1/driver", "/sys/bus/pci/drivers/vfio-pci");
	tree_link("sys/devices/pci0000:00/0000:01:00.1/iommu_group", "/sys/kernel/iommu_groups/12");
	tree_link("sys/devices/pci0000:00/0000:01:00.1/physfn", REAL);
	tree_link("sys/bus/pci/devices/0000:01:00.1", "/sys/devices/pci0000:00/0000:01:00.1");
	tree_link(BELOW "/virtfn0", "/sys/devices/pci0000:00/0000:01:00.1");
	tree_file("sys/class/vfio/12/dev", "1:3\n");
	is_free();
	assert_int_equal(symlink("/dev/null", tree_path("proc/7/fd/3")), 0);
	is_used("process 7 (worker) has VFIO group 12 open");
	gone("proc/7/fd/3");
	assert_int_equal(symlink("anon_inode:[vfio-device]", tree_path("proc/7/fd/5")), 0);
	tree_file("proc/7/fdinfo/5", "pos: 0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.1\n");
	is_used("process 7 (worker) has it open through VFIO");
}

/* More uses than fit are not forgotten. */
static void test_more(void **state)
{
	char name[128];
	struct in_use s;

	(void)state;
	machine();
	for (int i = 0; i < IN_USE_MAX + 1; i++) {
		snprintf(name, sizeof(name), BELOW "/block/vda/holders/dm-%d", i);
		tree_file(name, "");
	}
	s = check();
	assert_int_equal(s.n, IN_USE_MAX);
	assert_true(s.more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_unused), IN_TREE(test_mounted), IN_TREE(test_holder),
		IN_TREE(test_open_node), IN_TREE(test_net), IN_TREE(test_vfio), IN_TREE(test_share),
		IN_TREE(test_chroot), IN_TREE(test_first_thread_ended), IN_TREE(test_relatives),
		IN_TREE(test_more),
	};

	return cmocka_run_group_tests_name("in_use", tests, NULL, NULL);
}
