// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "arm.h"
#include "fault.skel.h"
#include "source/bpf.h"
#include "source/probe.h"

struct arm {
	struct fault_bpf *skel;
	int enable_fd;
	uint64_t deadline_ns;
};

static int fill_rule(const struct arm *arm, const struct arm_request *req)
{
	struct atcq_rule rule = {
		.deadline_ns = arm->deadline_ns, .times = req->times, .smmu = req->dev->smmu,
	};
	__u32 zero = 0;

	for (size_t i = 0; i < req->dev->nsids && i < ATCQ_RULE_SIDS; i++)
		rule.sids[rule.nsids++] = req->dev->sids[i];
	return bpf_map_update_elem(bpf_map__fd(arm->skel->maps.rules), &zero, &rule, BPF_ANY) ?
		       -errno : 0;
}

static int load(struct arm *arm, const struct arm_request *req, char *err, size_t errlen)
{
	int ret;

	libbpf_log__install();
	arm->skel = fault_bpf__open();
	ret = arm->skel ? fault_bpf__load(arm->skel) : -errno;
	if (!ret)
		ret = fill_rule(arm, req);
	if (!ret)
		ret = fault_bpf__attach(arm->skel);
	if (ret)
		snprintf(err, errlen, "arm '%s' on %s: %s%s", req->point->name, req->dev->bdf,
			 strerror(-ret), ret == -EPERM || ret == -EACCES ?
			 " (needs CAP_BPF and CAP_PERFMON)" : "");
	return ret;
}

int arm__check(const struct arm_request *req, char *err, size_t errlen)
{
	if (!probe__has_function(req->point->function)) {
		snprintf(err, errlen, "this kernel has no fault point '%s': it needs patches/linux with CONFIG_IOMMU_FAULT_POINTS",
			 req->point->name);
		return -EOPNOTSUPP;
	}
	/* Without these the rule would match other devices too */
	if (!req->dev->nsids || req->dev->smmu == ATCQ_NONE) {
		snprintf(err, errlen, "%s: the kernel does not tell its Stream IDs and SMMU",
			 req->dev->bdf);
		return -ENODATA;
	}
	if (!probe__privileged()) {
		snprintf(err, errlen, "arm '%s' on %s: Operation not permitted (needs root, or CAP_BPF and CAP_PERFMON)",
			 req->point->name, req->dev->bdf);
		return -EPERM;
	}
	return 0;
}

int arm__new(struct arm **out, const struct arm_request *req, char *err, size_t errlen)
{
	struct timespec now;
	struct arm *arm;
	int ret;

	ret = arm__check(req, err, errlen);
	if (ret)
		return ret;
	arm = calloc(1, sizeof(*arm));
	if (!arm) {
		snprintf(err, errlen, "arm '%s': %s", req->point->name, strerror(ENOMEM));
		return -ENOMEM;
	}
	arm->enable_fd = -1;
	clock_gettime(CLOCK_BOOTTIME, &now);
	arm->deadline_ns = now.tv_sec * 1000000000ull + now.tv_nsec + req->ttl_ns;
	ret = load(arm, req, err, errlen);
	if (!ret) {
		/* Last: from here on the kernel calls its fault points */
		arm->enable_fd = open(ATCQ_FAULT_ENABLE_FILE, O_RDONLY | O_CLOEXEC);
		if (arm->enable_fd < 0) {
			ret = -errno;
			snprintf(err, errlen, "%s: %s%s", ATCQ_FAULT_ENABLE_FILE, strerror(-ret),
				 ret == -ENOENT ? " (is debugfs mounted?)" :
				 ret == -EACCES || ret == -EPERM ? " (needs root)" : "");
		}
	}
	if (ret) {
		arm__free(arm);
		return ret;
	}
	*out = arm;
	return 0;
}

int arm__state(const struct arm *arm, struct atcq_rule_state *out)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(bpf_map__fd(arm->skel->maps.states), &zero, out) ? -errno : 0;
}

uint64_t arm__deadline_ns(const struct arm *arm)
{
	return arm->deadline_ns;
}

void arm__free(struct arm *arm)
{
	if (!arm)
		return;
	if (arm->enable_fd >= 0)
		close(arm->enable_fd);
	fault_bpf__destroy(arm->skel);
	free(arm);
}
