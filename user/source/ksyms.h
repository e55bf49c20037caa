/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's functions by name and by address, from /proc/kallsyms. */
#ifndef ATCQ_KSYMS_H
#define ATCQ_KSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/sweep.h>

struct ksyms;

/* @path: "/proc/kallsyms" but for tests. 0 or -errno; -EPERM: addresses are hidden from us */
int ksyms__load(struct ksyms **out, const char *path);
void ksyms__free(struct ksyms *k);	/* NULL is fine */

/* From the first address of function @name to the next one's; false: no such function */
bool ksyms__range(const struct ksyms *k, const char *name, struct atcq_range *out);

/* "function+0x1c", which is the same in each boot of a kernel; "?" if it is none's */
void ksyms__name(const struct ksyms *k, uint64_t address, char *out, size_t len);

#endif
