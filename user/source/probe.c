// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bpf.h"
#include "probe.h"

bool probe__has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

/* Parsing it takes a while, and it does not change: once per process */
static const struct btf *kernel_btf(void)
{
	static struct btf *btf;

	libbpf_log__install();
	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

static bool has(const char *name, unsigned int kind)
{
	return kernel_btf() && btf__find_by_name_kind(kernel_btf(), name, kind) > 0;
}

bool probe__has_function(const char *name)
{
	return has(name, BTF_KIND_FUNC);
}

bool probe__has_type(const char *name)
{
	return has(name, BTF_KIND_TYPEDEF);
}

/*
 * Whether this kernel has direct calls to programs shows only when one is attached.
 * A program that does nothing is, for a moment, and to a function that is hardly
 * ever called: what runs all the time is not to be touched more than needed.
 */
static bool has_fentry(void)
{
	static const char *const cold = "pcie_flr";
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	static int known = -1;
	int id, fd, link;

	if (known >= 0)
		return known;
	id = btf__find_by_name_kind(kernel_btf(), cold, BTF_KIND_FUNC);
	opts.attach_btf_id = id > 0 ? id : 0;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "atcq_probe", "GPL", insns, 2, &opts);
	link = fd < 0 ? -1 : bpf_raw_tracepoint_open(NULL, fd);
	known = link >= 0;
	if (fd >= 0)
		close(fd);
	if (link >= 0)
		close(link);
	return known;
}

enum probe_how probe__how(const char *function, unsigned int nargs)
{
	const struct btf *btf = kernel_btf();
	const char *force = getenv("ATCQ_HOOKS");
	const struct btf_type *type;
	int id;

	id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -1;
	type = id > 0 ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
	if (!type || btf_vlen(type) != nargs)
		return PROBE_MISSING;
	if (!(force && !strcmp(force, "kprobe")) && (!probe__privileged() || has_fentry()))
		return PROBE_FENTRY;
	/* The perf event of kprobes: commit e12f03d7031a (v4.17) */
	return access("/sys/bus/event_source/devices/kprobe/type", R_OK) ? PROBE_MISSING : PROBE_KPROBE;
}

const char *probe_how__name(enum probe_how how)
{
	static const char *const names[] = { "missing", "kprobe", "fentry" };

	return names[how];
}

bool probe__privileged(void)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (f)
		fclose(f);
	/* CAP_SYS_ADMIN stands for both, commit a17b53c4a4b5 (v5.8) split them off */
	return caps >> CAP_SYS_ADMIN & 1 || (caps >> CAP_BPF & 1 && caps >> CAP_PERFMON & 1);
}
