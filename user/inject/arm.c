// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arm.h"
#include "fault.skel.h"
#include "lib/log.h"
#include "source/kernel.h"
#include "source/source_internal.h"
#include "sweep.skel.h"

/* sysfs gives a device's folder a new number each time the device is found; 0: it is not there */
static uint64_t inode_of(const struct present *p, const char *bdf)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/", p->sysfs, bdf);
	return stat(path, &st) ? 0 : st.st_ino;
}

int present__add(struct present *p, const char *bdf)
{
	void *more = realloc(p->dev, (p->n + 1) * sizeof(*p->dev));

	if (!more)
		return -ENOMEM;
	p->dev = more;
	snprintf(p->dev[p->n].bdf, sizeof(p->dev->bdf), "%s", bdf);
	p->dev[p->n].inode = inode_of(p, bdf);
	return p->dev[p->n++].inode ? 0 : -ENOENT;
}

const char *present__removed(const struct present *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (inode_of(p, p->dev[i].bdf) != p->dev[i].inode)
			return p->dev[i].bdf;
	return NULL;
}

void present__free(struct present *p)
{
	free(p->dev);
}

struct arm {
	void *skel;				/* of fault.bpf.c or sweep.bpf.c */
	struct bpf_object_skeleton *skeleton;	/* its common part */
	struct bpf_map *rules, *states, *rule_index, *targets;
	__u32 nrules;
	struct sweep_bpf *sweep;		/* NULL if it is the other one */
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

/* Without a deadline, which means that it is over */
static int fill_maps(const struct arm *arm, const struct plan *plan)
{
	int ret = 0;

	for (__u32 i = 0; i < plan->nrules && !ret; i++)
		ret = put(arm->rules, &i, &plan->bpf[i]);
	for (size_t i = 0; i < plan->ntargets && !ret; i++)
		ret = put(arm->targets, &plan->target[i].key, &plan->target[i].rules);
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

static void describe_failure(int ret, struct error *err)
{
	error__describe(err, "arm: the kernel does not take the program: %s%s", strerror(-ret),
			ret == -EPERM || ret == -EACCES ? " (needs CAP_BPF and CAP_PERFMON)" : "");
}

#define MAPS_OF(arm, skel_)					\
	do {							\
		(arm)->skel = (skel_);				\
		(arm)->skeleton = (skel_)->skeleton;		\
		(arm)->rules = (skel_)->maps.rules;		\
		(arm)->states = (skel_)->maps.states;		\
		(arm)->rule_index = (skel_)->maps.rule_index;	\
		(arm)->targets = (skel_)->maps.targets;		\
	} while (0)

static int open_fault(struct arm *arm)
{
	struct fault_bpf *skel = fault_bpf__open();

	if (!skel)
		return -errno;
	MAPS_OF(arm, skel);
	skel->rodata->explain = arm->explain != NULL;
	return 0;
}

static int open_sweep(struct arm *arm, const struct arm_stacks *by)
{
	struct sweep_bpf *skel = sweep_bpf__open();

	if (!skel)
		return -errno;
	MAPS_OF(arm, skel);
	arm->sweep = skel;
	skel->rodata->target_stack = by->stack_key;
	memcpy(skel->rodata->hook_code, by->hook_code, sizeof(by->hook_code));
	memcpy(skel->rodata->stack_boundaries, by->boundary, sizeof(by->boundary));
	return 0;
}

static int load(struct arm *arm, const struct plan *plan, const struct arm_stacks *by,
		struct error *err)
{
	int ret;

	libbpf_log__install();
	ret = by ? open_sweep(arm, by) : open_fault(arm);
	if (ret)
		goto out;
	choose_programs(*arm->skeleton->obj, plan);
	ret = bpf_object__load_skeleton(arm->skeleton);
	if (!ret)
		ret = fill_maps(arm, plan);
	if (!ret && arm->explain) {
		const struct fault_bpf *skel = arm->skel;

		arm->decisions = ring_buffer__new(bpf_map__fd(skel->maps.decisions), on_decision,
						  arm, NULL);
		ret = arm->decisions ? 0 : -errno;
	}
out:
	if (ret)
		describe_failure(ret, err);
	return ret;
}

int arm__check(const struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->nrules; i++) {
		const struct fault_point *point = plan->rule[i]->point;

		if (probe__has_function(point->function))
			continue;
		return error__set(err, -EOPNOTSUPP, "this kernel has no fault point '%s': it needs patches/linux with CONFIG_IOMMU_FAULT_POINTS",
				  point->name);
	}
	if (!probe__privileged())
		return error__set(err, -EPERM, "arm '%s': Operation not permitted (needs root, or CAP_BPF and CAP_PERFMON)",
				  plan->rule[0]->point->name);
	return 0;
}

static int new_arm(struct arm **out, const struct plan *plan, const struct arm_stacks *by,
		   arm_decision_fn explain, void *ctx, struct error *err)
{
	struct arm *arm = calloc(1, sizeof(*arm));
	int ret;

	if (!arm)
		return -ENOMEM;
	arm->enable_fd = -1;
	arm->explain = explain;
	arm->ctx = ctx;
	arm->index = plan->index;
	arm->nrules = plan->nrules;
	ret = load(arm, plan, by, err);
	if (ret)
		arm__free(arm);
	else
		*out = arm;
	return ret;
}

int arm__new(struct arm **out, const struct plan *plan, arm_decision_fn explain, void *ctx,
	     struct error *err)
{
	return new_arm(out, plan, NULL, explain, ctx, err);
}

int arm__new_by_stack(struct arm **out, const struct plan *plan, const struct arm_stacks *by,
		      struct error *err)
{
	return new_arm(out, plan, by, NULL, NULL, err);
}

int arm__each_stack(const struct arm *arm, arm_stack_fn fn, void *ctx, uint64_t *missed)
{
	int fd = bpf_map__fd(arm->sweep->maps.stacks), ret = 0;
	struct atcq_stack stack;
	__u64 key, *last = NULL;

	*missed = arm->sweep->bss->stacks_missed;
	while (!ret && !bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &stack))
			ret = fn(ctx, key, &stack);
		last = &key;
	}
	return ret;
}

