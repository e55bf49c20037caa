/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts about the kernel: sysfs, its log, its symbols, and what it offers to BPF programs. */
#ifndef ATCQ_SOURCE_KERNEL_H
#define ATCQ_SOURCE_KERNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/sweep.h>

/* Attributes of a PCI device in sysfs, by their names below its folder. */

/* The first line of a file below @dir, without its end; 0 or -errno */
int attr__line(const char *dir, const char *name, char *buf, size_t len);

/* The same of a device's attribute */
int attr__read(const char *bdf, const char *attr, char *buf, size_t len);
int attr__write(const char *bdf, const char *attr, const char *text);

/* This boot's id, from /proc; valid until the program ends */
const char *boot_id(void);

/* Names of slots and SMMUs in sysfs; reads no registers of devices. */

/* The physical slot of device @bdf, "" if the platform names none */
void slot__name(const char *sysfs, const char *bdf, char *out, size_t len);

#define SMMU_PREFIX "smmu3."	/* of its name in /sys/class/iommu */

/* Calls @fn for each SMMUv3; @index: ATCQ_NONE if the kernel does not say */
typedef int (*smmu_fn)(void *ctx, const char *name, uint32_t index);
int smmus__each(const char *sysfs, smmu_fn fn, void *ctx);

/* Messages in the kernel's log from now on. */

/* A descriptor at the end of the log, or -errno */
int kmsg__open(void);

/* The first warning, bug or oops since the last call, if any, goes to @line */
bool kmsg__warning(int fd, char *line, size_t len);

/* Adds all lines since the last call to @lines, without their prefixes */
void kmsg__lines(int fd, json_t *lines);

/* Does this line of the log start a warning, bug or oops? */
bool kmsg__is_warning(const char *line);

/* The kernel's functions by name and by address, from /proc/kallsyms. */

struct ksyms;

/* @path: "/proc/kallsyms" except in tests. 0 or -errno; -EPERM: the kernel hides addresses */
int ksyms__load(struct ksyms **out, const char *path);
void ksyms__free(struct ksyms *k);	/* NULL is fine */

/* From the first address of function @name to the next one's; false: no such function */
bool ksyms__range(const struct ksyms *k, const char *name, struct atcq_range *out);

/* "function+0x1c", the same in each boot of a kernel; "?" if no function has it */
void ksyms__name(const struct ksyms *k, uint64_t address, char *out, size_t len);

/* What this kernel offers and permits to this process; nothing is loaded or attached. */

/* Is there BTF, and is it readable? */
bool probe__has_btf(void);

/* Does the kernel's BTF have a function of this name? */
bool probe__has_function(const char *name);

/*
 * How a program can trace this function, which must have @nargs arguments.
 * ATCQ_HOOKS=kprobe in the environment disables fentry.
 */
enum probe_how { PROBE_MISSING, PROBE_KPROBE, PROBE_FENTRY };
enum probe_how probe__how(const char *function, unsigned int nargs);
const char *probe_how__name(enum probe_how how);	/* "missing", "kprobe", "fentry" */

/* May this process load and attach tracing programs? */
bool probe__privileged(void);

/* Passes libbpf's messages to lib/log */
void libbpf_log__install(void);

/* Is the event arm_smmu_v3:NAME, iommu:NAME ... known to this kernel? */
bool tracepoint__exists(const char *system, const char *name);

#endif
