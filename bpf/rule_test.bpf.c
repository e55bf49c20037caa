// SPDX-License-Identifier: GPL-2.0-only
/* The same decision on a tracepoint that every kernel has, for tests/bpf. */
#include "rule.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/arm_smmu_fault_test")
int rule_test(struct bpf_raw_tracepoint_args *ctx)
{
	return rule_fires(ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[3], ctx->args[4]);
}
