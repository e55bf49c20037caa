/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Registers of the ATS test device, a PCIe endpoint with ATS, FLR, an address
 * translation cache (ATC) and a DMA engine.
 *
 * BAR 0, 8 KiB, 32-bit little-endian accesses only; whatever is not listed
 * reads as 0 and ignores writes. An FLR takes all registers back to their
 * reset values and empties the ATC, but leaves the counters; it clears ATS
 * Enable and PASID Enable.
 */
#ifndef ATS_TESTDEV_REGS_H
#define ATS_TESTDEV_REGS_H

#define ATS_TESTDEV_VENDOR      0x1b36
#define ATS_TESTDEV_DEVICE      0x00f7
#define ATS_TESTDEV_BAR_SIZE    0x2000

/* RO: what this is, "ATCQ" */
#define ATS_TESTDEV_ID          0x00
#define ATS_TESTDEV_ID_VALUE    0x51435441
/* RO: version of this interface */
#define ATS_TESTDEV_VERSION     0x04
#define ATS_TESTDEV_VERSION_VALUE       3

/*
 * RW, reset value ATS_TESTDEV_SELF: the PCIe function that the registers below
 * are about, as bus << 8 | devfn. Any function of the same root complex will do.
 */
#define ATS_TESTDEV_TARGET      0x08
#define ATS_TESTDEV_SELF        0xffffffff

/* RW: how the target answers ATC invalidations */
#define ATS_TESTDEV_MODE        0x0c
#define ATS_TESTDEV_MODE_ANSWER 0       /* at once */
#define ATS_TESTDEV_MODE_DELAY  1       /* after ATS_TESTDEV_DELAY_US */
#define ATS_TESTDEV_MODE_NEVER  2
/* RW: microseconds of virtual time */
#define ATS_TESTDEV_DELAY_US    0x10
/* RW: 1 if a reset of the target makes it answer again (the default), else 0 */
#define ATS_TESTDEV_FLR_HEALS   0x14

/* RO: invalidations sent to the target, and those not answered in time, mod 2^32 */
#define ATS_TESTDEV_RECEIVED    0x18
#define ATS_TESTDEV_TIMEOUTS    0x1c

/* RO, cleared by writing TARGET: why the last access had no effect */
#define ATS_TESTDEV_ERROR       0x20
#define ATS_TESTDEV_ERROR_NONE  0
#define ATS_TESTDEV_ERROR_TARGET        1       /* there is no such function */
#define ATS_TESTDEV_ERROR_VALUE 2       /* the value is out of range */

/*
 * The DMA engine, always this device's own. RW: the I/O virtual address, the
 * length in bytes of a read or write (1 to 4096), and the PASID (20 bits), or
 * ATS_TESTDEV_NO_PASID (the reset value).
 */
#define ATS_TESTDEV_DMA_ADDR_LO 0x40
#define ATS_TESTDEV_DMA_ADDR_HI 0x44
#define ATS_TESTDEV_DMA_LEN     0x48
#define ATS_TESTDEV_DMA_PASID   0x4c
#define ATS_TESTDEV_NO_PASID    0xffffffff

/* WO: does it, all of it before the register write completes */
#define ATS_TESTDEV_DMA_CMD     0x50
/* Ask for the translation of the address, and keep it if there is one */
#define ATS_TESTDEV_CMD_TRANSLATE       1
/* Memory to buffer, buffer to memory: the SMMU translates */
#define ATS_TESTDEV_CMD_READ    2
#define ATS_TESTDEV_CMD_WRITE   3
/* The same with a translation from the ATC, which must be there */
#define ATS_TESTDEV_CMD_READ_TRANSLATED 4
#define ATS_TESTDEV_CMD_WRITE_TRANSLATED        5

/* RO: how the last command ended */
#define ATS_TESTDEV_DMA_STATUS  0x54
#define ATS_TESTDEV_DMA_OK      0
#define ATS_TESTDEV_DMA_INVALID 1       /* no such command or length */
#define ATS_TESTDEV_DMA_OFF     2       /* bus mastering, ATS or PASID is off */
#define ATS_TESTDEV_DMA_MISS    3       /* the ATC has no such translation */
#define ATS_TESTDEV_DMA_DENIED  4       /* it has, but not for writing */
#define ATS_TESTDEV_DMA_REFUSED 5       /* by the SMMU, or there is no memory */

/* RO: where the last translation led to */
#define ATS_TESTDEV_DMA_PHYS_LO 0x58
#define ATS_TESTDEV_DMA_PHYS_HI 0x5c
/* RO: translations that are in the ATC, dropped for invalidations */
#define ATS_TESTDEV_ATC_ENTRIES 0x60
#define ATS_TESTDEV_ATC_DROPPED 0x64
/* RO: reads and writes that reached memory, that were refused; mod 2^32 */
#define ATS_TESTDEV_DMA_DONE    0x68
#define ATS_TESTDEV_DMA_BLOCKED 0x6c

/* RW: the DMA engine's buffer, 4 KiB */
#define ATS_TESTDEV_BUFFER      0x1000

#endif
