/* SPDX-License-Identifier: GPL-2.0-only */
/* A text of the test's choice at an address that a BPF program may read. */
#ifndef ATCQ_KERNEL_TEXT_H
#define ATCQ_KERNEL_TEXT_H

#include <linux/bpf.h>

#include "bpf_test.h"

#define TEXT_MAX 128

struct kernel_text {
	int fd;
	uint64_t addr;		/* the kernel's address of the map's value */
};

/* A program may only read kernel memory: put the text into a map, ask where that is */
static inline int kernel_text__init(struct kernel_text *t)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_VALUE },
		{ .code = 0 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1, .off = TEXT_MAX },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	char value[TEXT_MAX + 8];
	uint32_t zero = 0;
	int fd, ret;

	t->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "text", 4, sizeof(value), 1, NULL);
	insns[0].imm = t->fd;
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "where", "GPL", insns, 5, NULL);
	if (t->fd < 0 || fd < 0)
		return -1;
	ret = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	if (ret || bpf_map_lookup_elem(t->fd, &zero, value))
		return -1;
	memcpy(&t->addr, value + TEXT_MAX, 8);
	return t->addr ? 0 : -1;
}

static inline void kernel_text__set(const struct kernel_text *t, const char *text)
{
	char value[TEXT_MAX + 8] = "";
	uint32_t zero = 0;

	assert_true(strlen(text) < TEXT_MAX);
	strcpy(value, text);
	assert_int_equal(bpf_map_update_elem(t->fd, &zero, value, 0), 0);
}

#endif
