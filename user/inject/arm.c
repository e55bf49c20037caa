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
	struct ring_buffer *decisions;
	struct atcq_rule_index index;
	arm_decision_fn explain;
	void *ctx;
	int enable_fd;
};

static int on_decision(void *ctx, void *data, size_t size)
{
	struct arm *arm = ctx;

	return size < sizeof(struct atcq_decision) ? 0 : arm->explain(arm->ctx, data);
}

static int put(struct bpf_map *map, const void *key, const void *value)
{
	return bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) ? -errno : 0;
}

static int fill_maps(const struct arm *arm, const struct plan *plan, uint64_t deadline_ns)
{
	int ret = 0;

	for (__u32 i = 0; i < plan->nrules && !ret; i++) {
		struct atcq_rule rule = plan->bpf[i];

		rule.deadline_ns = deadline_ns;
		ret = put(arm->skel->maps.rules, &i, &rule);
	}
	for (size_t i = 0; i < plan->ntargets && !ret; i++)
		ret = put(arm->skel->maps.targets, &plan->target[i].key, &plan->target[i].rules);
	return ret;
}

/* Only the hooks that a rule is for are loaded: the others may not be there */
static void choose_programs(struct bpf_object *obj, const struct plan *plan)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		bool used = false;

		for (size_t i = 0; i < plan->nrules && !used; i++)
			used = !strcmp(bpf_program__name(prog), plan->rule[i]->point->function);
		bpf_program__set_autoload(prog, used);
	}
}

static void say_why(int ret, char *err, size_t errlen)
{
	snprintf(err, errlen, "arm: the kernel does not take the program: %s%s", strerror(-ret),
		 ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
}

static int load(struct arm *arm, const struct plan *plan, uint64_t deadline_ns,
		char *err, size_t errlen)
{
	int ret;

	libbpf_log__install();
	arm->skel = fault_bpf__open();
	if (!arm->skel) {
		ret = -errno;
		goto out;
	}
	choose_programs(arm->skel->obj, plan);
	arm->skel->rodata->explain = arm->explain != NULL;
	ret = fault_bpf__load(arm->skel);
	if (!ret)
		ret = fill_maps(arm, plan, deadline_ns);
	if (!ret && arm->explain) {
		arm->decisions = ring_buffer__new(bpf_map__fd(arm->skel->maps.decisions),
						  on_decision, arm, NULL);
		ret = arm->decisions ? 0 : -errno;
	}
out:
	if (ret)
		say_why(ret, err, errlen);
	return ret;
}

int arm__check(const struct plan *plan, char *err, size_t errlen)
{
	for (size_t i = 0; i < plan->nrules; i++) {
		const struct fault_point *point = plan->rule[i]->point;

		if (probe__has_function(point->function))
			continue;
		snprintf(err, errlen, "this kernel has no fault point '%s': it needs patches/linux with CONFIG_IOMMU_FAULT_POINTS",
			 point->name);
		return -EOPNOTSUPP;
	}
	if (!probe__privileged()) {
		snprintf(err, errlen, "arm '%s': Operation not permitted (needs root, or CAP_BPF and CAP_PERFMON)",
			 plan->rule[0]->point->name);
		return -EPERM;
	}
	return 0;
}

int arm__new(struct arm **out, const struct plan *plan, uint64_t deadline_ns,
	     arm_decision_fn explain, void *ctx, char *err, size_t errlen)
{
	struct arm *arm = calloc(1, sizeof(*arm));
	int ret;

	if (!arm)
		return -ENOMEM;
	arm->enable_fd = -1;
	arm->explain = explain;
	arm->ctx = ctx;
	arm->index = plan->index;
	ret = load(arm, plan, deadline_ns, err, errlen);
	if (ret)
		arm__free(arm);
	else
		*out = arm;
	return ret;
}

int arm__start(struct arm *arm, char *err, size_t errlen)
{
	__u32 zero = 0;
	int ret = fault_bpf__attach(arm->skel);

	if (ret) {
		say_why(ret, err, errlen);
		return ret;
	}
	arm->enable_fd = open(ATCQ_FAULT_ENABLE_FILE, O_RDONLY | O_CLOEXEC);
	if (arm->enable_fd >= 0)
		return put(arm->skel->maps.rule_index, &zero, &arm->index);
	ret = -errno;
	snprintf(err, errlen, "%s: %s%s", ATCQ_FAULT_ENABLE_FILE, strerror(-ret),
		 ret == -ENOENT ? " (is debugfs mounted?)" :
		 ret == -EACCES || ret == -EPERM ? " (needs root)" : "");
	return ret;
}

int arm__state(const struct arm *arm, size_t rule, struct atcq_rule_state *out)
{
	__u32 key = rule;

	return bpf_map_lookup_elem(bpf_map__fd(arm->skel->maps.states), &key, out) ? -errno : 0;
}

uint32_t arm__states_id(const struct arm *arm)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(arm->skel->maps.states), &info, &len) ? 0 : info.id;
}

int arm__poll(struct arm *arm, int timeout_ms)
{
	const struct timespec wait = { .tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000 };
	int ret = 0;

	if (arm->decisions)
		ret = ring_buffer__poll(arm->decisions, timeout_ms);
	else
		nanosleep(&wait, NULL);
	return ret < 0 && ret != -EINTR ? ret : 0;
}

void arm__free(struct arm *arm)
{
	if (!arm)
		return;
	if (arm->enable_fd >= 0)
		close(arm->enable_fd);
	ring_buffer__free(arm->decisions);
	fault_bpf__destroy(arm->skel);
	free(arm);
}

int arm__foreign_states(uint32_t states_id, struct atcq_rule_state *out, size_t n)
{
	int fd = states_id ? bpf_map_get_fd_by_id(states_id) : -ENOENT, ret = 0;

	if (fd < 0)
		return fd;
	for (__u32 i = 0; i < n && !ret; i++)
		ret = bpf_map_lookup_elem(fd, &i, &out[i]) ? -errno : 0;
	close(fd);
	return ret ? ret : (int)n;
}
