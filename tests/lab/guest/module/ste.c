// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the stream table entries of a device say in memory, where the SMMU reads
 * them: for each Stream ID a line "ste 0x200: valid, translates, EATS 1". Fails to load
 * if one is not as @eats says (-1: only tells). The driver's sysfs says what
 * it means to be so; this is what is.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "arm-smmu-v3.h"

static char *device;
module_param(device, charp, 0);
MODULE_PARM_DESC(device, "PCI address of a device behind the SMMU");
static int eats = -1;
module_param(eats, int, 0);
MODULE_PARM_DESC(eats, "what EATS has to be in each of its entries");

static const struct arm_smmu_ste *find_ste(struct arm_smmu_device *smmu, u32 sid)
{
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	struct arm_smmu_strtab_l2 *l2;

	if (!(smmu->features & ARM_SMMU_FEAT_2_LVL_STRTAB))
		return &cfg->linear.table[sid];
	l2 = cfg->l2.l2ptrs[arm_smmu_strtab_l1_idx(sid)];
	return l2 ? &l2->stes[arm_smmu_strtab_l2_idx(sid)] : NULL;
}

static int check(struct pci_dev *pdev, struct arm_smmu_master *master)
{
	int ret = 0;

	for (unsigned int i = 0; i < master->num_streams; i++) {
		const struct arm_smmu_ste *ste = find_ste(master->smmu, master->streams[i].id);
		u64 d0 = ste ? le64_to_cpu(ste->data[0]) : 0, d1 = ste ? le64_to_cpu(ste->data[1]) : 0;
		int is = FIELD_GET(STRTAB_STE_1_EATS, d1);
		bool aborts = FIELD_GET(STRTAB_STE_0_CFG, d0) == STRTAB_STE_0_CFG_ABORT;

		pci_info(pdev, "ste %#x: %s, %s, EATS %d\n", master->streams[i].id,
			 d0 & STRTAB_STE_0_V ? "valid" : "invalid", aborts ? "aborts" : "translates", is);
		if (eats >= 0 && is != eats)
			ret = -EBADE;
	}
	return ret;
}

static int __init ste_init(void)
{
	unsigned int segment, bus, slot, func;
	struct pci_dev *pdev;
	int ret = -EINVAL;

	if (!device || sscanf(device, "%x:%x:%x.%x", &segment, &bus, &slot, &func) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(slot, func));
	if (pdev && pdev->dev.iommu)
		ret = check(pdev, dev_iommu_priv_get(&pdev->dev));
	pci_dev_put(pdev);
	return ret;
}
module_init(ste_init);

static void __exit ste_exit(void)
{
}
module_exit(ste_exit);

MODULE_DESCRIPTION("Shows a device's stream table entries");
MODULE_LICENSE("GPL");
