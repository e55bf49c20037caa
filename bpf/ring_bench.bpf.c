// SPDX-License-Identifier: GPL-2.0-only
/* Measures the throughput of the ring buffer. Not part of the program: tests/bench/ring. */
#include "common.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define BURST	100

/* Each run makes BURST events, as --every-sync does */
SEC("syscall")
int ring_burst(void *ctx)
{
	__u32 i;

	for (i = 0; i < BURST; i++)
		sync_event(0, i * 3, ATCQ_NONE, 2, 1, 1500 + i, 0);
	return 0;
}
