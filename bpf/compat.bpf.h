/* SPDX-License-Identifier: GPL-2.0-only */
/* What stock.bpf.c has to know of kernels, each with where it comes from. */
#ifndef ATCQ_COMPAT_BPF_H
#define ATCQ_COMPAT_BPF_H

/* struct arm_smmu_cmd, u64[CMDQ_ENT_DWORDS] before v7.2: two words a command */
#define CMD_BYTES	16
/* CMDQ_BATCH_ENTRIES, since v5.6 (commit 4ce8da453640) */
#define CMDQ_BATCH_MAX	64

/* Arm IHI 0070, 4.5.1: the opcode; a Stream ID in bits 63:32 */
#define CMD_OP_MASK	0xff
#define CMD_ATC_INV	0x40
/* Arm IHI 0070, 6.3.28: SMMU_CMDQ_CONS is index, wrap bit, and the error */
#define CONS_POSITION	0xfffff
#define CONS_ERR_SHIFT	24
#define CONS_ERR_MASK	0x7f

#define LOG_LINE	96

/*
 * "CMDQ error (cons 0x%08x): ..." of __arm_smmu_cmdq_skip_err(), unchanged since
 * v4.2 (commit 48ec83bcbcf5), behind the names of driver and device.
 */
#define DRIVER	"arm-smmu-v3 "
#define MESSAGE	": CMDQ error (cons 0x"

/* Compares @len bytes; unrolled, as the verifier wants to see every offset */
static __always_inline int same(const char *text, const char *want, int len)
{
	int i;

#pragma unroll
	for (i = 0; i < len; i++)
		if (text[i] != want[i])
			return 0;
	return 1;
}

static __always_inline int hex8(const char *text, __u32 *out)
{
	int i;

	*out = 0;
	for (i = 0; i < 8; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			*out = *out << 4 | (c - 'a' + 10);
		else
			return 0;
	}
	return 1;
}

static __always_inline int parse_cmdq_error(const char *text, __u32 *cons, __u32 *cerror)
{
	int i;

	if (!same(text, DRIVER, sizeof(DRIVER) - 1))
		return 0;
	for (i = sizeof(DRIVER) - 1; i < LOG_LINE - 32; i++) {
		if (!same(text + i, MESSAGE, sizeof(MESSAGE) - 1))
			continue;
		if (!hex8(text + i + sizeof(MESSAGE) - 1, cons))
			return 0;
		*cerror = *cons >> CONS_ERR_SHIFT & CONS_ERR_MASK;
		return 1;
	}
	return 0;
}

#endif
