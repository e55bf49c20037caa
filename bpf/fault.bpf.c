// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program per fault point; user space loads those that its rules need. They keep a
 * return value that the program of another injector set before.
 */
#include "hooks.bpf.h"
#include "rule.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define HOOK(function, fault, kind)				\
SEC("fmod_ret/" #function)					\
int function(__u64 *ctx)					\
{								\
	__s32 ret = ctx[3];					\
								\
	return ret ? ret : rule_fires(fault, kind, ctx[0], ctx[1], ctx[2]);	\
}

#define STREAM_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_STREAM)
#define DEVICE_HOOK(function, fault) HOOK(function, fault, ATCQ_TARGET_DEVICE)

STREAM_HOOKS(STREAM_HOOK)
DEVICE_HOOKS(DEVICE_HOOK)
