// SPDX-License-Identifier: GPL-2.0-only
/* in_flight.bpf.h by itself, for tests/bpf: a call begins or ends on the CPU that runs it. */
#include "in_flight.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* (list, attribution) */
SEC("raw_tp") int start(struct bpf_raw_tracepoint_args *ctx)
{
	return flight_start(ctx->args[0], ctx->args[1], 3, 7);
}

SEC("raw_tp") int end(struct bpf_raw_tracepoint_args *ctx)
{
	struct in_flight f;

	return flight_end(ctx->args[0], &f) && f.smmu == 3 && f.ncmds == 7 ? f.attribution : -1;
}
