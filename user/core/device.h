/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI devices behind SMMUv3s: one, all of a machine, and finding one among them. */
#ifndef ATCQ_CORE_DEVICE_H
#define ATCQ_CORE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

#define INVENTORY_MAX_SIDS 16
#define INVENTORY_MAX_PORTS 8

enum ats_state { ATS_UNKNOWN, ATS_UNSUPPORTED, ATS_OFF, ATS_ON, ATS_BROKEN };

struct device {
	char bdf[16];			/* "0000:01:00.0" */
	uint32_t segment, addr;		/* addr: bus << 8 | devfn */
	uint16_t vendor_id, device_id;
	char name[96];			/* libpci's "vendor device", or the ids */
	char driver[32];		/* "" = none bound */
	char smmu_name[64];		/* as in /sys/class/iommu */
	uint32_t smmu;			/* index, ATCQ_NONE if the kernel does not say */
	int group;			/* IOMMU group, -1 = none */
	uint32_t sids[INVENTORY_MAX_SIDS];
	size_t nsids;			/* 0: the kernel does not say */
	uint32_t ports[INVENTORY_MAX_PORTS];	/* addresses of those above it, from the root on */
	size_t nports;
	enum ats_state ats;
	bool state_known;		/* the kernel publishes blocked and since */
	enum atcq_blocked blocked;
	uint64_t blocked_since_ns;	/* CLOCK_BOOTTIME, 0 = not blocked */
};

struct inventory {
	struct device *dev;
	size_t ndev;
	size_t nsmmu;			/* SMMUv3 instances, with or without devices */
	/* inventory__refresh(): a hash of the device list, and the device to read next */
	uint64_t listing;
	size_t turn;
};

const struct device *inventory__by_bdf(const struct inventory *inv, const char *bdf);
const struct device *inventory__by_addr(const struct inventory *inv, uint32_t segment, uint32_t addr);
/* A device whose SMMU has no index from the kernel matches any SMMU */
const struct device *inventory__by_sid(const struct inventory *inv, uint32_t smmu, uint32_t sid);

/* Is @port one of those above @device? */
bool inventory__is_above(const struct inventory *inv, uint32_t segment, uint32_t port, uint32_t device);

const char *ats_state__name(enum ats_state s);
/* The same; "healthy": not blocked, "unknown": the kernel does not publish the state */
const char *device__state_name(const struct device *d);
const char *blocked__name(enum atcq_blocked b);	/* "no", "resetting", "reset-failed", "broken" */

/* Copies all devices; @out has to be freed as well. 0 or -ENOMEM */
int inventory__copy(struct inventory *out, const struct inventory *from);
void inventory__free(struct inventory *inv);

#endif
