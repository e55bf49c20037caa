// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "bpf.h"
#include "probe.h"

bool probe__has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

/* Parsing it takes a while, and it does not change: once per process */
static bool has(const char *name, unsigned int kind)
{
	static struct btf *btf;

	libbpf_log__install();
	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf && btf__find_by_name_kind(btf, name, kind) > 0;
}

bool probe__has_function(const char *name)
{
	return has(name, BTF_KIND_FUNC);
}

bool probe__has_type(const char *name)
{
	return has(name, BTF_KIND_TYPEDEF);
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
