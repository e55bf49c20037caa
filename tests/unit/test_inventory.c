// SPDX-License-Identifier: GPL-2.0-only
/* Devices behind SMMUv3s, read from made-up sysfs trees. */
#include "tree.h"

#include "source/inventory.h"

#define SMMU	"smmu3.0x0000000009050000"
#define DEV	"bus/pci/devices/"

/* A kernel with patches/linux: one SMMU, a device with two Stream IDs */
static void patched(void)
{
	tree_file("class/iommu/" SMMU "/arm-smmu-v3/index", "3\n");
	tree_link(DEV "0000:02:00.0/iommu", "/class/iommu/" SMMU);
	tree_link(DEV "0000:02:00.0/iommu_group", "/kernel/iommu_groups/11");
	tree_link(DEV "0000:02:00.0/driver", "/bus/pci/drivers/vfio-pci");
	tree_file(DEV "0000:02:00.0/vendor", "0x1b36\n");
	tree_file(DEV "0000:02:00.0/device", "0xfff7\n");
	tree_file(DEV "0000:02:00.0/arm-smmu-v3/stream_ids", "0x200 0x201\n");
	tree_file(DEV "0000:02:00.0/arm-smmu-v3/ats", "broken\n");
	tree_file(DEV "0000:02:00.0/iommu_state/blocked", "reset-failed\n");
	tree_file(DEV "0000:02:00.0/iommu_state/blocked_since_ns", "12345678901234\n");
	/* Not behind an SMMUv3, and behind something else */
	tree_file(DEV "0000:00:00.0/vendor", "0x1b36\n");
	tree_link(DEV "0000:05:00.0/iommu", "/class/iommu/dmar0");
}

/* The ports above a device are the folders on the way to its own. */
static void test_ports(void **state)
{
	struct inventory inv;

	(void)state;
	tree_file("class/iommu/" SMMU "/x", "");
	tree_link("devices/pci0000:00/0000:00:10.1/0000:01:00.0/0000:02:00.0/iommu", "/class/iommu/" SMMU);
	tree_link("devices/pci0000:00/0000:00:11.0/0000:03:00.0/iommu", "/class/iommu/" SMMU);
	tree_link(DEV "0000:02:00.0", "/devices/pci0000:00/0000:00:10.1/0000:01:00.0/0000:02:00.0");
	tree_link(DEV "0000:03:00.0", "/devices/pci0000:00/0000:00:11.0/0000:03:00.0");
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_int_equal(inv.ndev, 2);
	assert_int_equal(inv.dev[0].nports, 2);
	assert_true(inventory__is_above(&inv, 0, 0x0081, 0x200));
	assert_true(inventory__is_above(&inv, 0, 0x0100, 0x200));
	assert_false(inventory__is_above(&inv, 0, 0x0088, 0x200));
	assert_false(inventory__is_above(&inv, 0, 0x0200, 0x200));
	assert_false(inventory__is_above(&inv, 1, 0x0081, 0x200));
	assert_true(inventory__is_above(&inv, 0, 0x0088, 0x300));
	inventory__free(&inv);
}

/* Everything that the kernel publishes is read, and other devices are left out. */
static void test_patched(void **state)
{
	const struct device *d;
	struct inventory inv;

	(void)state;
	patched();
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_int_equal(inv.nsmmu, 1);
	assert_int_equal(inv.ndev, 1);
	d = inventory__by_bdf(&inv, "0000:02:00.0");
	assert_non_null(d);
	assert_int_equal(d->segment, 0);
	assert_int_equal(d->addr, 0x200);
	assert_int_equal(d->vendor_id, 0x1b36);
	assert_int_equal(d->device_id, 0xfff7);
	assert_string_equal(d->driver, "vfio-pci");
	assert_string_equal(d->smmu_name, SMMU);
	assert_int_equal(d->smmu, 3);
	assert_int_equal(d->group, 11);
	assert_int_equal(d->nsids, 2);
	assert_int_equal(d->sids[1], 0x201);
	assert_int_equal(d->ats, ATS_BROKEN);
	assert_true(d->state_known);
	assert_int_equal(d->blocked, ATCQ_BLOCKED_RESET_FAILED);
	assert_int_equal(d->blocked_since_ns, 12345678901234ull);
	assert_ptr_equal(inventory__by_sid(&inv, 3, 0x201), d);
	assert_null(inventory__by_sid(&inv, 2, 0x201));
	assert_null(inventory__by_sid(&inv, 3, 0x202));
	assert_ptr_equal(inventory__by_addr(&inv, 0, 0x200), d);
	assert_null(inventory__by_addr(&inv, 1, 0x200));
	inventory__free(&inv);
}

/* What an array by SMMU needs: the highest index counts, or how many there are. */
static void test_slots(void **state)
{
	(void)state;
	assert_int_equal(inventory__smmu_slots(tree), 1);
	patched();
	assert_int_equal(inventory__smmu_slots(tree), 4);
	tree_file("class/iommu/smmu3.a/x", "");
	assert_int_equal(inventory__smmu_slots(tree), 4);
	tree_file("class/iommu/smmu3.b/arm-smmu-v3/index", "4000000000\n");
	assert_int_equal(inventory__smmu_slots(tree), 256);
}

