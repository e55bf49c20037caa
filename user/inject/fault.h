/* SPDX-License-Identifier: GPL-2.0-only */
/* Fault points of the kernel, and the rules that make them fire. */
#ifndef ATCQ_INJECT_FAULT_H
#define ATCQ_INJECT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>
#include <atcq/fault.h>

#include "lib/log.h"

/* The fault points that atcq knows: one row each, see fault_point.c */

/* Who may notice: the device, all of its IOMMU group, all behind its SMMU */
enum blast_radius { BLAST_DEVICE, BLAST_GROUP, BLAST_SMMU };

/* Options that a fault takes beyond those that all of them do */
enum fault_takes {
	TAKES_DEVICE = 1,	/* device, sid, group: it is asked about one device */
	TAKES_SSID = 2,
	TAKES_DELAY = 4,
	TAKES_ERRNO = 8,
};

struct fault_point {
	enum atcq_fault number;
	const char *name;		/* on the command line */
	const char *function;		/* in the kernel */
	enum atcq_target_kind kind;	/* what it is asked about */
	enum blast_radius blast;
	unsigned int takes;		/* of enum fault_takes */
	int ret;			/* what it returns where that cannot be chosen */
	const char *summary;
};

extern const struct fault_point fault_points[];
extern const size_t fault_points_n;

const struct fault_point *fault_point__find(const char *name);	/* NULL: no such */
const struct fault_point *fault_point__by_number(unsigned int number);
const char *blast_radius__name(enum blast_radius blast);

/*
 * A rule as the user gives it, by options or in a file: text in, checked values
 * out.  No I/O; which devices it means on this machine is up to the plan (arm.h).
 */

#define RULE_MAX_LIST	16	/* devices, Stream IDs or groups that one rule lists */
#define RULE_GLOB	"*?["	/* a device with one of these is a glob, else it is an address */

struct rule {
	const struct fault_point *point;
	unsigned int line;			/* in the file it comes from, 0 = none */
	char device[RULE_MAX_LIST][40];		/* addresses or globs of them */
	size_t ndevice;
	uint32_t sid[RULE_MAX_LIST], group[RULE_MAX_LIST];
	size_t nsid, ngroup;
	uint32_t smmu, ssid;			/* ATCQ_NONE = any */
	uint64_t cpus[ATCQ_RULE_CPUS / 64];
	bool any_cpu;
	enum atcq_context context;
	uint64_t times, space, nth, interval, seed, probability;
	uint64_t delay_ns;			/* 0 = the kernel's own */
	int err;				/* 0 = the fault's own */
	bool times_set, limited;
};

/*
 * All keys of a rule, for options and files: name, short option,
 * argument, help, whether it may be given several times, and what the fault has to
 * take of enum fault_takes.
 */
#define RULE_KEYS(X)									\
	X(device, 0, "BDF", "the device, or a glob like '0000:03:*'", true, TAKES_DEVICE)	\
	X(sid, 0, "SID", "the device with this Stream ID", true, TAKES_DEVICE)		\
	X(group, 0, "N", "the devices of this IOMMU group", true, TAKES_DEVICE)		\
	X(smmu, 0, "N", "those behind this SMMU, by its index", false, 0)		\
	X(ssid, 0, "N", "only for this Substream ID (PASID)", false, TAKES_SSID)	\
	X(cpu, 0, "LIST", "only on these CPUs, like 0-3,8", false, 0)			\
	X(context, 0, "WHERE", "only in this context: irq or task", false, 0)		\
	X(times, 'n', "N", "how often it fires in all, 0: no limit (1)", false, 0)	\
	X(probability, 0, "PERCENT", "fire on so many of the matches (100)", false, 0)	\
	X(seed, 0, "N", "for the probability's dice: same seed, same run", false, 0)	\
	X(interval, 0, "N", "fire on every Nth match", false, 0)			\
	X(space, 0, "N", "let N matches pass first", false, 0)				\
	X(nth, 0, "N", "fire on the Nth match and on no other", false, 0)		\
	X(delay, 0, "TIME", "how long, up to 5s (the kernel's knob)", false, TAKES_DELAY)	\
	X(errno, 0, "NAME", "the error, like EIO or ENOTTY", false, TAKES_ERRNO)

enum rule_key_index {
#define X(name, ...) RULE_KEY_##name,
	RULE_KEYS(X)
#undef X
	RULE_KEY_MAX
};

struct rule_key {
	const char *name;
	bool list;
	unsigned int takes;
};
extern const struct rule_key rule_keys[RULE_KEY_MAX];

void rule__init(struct rule *r, const struct fault_point *point);

/* 0 or -EINVAL with a text in @err that fits behind "KEY VALUE: " */
int rule__set(struct rule *r, const char *key, const char *value, struct error *err);

/* Do its values fit together? 0 or -EINVAL with an error message */
int rule__check(const struct rule *r, struct error *err);

/* What its hook returns when it fires */
int rule__ret(const struct rule *r);

/* A number of the list of names in errno.h, "ENOTTY"; 0: no such */
int errno__by_name(const char *name);

/*
 * Rules from a YAML file: a list of mappings, each with the key "fault" and keys
 * named as the options of `atcq inject`.  A value may be a list where the option
 * may be repeated.
 */

/*
 * Adds the rules of the file @path ("-": standard input) to @rules, which holds
 * at most @max.  0, or -errno with an error message that names file, line and column;
 * -EINVAL if it is the content.
 */
int rule_file__read(const char *path, struct rule *rules, size_t max, size_t *n,
		    struct error *err);

#endif
