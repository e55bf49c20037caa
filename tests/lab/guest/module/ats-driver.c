// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver for the ATS test device that does what drivers of real ones do: it
 * maps and unmaps memory, and asks for a reset when error recovery calls. It is
 * bound by driver_override.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#define PERIOD	msecs_to_jiffies(5)

struct ats_driver {
	struct pci_dev *pdev;
	struct delayed_work churn;
	void *buffer;
};

static void churn(struct work_struct *work)
{
	struct ats_driver *d = container_of(to_delayed_work(work), struct ats_driver, churn);
	struct device *dev = &d->pdev->dev;
	dma_addr_t addr = dma_map_single(dev, d->buffer, PAGE_SIZE, DMA_BIDIRECTIONAL);

	if (!dma_mapping_error(dev, addr))
		dma_unmap_single(dev, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	schedule_delayed_work(&d->churn, PERIOD);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ats_driver *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	d->pdev = pdev;
	d->buffer = (void *)devm_get_free_pages(&pdev->dev, GFP_KERNEL, 0);
	if (!d->buffer)
		return -ENOMEM;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	INIT_DELAYED_WORK(&d->churn, churn);
	pci_set_drvdata(pdev, d);
	schedule_delayed_work(&d->churn, PERIOD);
	return 0;
}

static void remove(struct pci_dev *pdev)
{
	struct ats_driver *d = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&d->churn);
}

static pci_ers_result_t error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct ats_driver *d = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&d->churn);
	pci_info(pdev, "error detected, state %u\n", state);
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT :
						      PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t slot_reset(struct pci_dev *pdev)
{
	pci_info(pdev, "was reset\n");
	pci_set_master(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static void resume(struct pci_dev *pdev)
{
	struct ats_driver *d = pci_get_drvdata(pdev);

	pci_info(pdev, "resumes\n");
	schedule_delayed_work(&d->churn, PERIOD);
}

/* For resets that somebody else asks for, and not for those of error recovery */
static void reset_prepare(struct pci_dev *pdev)
{
	struct ats_driver *d = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&d->churn);
	pci_info(pdev, "prepares for a reset\n");
}

static void reset_done(struct pci_dev *pdev)
{
	struct ats_driver *d = pci_get_drvdata(pdev);

	pci_info(pdev, "reset done\n");
	schedule_delayed_work(&d->churn, PERIOD);
}

static const struct pci_error_handlers error_handlers = {
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
	.error_detected = error_detected,
	.slot_reset = slot_reset,
	.resume = resume,
};

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE_DRIVER_OVERRIDE(0x1b36, 0x00f7, PCI_ID_F_VFIO_DRIVER_OVERRIDE) },
	{ }
};

static struct pci_driver ats_driver = {
	.name = "ats-driver",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.err_handler = &error_handlers,
};
module_pci_driver(ats_driver);

MODULE_DESCRIPTION("Asks for a reset when the ATS test device is broken");
MODULE_LICENSE("GPL");