static void config(const char *bdf, unsigned int ats_at, unsigned int control, size_t len)
{
	uint8_t cfg[4096] = { 0 };
	char name[128];

	/* AER first, then ATS, if there is one */
	cfg[0x100] = 0x01;
	cfg[0x102] = 0x02 | (ats_at << 4 & 0xf0);
	cfg[0x103] = ats_at >> 4;
	if (ats_at) {
		cfg[ats_at] = 0x0f;
		cfg[ats_at + 2] = 1;
		cfg[ats_at + 6] = control & 0xff;
		cfg[ats_at + 7] = control >> 8;
	}
	snprintf(name, sizeof(name), DEV "%s/config", bdf);
	tree_bytes(name, cfg, len);
	snprintf(name, sizeof(name), DEV "%s/iommu", bdf);
	tree_link(name, "/class/iommu/" SMMU);
}

/* An unpatched kernel: ATS from configuration space, the rest is not known. */
static void test_stock(void **state)
{
	static const enum ats_state want[] = { ATS_ON, ATS_OFF, ATS_UNSUPPORTED, ATS_UNKNOWN, ATS_UNKNOWN };
	struct inventory inv;

	(void)state;
	tree_file("class/iommu/" SMMU "/uevent", "");
	config("0000:01:00.0", 0x140, 0x8000, 4096);
	config("0000:01:00.1", 0x140, 0x001f, 4096);
	config("0000:01:00.2", 0, 0, 4096);
	config("0000:01:00.3", 0x140, 0x8000, 64);	/* what an ordinary user may read */
	tree_link(DEV "0000:01:00.4/iommu", "/class/iommu/" SMMU);	/* not even that */
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_int_equal(inv.ndev, 5);
	for (size_t i = 0; i < inv.ndev; i++) {
		if (inv.dev[i].ats != want[i])
			fail_msg("%s: ATS is '%s'", inv.dev[i].bdf, ats_state__name(inv.dev[i].ats));
		assert_int_equal(inv.dev[i].smmu, ATCQ_NONE);
		assert_int_equal(inv.dev[i].group, -1);
		assert_string_equal(inv.dev[i].driver, "");
		assert_false(inv.dev[i].state_known);
		assert_int_equal(inv.dev[i].blocked, ATCQ_BLOCKED_NO);
	}
	inventory__free(&inv);
}

/* A capability list that runs in a circle or out of the file ends. */
static void test_bad_config(void **state)
{
	uint8_t cfg[4096] = { 0 };
	struct inventory inv;

	(void)state;
	tree_file("class/iommu/" SMMU "/uevent", "");
	config("0000:01:00.0", 0x140, 0, 4096);
	cfg[0x100] = 1, cfg[0x103] = 0x10;	/* leads to itself */
	tree_bytes(DEV "0000:01:00.0/config", cfg, sizeof(cfg));
	config("0000:01:00.1", 0, 0, 4096);
	cfg[0x102] = 0xf2, cfg[0x103] = 0xff;	/* the very end */
	tree_bytes(DEV "0000:01:00.1/config", cfg, sizeof(cfg));
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_int_equal(inv.ndev, 2);
	assert_int_equal(inv.dev[0].ats, ATS_UNSUPPORTED);
	inventory__free(&inv);
}

/* No SMMUv3, or no /sys: nothing, and no error. */
static void test_none(void **state)
{
	struct inventory inv;

	(void)state;
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_int_equal(inv.nsmmu, 0);
	assert_int_equal(inv.ndev, 0);
	inventory__free(&inv);
	tree_file("class/iommu/dmar0/x", "");
	assert_int_equal(inventory__read(&inv, "/nonexistent"), 0);
	assert_int_equal(inv.nsmmu, 0);
	inventory__free(&inv);
}

/* Rubbish in the files is not taken for a state. */
static void test_rubbish(void **state)
{
	const struct device *d;
	struct inventory inv;
	char text[512] = "";

	(void)state;
	patched();
	for (int i = 0; i < 40; i++)
		strcat(text, i ? " 0x1" : "0x1");
	tree_file(DEV "0000:02:00.0/arm-smmu-v3/stream_ids", text);
	tree_file(DEV "0000:02:00.0/arm-smmu-v3/ats", "sideways\n");
	tree_file(DEV "0000:02:00.0/iommu_state/blocked", "");
	assert_int_equal(inventory__read(&inv, tree), 0);
	d = &inv.dev[0];
	assert_int_equal(d->nsids, INVENTORY_MAX_SIDS);
	assert_int_equal(d->ats, ATS_UNKNOWN);
	assert_int_equal(d->blocked, ATCQ_BLOCKED_NO);
	inventory__free(&inv);
}

/* What changed is seen, what cannot have is kept. */
static void test_again(void **state)
{
	struct inventory inv;

	(void)state;
	patched();
	assert_int_equal(inventory__read(&inv, tree), 0);
	assert_true(inv.ndev > 0);
	snprintf(inv.dev[0].name, sizeof(inv.dev[0].name), "kept");
	tree_file(DEV "0000:02:00.0/iommu_state/blocked", "broken\n");
	assert_int_equal(inventory__reread(&inv, tree), 0);
	assert_int_equal(inv.dev[0].blocked, ATCQ_BLOCKED_BROKEN);
	assert_string_equal(inv.dev[0].name, "kept");
	/* Another device in its place has another name */
	tree_file(DEV "0000:02:00.0/device", "0xabcd\n");
	assert_int_equal(inventory__reread(&inv, tree), 0);
	assert_string_not_equal(inv.dev[0].name, "kept");
	assert_int_equal(inventory__reread(&inv, "/nonexistent"), 0);
	assert_int_equal(inv.ndev, 0);
	inventory__free(&inv);
}

#define IN_TREE(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_patched), IN_TREE(test_slots), IN_TREE(test_stock),
		IN_TREE(test_bad_config), IN_TREE(test_none), IN_TREE(test_rubbish), IN_TREE(test_again), IN_TREE(test_ports),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
