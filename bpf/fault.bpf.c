// SPDX-License-Identifier: GPL-2.0-only
#include "rule.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define ATCQ_EIO 5

SEC("fmod_ret/arm_smmu_fault_atc_timeout")
int fault_atc_timeout(__u64 *ctx)
{
	__s32 ret = ctx[3];

	if (ret)
		return ret;
	return rule_fires(ctx[0], ctx[1]) ? -ATCQ_EIO : 0;
}
