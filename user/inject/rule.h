/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rule as the user gives it, by options or in a file: text in, checked values
 * out.  Pure C; which devices it means on this machine is target.h's matter.
 */
#ifndef ATCQ_RULE_H
#define ATCQ_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

#include "fault_point.h"
#include "lib/log.h"

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
 * All that a rule may say, in the words of options and files: name, short option,
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

/* 0 or -EINVAL with a clause in @err that fits behind "KEY VALUE: " */
int rule__set(struct rule *r, const char *key, const char *value, struct error *err);

/* Do its values fit together? 0 or -EINVAL with a sentence */
int rule__check(const struct rule *r, struct error *err);

/* What its hook returns when it fires */
int rule__ret(const struct rule *r);

/* A number of the list of names in errno.h, "ENOTTY"; 0: no such */
int errno__by_name(const char *name);

#endif
