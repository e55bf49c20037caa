// SPDX-License-Identifier: GPL-2.0-only
/* Prints how many BPF programs the kernel has loaded: what a dead process left shows here. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	union bpf_attr attr = { 0 };
	unsigned int n = 0;

	while (!syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr))) {
		attr.start_id = attr.next_id;
		n++;
	}
	if (errno != ENOENT) {
		fprintf(stderr, "bpf-count: %s\n", strerror(errno));
		return 1;
	}
	printf("%u\n", n);
	return 0;
}
