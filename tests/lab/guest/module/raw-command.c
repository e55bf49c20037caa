// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts one command, whatever it is, into the command queue of a device's SMMU,
 * with a CMD_SYNC behind it, and says how that ended. No driver makes malformed
 * commands, so this is the way to see what comes of one. The function that issues
 * commands is not for modules, hence its address is a parameter.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "arm-smmu-v3.h"

static char *device;
module_param(device, charp, 0);
MODULE_PARM_DESC(device, "PCI address of a device behind the SMMU");
static unsigned long issue;
module_param(issue, ulong, 0);
MODULE_PARM_DESC(issue, "address of arm_smmu_cmdq_issue_cmdlist()");
static unsigned long long word0, word1;
module_param(word0, ullong, 0);
module_param(word1, ullong, 0);
MODULE_PARM_DESC(word0, "low 64 bits of the command");
MODULE_PARM_DESC(word1, "high 64 bits of the command");

static struct pci_dev *find(const char *bdf)
{
	unsigned int segment, bus, slot, func;

	if (!bdf || sscanf(bdf, "%x:%x:%x.%x", &segment, &bus, &slot, &func) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(slot, func));
}

static int __init raw_command_init(void)
{
	typeof(&arm_smmu_cmdq_issue_cmdlist) issue_cmdlist = (void *)issue;
	struct arm_smmu_cmd cmd = { .data = { word0, word1 } };
	struct pci_dev *pdev = find(device);
	struct arm_smmu_device *smmu;
	int ret;

	if (!issue_cmdlist || !pdev || !pdev->dev.iommu) {
		pci_dev_put(pdev);
		return -EINVAL;
	}
	smmu = container_of(pdev->dev.iommu->iommu_dev, struct arm_smmu_device, iommu);
	ret = issue_cmdlist(smmu, &smmu->cmdq, &cmd, 1, true);
	pci_info(pdev, "raw-command %#018llx %#018llx: %d\n", word0, word1, ret);
	pci_dev_put(pdev);
	return 0;
}
module_init(raw_command_init);

static void __exit raw_command_exit(void)
{
}
module_exit(raw_command_exit);

MODULE_DESCRIPTION("Issues one command to an SMMUv3");
MODULE_LICENSE("GPL");
