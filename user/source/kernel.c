// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's log and symbols, and what it offers to BPF programs. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "lib/log.h"
#include "source/kernel.h"

/* The patterns of kernel_warnings.list, as alternatives; the caller frees them. NULL: out of memory */
static char *alternatives(void)
{
	char *list = strdup(
#include "kernel_warnings.list.h"
	), *all = list ? calloc(1, strlen(list) + 3) : NULL, *line, *rest = list;

	while (all && (line = strsep(&rest, "\n"))) {
		if (!*line || *line == '#')
			continue;
		strcat(all, *all ? "|" : "");
		strcat(all, line);
	}
	free(list);
	return all;
}

bool kmsg__is_warning(const char *line)
{
	static regex_t regex;
	static bool compiled;

	if (!compiled) {
		char *all = alternatives();

		/* Without the patterns no result is valid */
		if (!all || regcomp(&regex, all, REG_EXTENDED | REG_NOSUB))
			abort();
		free(all);
		compiled = true;
	}
	return !regexec(&regex, line, 0, NULL, 0);
}

int kmsg__open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* The next line of the log; false: no further line yet */
static bool next_line(int fd, char *record, size_t len, char **text)
{
	ssize_t n;

	/* A record is "priority,number,time,flags;text"; EPIPE: some were overwritten */
	while ((n = read(fd, record, len - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		*text = strchr(record, ';');
		if (!*text)
			continue;
		++*text;
		(*text)[strcspn(*text, "\n")] = '\0';
		return true;
	}
	return false;
}

bool kmsg__warning(int fd, char *line, size_t len)
{
	char record[8192], *text;
	bool found = false;

	while (next_line(fd, record, sizeof(record), &text)) {
		if (found || !kmsg__is_warning(text))
			continue;
		snprintf(line, len, "%s", text);
		found = true;
	}
	return found;
}

void kmsg__lines(int fd, json_t *lines)
{
	char record[8192], *text;

	/* The kernel escapes invalid UTF-8 */
	while (next_line(fd, record, sizeof(record), &text))
		json_array_append_new(lines, json_string(text));
}

struct ksym {
	uint64_t address;
	char *name;
};

struct ksyms {
	struct ksym *sym;
	size_t n, capacity;
};

static int add(struct ksyms *k, uint64_t address, const char *name)
{
	if (k->n == k->capacity) {
		size_t capacity = k->capacity ? k->capacity * 2 : 65536;
		struct ksym *grown = realloc(k->sym, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		k->sym = grown;
		k->capacity = capacity;
	}
	k->sym[k->n].address = address;
	k->sym[k->n].name = strdup(name);
	return k->sym[k->n++].name ? 0 : -ENOMEM;
}

static int by_address(const void *a, const void *b)
{
	const struct ksym *l = a, *r = b;

	return l->address < r->address ? -1 : l->address > r->address;
}

int ksyms__load(struct ksyms **out, const char *path)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *f = fopen(path, "re");
	char line[512], name[256], type;
	uint64_t address;
	int ret = k ? 0 : -ENOMEM;

	if (!ret && !f)
		ret = -errno;
	while (!ret && fgets(line, sizeof(line), f))
		/* Code only: gaps between functions belong to none of them */
		if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type, name) == 3 &&
		    strchr("tTwW", type) && name[0] != '$')
			ret = add(k, address, name);
	if (f)
		fclose(f);
	if (!ret && (!k->n || !k->sym[k->n - 1].address))
		ret = -EPERM;
	if (ret) {
		ksyms__free(k);
		return ret;
	}
	qsort(k->sym, k->n, sizeof(*k->sym), by_address);
	*out = k;
	return 0;
}

void ksyms__free(struct ksyms *k)
{
	for (size_t i = 0; k && i < k->n; i++)
		free(k->sym[i].name);
	if (k)
		free(k->sym);
	free(k);
}

bool ksyms__range(const struct ksyms *k, const char *name, struct atcq_range *out)
{
	for (size_t i = 0; i < k->n; i++) {
		size_t next = i + 1;

		if (strcmp(k->sym[i].name, name))
			continue;
		/* Functions may share an address */
		while (next < k->n && k->sym[next].address == k->sym[i].address)
			next++;
		out->begin = k->sym[i].address;
		out->end = next < k->n ? k->sym[next].address : out->begin + 4096;
		return true;
	}
	return false;
}

void ksyms__name(const struct ksyms *k, uint64_t address, char *out, size_t len)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->sym[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low)
		snprintf(out, len, "%s+%#" PRIx64, k->sym[low - 1].name,
			 address - k->sym[low - 1].address);
	else
		snprintf(out, len, "?");
}

bool probe__has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

/* Parsed once per process: it is slow, and BTF does not change */
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

/* Does BTF have a type of this name? A tracepoint NAME has the type btf_trace_NAME */
static bool probe__has_type(const char *name)
{
	return has(name, BTF_KIND_TYPEDEF);
}

/*
 * Only attaching a program shows whether this kernel has direct calls to programs. So an
 * empty program is attached for a moment, to a function that is rarely called: frequently
 * used code is not patched without need.
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
	/* CAP_SYS_ADMIN includes both, which commit a17b53c4a4b5 (v5.8) split off */
	return caps >> CAP_SYS_ADMIN & 1 || (caps >> CAP_BPF & 1 && caps >> CAP_PERFMON & 1);
}

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	/* The caller prints its own message about a failure */
	(void)level;
	log__debug("libbpf: %s", text);
	return 0;
}

void libbpf_log__install(void)
{
	libbpf_set_print(libbpf_print);
}

bool tracepoint__exists(const char *system, const char *name)
{
	static const char *const roots[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing"
	};
	char path[256];

	/* tracefs may not be mounted or readable; BTF is always readable */
	snprintf(path, sizeof(path), "btf_trace_%s", name);
	if (probe__has_type(path))
		return true;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/%s", roots[i], system, name);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}
