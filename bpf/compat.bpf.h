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
 * v4.2 (commit 48ec83bcbcf5), behind the driver's and the device's name.
 */
static __always_inline int parse_cmdq_error(const char *text, __u32 *cons, __u32 *cerror)
{
	__u32 value = 0;
	int i, j;

	for (i = 0; i < LOG_LINE - 32; i++) {
		if (text[i] != '(' || text[i + 1] != 'c' || text[i + 2] != 'o' ||
		    text[i + 3] != 'n' || text[i + 4] != 's' || text[i + 6] != '0' ||
		    text[i + 7] != 'x')
			continue;
		for (j = 0; j < 8; j++) {
			char c = text[i + 8 + j];

			value = value << 4 | (c >= 'a' ? c - 'a' + 10 : c - '0');
		}
		*cons = value;
		*cerror = value >> CONS_ERR_SHIFT & CONS_ERR_MASK;
		return 1;
	}
	return 0;
}

#endif
