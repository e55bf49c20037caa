/* SPDX-License-Identifier: GPL-2.0-only */
/* The DMA engine of an ATS test device, by its registers in BAR 0. */
#ifndef LAB_TESTDEV_H
#define LAB_TESTDEV_H

#include <stdint.h>

#include <atcq/ats-testdev-regs.h>

/*
 * Has the device do @cmd, an ATS_TESTDEV_CMD_*, for the four bytes at @iova, by way
 * of its buffer, which is set to @value first. Returns an ATS_TESTDEV_DMA_*.
 */
uint32_t testdev__dma(volatile uint32_t *regs, uint32_t cmd, uint64_t iova, uint32_t pasid,
		      uint32_t value);

#endif
