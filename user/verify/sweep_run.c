// SPDX-License-Identifier: GPL-2.0-only
/* One run of the workload, with a fault armed and the monitor running. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/event.h"
#include "inject/arm.h"
#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/kernel.h"
#include "sweep.h"

/* Which devices a sweep is for, and the rules for them. */

static bool chosen(const struct sweep *s, const struct device *d)
{
	const struct opt_list *list = &s->o->device;
	uint32_t seg, addr;
	char whole[16];

	if (!list->n)
		return d->ats == ATS_ON || d->ats == ATS_BROKEN;
	for (size_t i = 0; i < list->n; i++)
		if (!bdf__parse(list->v[i], whole, &seg, &addr) && !strcmp(whole, d->bdf))
			return true;
	return false;
}

int sweep__choose_devices(struct sweep *s)
{
	uint32_t seg, addr;
	char whole[16];
	size_t n = 0;

	for (size_t i = 0; i < s->o->device.n; i++) {
		const char *address = s->o->device.v[i];

		if (!bdf__parse(address, whole, &seg, &addr) && inventory__by_bdf(&s->inv, whole))
			continue;
		log__error("%s is no device behind an SMMUv3; 'atcq list' shows all", address);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < s->inv.ndev; i++)
		n += chosen(s, &s->inv.dev[i]);
	if (n > RULE_MAX_LIST) {
		log__error("%zu devices have ATS on; choose at most %d with --device BDF", n, RULE_MAX_LIST);
		return EXIT_USAGE;
	}
	if (!n)
		log__error("no device has ATS on; 'atcq list' shows all devices");
	return n ? 0 : EXIT_ENVIRONMENT;
}

/* The rule that is next to be filled, or one that is there for the same SMMU */
static struct rule *rule_for(struct sweep *s, size_t first, size_t *n, uint32_t smmu,
			     const struct fault_point *point, unsigned int nth)
{
	struct rule *r;

	for (size_t i = first; i < *n; i++)
		if (point->takes & TAKES_DEVICE || s->rules[i].smmu == smmu)
			return &s->rules[i];
	if (*n == ATCQ_MAX_RULES)
		return NULL;
	r = &s->rules[(*n)++];
	rule__init(r, point);
	r->nth = nth;
	return r;
}

int sweep__plan(struct sweep *s, struct plan *plan, const struct fault_point *point,
		unsigned int nth, struct error *err)
{
	size_t first = plan->nrules, n = first;
	int ret = 0;

	for (size_t i = 0; i < s->inv.ndev && !ret; i++) {
		const struct device *d = &s->inv.dev[i];
		struct rule *r = chosen(s, d) ? rule_for(s, first, &n, d->smmu, point, nth) : NULL;

		if (!r)
			continue;
		if (point->takes & TAKES_DEVICE)
			ret = rule__set(r, "device", d->bdf, err);
		else
			r->smmu = d->smmu;
	}
	for (size_t i = first; i < n && !ret; i++)
		ret = plan__add(plan, &s->rules[i], err);
	return ret;
}

/* Faults and events of the workload's last operations arrive after it ends */
#define GRACE_NS	150000000ull
#define GRACE_DELAY_NS	350000000ull
#define AFTER_RESET_NS	50000000ull
/* The fault outlives the workload's limit only if this process hangs */
#define MARGIN_NS	5000000000ull

/* Polls for events until it is time; 0 or -errno */
static int poll_for(struct sweep *s, uint64_t ns)
{
	uint64_t end = clock__boottime_ns() + ns;
	int ret = 0;

	while (!ret && clock__boottime_ns() < end)
		ret = monitor__poll(&s->monitor, 20);
	return ret;
}

/* Waits until the workload ends, its time limit passes, or a signal arrives */
static int wait_workload(struct sweep *s, pid_t pid, struct sweep_run *t)
{
	uint64_t start = clock__boottime_ns();
	int ret = 0;

	while (!ret && !process__exited(pid, &t->seen.status)) {
		t->interrupted = process__interrupted();
		t->seen.timed_out = clock__boottime_ns() - start >= s->o->limit;
		if (t->interrupted || t->seen.timed_out)
			break;
		ret = monitor__poll(&s->monitor, 20);
	}
	process__stop_group(pid);
	t->duration_ns = clock__boottime_ns() - start;
	return ret;
}

static int add_stack(void *ctx, uint64_t key, const struct atcq_stack *stack)
{
	struct sweep *s = ctx;

	return cases__add_stack(&s->cases, s->ksyms, s->by.hook_code, s->by.boundary, key, stack);
}

