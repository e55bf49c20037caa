// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has those who watch a tracepoint see it hit with made-up arguments, by running
 * their BPF program on them: for tests of who judges what the kernel does.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Programs' names are cut off in the kernel */
static int has_name(int fd, const char *name)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	return !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) &&
	       !strncmp(info.name, name, sizeof(info.name) - 1);
}

static int run(int fd, const uint64_t *args, size_t n, long times)
{
	union bpf_attr attr = { .test = { .prog_fd = fd, .ctx_in = (uintptr_t)args,
					  .ctx_size_in = n * sizeof(*args) } };
	int ret = 0;

	while (!ret && times-- > 0)
		ret = bpf(BPF_PROG_TEST_RUN, &attr);
	return ret;
}

int main(int argc, char **argv)
{
	union bpf_attr next = { .start_id = 0 };
	uint64_t args[12] = { 0 };
	long times = 1;
	int found = 0;

	if (argc > 3 && !strcmp(argv[1], "-n")) {
		times = strtol(argv[2], NULL, 0);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || argc > 14) {
		fputs("Usage: forge-event [-n TIMES] PROGRAM ARG...\n"
		      "PROGRAM: a raw_tp program that is loaded, ARG: the tracepoint's, numbers\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		args[i - 2] = strtoll(argv[i], NULL, 0);
	while (!bpf(BPF_PROG_GET_NEXT_ID, &next)) {
		union bpf_attr get = { .prog_id = next.next_id };
		int fd = bpf(BPF_PROG_GET_FD_BY_ID, &get);

		next.start_id = next.next_id;
		if (fd < 0)
			continue;
		if (has_name(fd, argv[1])) {
			if (run(fd, args, 12, times)) {
				perror(argv[1]);
				return 1;
			}
			found++;
		}
		close(fd);
	}
	printf("%d\n", found);
	return found ? 0 : 1;
}
