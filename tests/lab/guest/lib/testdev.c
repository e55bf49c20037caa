// SPDX-License-Identifier: GPL-2.0-only
#include "testdev.h"

uint32_t testdev__dma(volatile uint32_t *regs, uint32_t cmd, uint64_t iova, uint32_t pasid,
		      uint32_t value)
{
	regs[ATS_TESTDEV_DMA_ADDR_LO / 4] = iova;
	regs[ATS_TESTDEV_DMA_ADDR_HI / 4] = iova >> 32;
	regs[ATS_TESTDEV_DMA_LEN / 4] = 4;
	regs[ATS_TESTDEV_DMA_PASID / 4] = pasid;
	regs[ATS_TESTDEV_BUFFER / 4] = value;
	regs[ATS_TESTDEV_DMA_CMD / 4] = cmd;
	return regs[ATS_TESTDEV_DMA_STATUS / 4];
}