int arm__attach(struct arm *arm, struct error *err)
{
	int ret = bpf_object__attach_skeleton(arm->skeleton);

	if (ret)
		describe_failure(ret, err);
	return ret;
}

static int set_deadline(const struct arm *arm, uint64_t deadline_ns)
{
	struct atcq_rule rule;
	int ret = 0;

	for (__u32 i = 0; i < arm->nrules && !ret; i++) {
		ret = bpf_map_lookup_elem(bpf_map__fd(arm->rules), &i, &rule) ? -errno : 0;
		rule.deadline_ns = deadline_ns;
		if (!ret)
			ret = put(arm->rules, &i, &rule);
	}
	return ret;
}

int arm__start(struct arm *arm, uint64_t deadline_ns, struct error *err)
{
	__u32 zero = 0;
	int ret = set_deadline(arm, deadline_ns);

	if (ret) {
		describe_failure(ret, err);
		return ret;
	}
	arm->enable_fd = open(ATCQ_FAULT_ENABLE_FILE, O_RDONLY | O_CLOEXEC);
	if (arm->enable_fd >= 0)
		return put(arm->rule_index, &zero, &arm->index);
	ret = -errno;
	return error__set(err, ret, "%s: %s%s", ATCQ_FAULT_ENABLE_FILE, strerror(-ret),
			  ret == -ENOENT ? " (is debugfs mounted?)" :
			  ret == -EACCES || ret == -EPERM ? " (needs root)" : "");
}

int arm__state(const struct arm *arm, size_t rule, struct atcq_rule_state *out)
{
	__u32 key = rule;

	return bpf_map_lookup_elem(bpf_map__fd(arm->states), &key, out) ? -errno : 0;
}

uint32_t arm__states_id(const struct arm *arm)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(arm->states), &info, &len) ? 0 : info.id;
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

void arm__stop(struct arm *arm)
{
	static const struct atcq_rule_index none;
	__u32 zero = 0;

	if (arm->enable_fd < 0)
		return;
	/* At once; detaching the hooks takes as long as RCU does */
	put(arm->rule_index, &zero, &none);
	close(arm->enable_fd);
	arm->enable_fd = -1;
}

void arm__free(struct arm *arm)
{
	if (!arm)
		return;
	arm__stop(arm);
	ring_buffer__free(arm->decisions);
	if (arm->skeleton)
		bpf_object__destroy_skeleton(arm->skeleton);
	free(arm->skel);
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
