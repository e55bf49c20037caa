// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf-floor tracepoint NAME | pair FUNCTION | clock FUNCTION
 * Attaches programs that do nothing, until it is killed: what the kernel's own way
 * to a program costs, which no observer can go below. "pair" is at a function's begin
 * and end (fentry, fexit), "clock" the same, and each reads the clock, as whoever
 * measures a duration must.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "bpf-floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static char *read_btf(void)
{
	size_t room = 1 << 25, len = 0;
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	char *btf = malloc(room);
	ssize_t n = 0;

	if (fd < 0 || !btf)
		die("/sys/kernel/btf/vmlinux");
	while (len < room && (n = read(fd, btf + len, room - len)) > 0)
		len += n;
	if (n < 0 || len == room)
		die("/sys/kernel/btf/vmlinux");
	close(fd);
	return btf;
}

/* Bytes behind a type's head */
static size_t tail(const struct btf_type *t)
{
	uint32_t n = t->info & 0xffff;

	switch (t->info >> 24 & 0x1f) {
	case BTF_KIND_INT: case BTF_KIND_VAR: case BTF_KIND_DECL_TAG: return 4;
	case BTF_KIND_ARRAY: return sizeof(struct btf_array);
	case BTF_KIND_STRUCT: case BTF_KIND_UNION: return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM: return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64: return n * 12;
	case BTF_KIND_FUNC_PROTO: return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC: return n * sizeof(struct btf_var_secinfo);
	default: return 0;
	}
}

static uint32_t function_id(const char *name)
{
	const char *btf = read_btf(), *at, *end, *names;
	const struct btf_header *head = (const void *)btf;
	uint32_t id = 1;

	at = btf + head->hdr_len + head->type_off;
	end = at + head->type_len;
	names = btf + head->hdr_len + head->str_off;
	for (; at < end; id++) {
		const struct btf_type *t = (const void *)at;

		if ((t->info >> 24 & 0x1f) == BTF_KIND_FUNC && !strcmp(names + t->name_off, name))
			return id;
		at += sizeof(*t) + tail(t);
	}
	errno = ENOENT;
	die(name);
	return 0;
}

/* @tracepoint or @function: where to; @clock: reads it before it returns 0 */
static void attach(const char *tracepoint, uint32_t function, uint32_t type, int clock)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int skip = !clock;
	union bpf_attr attr = {
		.prog_type = tracepoint ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_TRACING,
		.insns = (uintptr_t)(insns + skip), .insn_cnt = 3 - skip,
		.license = (uintptr_t)"GPL",
		.expected_attach_type = tracepoint ? 0 : type, .attach_btf_id = function,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		die("load");
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = fd;
	attr.raw_tracepoint.name = (uintptr_t)tracepoint;
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &attr) < 0)
		die("attach");
}

int main(int argc, char **argv)
{
	sigset_t end;
	int clock;

	if (argc != 3)
		return 2;
	clock = !strcmp(argv[1], "clock");
	if (!strcmp(argv[1], "tracepoint")) {
		attach(argv[2], 0, 0, 0);
	} else {
		attach(NULL, function_id(argv[2]), BPF_TRACE_FEXIT, clock);
		attach(NULL, function_id(argv[2]), BPF_TRACE_FENTRY, clock);
	}
	/* Whoever started it ends it so, and that is no failure */
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	puts("ready");
	fflush(stdout);
	return sigwait(&end, &clock);
}