/* Reads the state that the BPF programs keep */
static int read_arm(struct sweep *s, const struct arm *arm, const struct plan *plan, struct sweep_run *t)
{
	struct atcq_rule_state st;
	char text[96];
	uint64_t missed;
	int ret = 0;

	if (t->seen.discovery) {
		ret = arm__each_stack(arm, add_stack, s, &missed);
		if (!ret && missed) {
			snprintf(text, sizeof(text), "%llu call(s) from stacks that there was no room for",
				 (unsigned long long)missed);
			json_array_append_new(s->left_out, json_string(text));
		}
		return ret;
	}
	for (size_t i = 0; i < plan->nrules && !ret; i++) {
		ret = arm__state(arm, i, &st);
		t->seen.fired |= !ret && st.fired;
	}
	return ret;
}

static uint64_t grace(const struct plan *plan, const struct sweep_run *t)
{
	bool delays = false;

	for (size_t i = 0; i < plan->nrules; i++)
		delays |= plan->rule[i]->point->takes & TAKES_DELAY;
	return delays && t->seen.fired ? GRACE_DELAY_NS : GRACE_NS;
}

/* Arms the faults, runs the workload, and reads what fired */
static int run_armed(struct sweep *s, struct arm *arm, const struct plan *plan, struct sweep_run *t,
		     uint64_t deadline_ns, struct error *err)
{
	pid_t pid;
	int ret = arm__start(arm, deadline_ns, err);

	if (ret)
		return ret;
	pid = process__spawn_group(s->workload, t->output);
	if (pid < 0)
		return pid;
	ret = wait_workload(s, pid, t);
	if (!ret)
		ret = read_arm(s, arm, plan, t);
	if (!ret)
		ret = poll_for(s, grace(plan, t));
	/* The block itself or a late worker may have been what it was for */
	if (!ret && !t->seen.discovery)
		ret = read_arm(s, arm, plan, t);
	return ret;
}

/* The incidents are over when the devices work again; then all can be checked */
static int recover_and_check(struct sweep *s, const struct plan *plan, struct sweep_run *t)
{
	const struct tracker_totals *totals;
	int ret;

	device_reset__recover_all(plan, &t->seen.unclean);
	ret = poll_for(s, AFTER_RESET_NS);
	monitor__finish(&s->monitor);
	totals = tracker__totals(s->monitor.tracker);
	t->incidents = totals->incidents;
	t->seen.events_complete = true;
	for (int i = 0; i < INV_MAX; i++)
		if (invariants__verdict(s->monitor.invariants, i) == VERDICT_NOT_CHECKED)
			t->seen.events_complete = false;
	kmsg__warning(s->kmsg, t->seen.kernel_warning, sizeof(t->seen.kernel_warning));
	return ret;
}

int sweep_run__execute(struct sweep *s, const struct plan *plan, uint64_t stack_key, struct sweep_run *t,
		       struct error *err)
{
	struct registry_entry what = { .pid = getpid() };
	struct registry_file *file = NULL;
	struct arm *arm = NULL;
	int ret;

	*t = (struct sweep_run) { .output = memfd_create("workload", MFD_CLOEXEC),
			      .violations = json_array(), .seen.discovery = !stack_key };
	s->now = t;
	s->by.stack_key = stack_key;
	what.rules = plan__rules(plan);
	ret = t->output < 0 ? -errno : monitor__poll(&s->monitor, 0);
	if (!ret)
		ret = monitor__restart(&s->monitor);
	if (!ret)
		ret = arm__new_by_stack(&arm, plan, &s->by, err);
	if (!ret)
		ret = arm__attach(arm, err);
	if (!ret) {
		what.started_ns = clock__boottime_ns();
		what.deadline_ns = what.started_ns + s->o->limit + MARGIN_NS;
		what.states_id = arm__states_id(arm);
		ret = registry__create(&file, REGISTRY_DIR, &what, err);
	}
	if (!ret)
		ret = run_armed(s, arm, plan, t, what.deadline_ns, err);
	arm__free(arm);
	registry__remove(file);
	json_decref(what.rules);
	if (!ret)
		ret = recover_and_check(s, plan, t);
	if (ret && !*err->text)
		error__describe(err, "%s", strerror(-ret));
	return ret;
}

void sweep_run__free(struct sweep_run *t)
{
	if (t->output >= 0)
		close(t->output);
	json_decref(t->violations);
	*t = (struct sweep_run) { .output = -1 };
}
