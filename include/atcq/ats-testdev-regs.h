/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Registers of the ATS test device, a PCIe endpoint with ATS and FLR.
 *
 * BAR 0, 4 KiB, 32-bit little-endian accesses only; whatever is not listed
 * reads as 0 and ignores writes. An FLR takes all registers back to their
 * reset values, except the counters.
 */
#ifndef ATS_TESTDEV_REGS_H
#define ATS_TESTDEV_REGS_H

#define ATS_TESTDEV_VENDOR      0x1b36
#define ATS_TESTDEV_DEVICE      0x00f7

/* RO: what this is, "ATCQ" */
#define ATS_TESTDEV_ID          0x00
#define ATS_TESTDEV_ID_VALUE    0x51435441
/* RO: version of this interface */
#define ATS_TESTDEV_VERSION     0x04
#define ATS_TESTDEV_VERSION_VALUE       1

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

#endif
