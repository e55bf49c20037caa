// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the invariants, event by event. The kernel guarantees the order of events:
 * the events of a list come from one CPU with interrupts off, a block of ATS comes
 * before its report to the core, and fencing waits for the readers of the old
 * invalidation array.
 */
#include <string.h>

#include <atcq/fault.h>

#include "invariants_internal.h"

#define RET_EIO		(-5)
#define RET_ETIMEDOUT	(-110)

static struct device_state *state_of(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = invariants_device_state(c, ev->smmu, ev->sid, ev->segment, ev->bdf);

	/* The core's events have no Stream ID */
	if (s && ev->sid != ATCQ_NONE && s->sid == ATCQ_NONE) {
		s->smmu = ev->smmu;
		s->sid = ev->sid;
	}
	return s;
}

static void put(struct positions *ring, uint32_t smmu, uint32_t prod, uint64_t time_ns)
{
	ring->p[ring->next++ % MAX_POSITIONS] =
		(struct position) { .smmu = smmu, .prod = prod, .time_ns = time_ns };
}

/* Finds and removes the latest */
static bool take(struct positions *ring, uint32_t smmu, uint32_t prod)
{
	for (unsigned int i = 1; i <= MAX_POSITIONS; i++) {
		struct position *p = &ring->p[(ring->next - i) % MAX_POSITIONS];

		if (!p->time_ns || p->smmu != smmu || p->prod != prod)
			continue;
		p->time_ns = 0;
		return true;
	}
	return false;
}

static void on_cmdq_error(struct invariants *c, const struct atcq_event *ev)
{
	if (ev->code != ATCQ_CERROR_ATC_INV_SYNC || ev->source == ATCQ_RAISED_LOG)
		return;
	/* An issuer that gave up polling does not see the later error */
	if (take(&c->given_up, ev->smmu, ev->prod))
		return;
	/* A fault can be injected into a CMD_SYNC that also failed in hardware */
	if (ev->source == ATCQ_RAISED_INJECTED)
		take(&c->raised, ev->smmu, ev->prod);
	put(&c->raised, ev->smmu, ev->prod, ev->time_ns);
}

/* The list of a CPU, or an unused one, or else another CPU's */
static struct list *list_of(struct invariants *c, uint32_t cpu)
{
	struct list *unused = NULL;

	for (size_t i = 0; i < MAX_LISTS; i++) {
		if (c->list[i].used && c->list[i].cpu == cpu)
			return &c->list[i];
		if (!c->list[i].used && !unused)
			unused = &c->list[i];
	}
	return unused ? unused : &c->list[cpu % MAX_LISTS];
}

static struct list *start_list(struct invariants *c, const struct atcq_event *ev)
{
	struct list *l = list_of(c, ev->cpu);

	*l = (struct list) { .used = true, .cpu = ev->cpu, .smmu = ev->smmu, .prod = ev->prod,
			     .sid = ATCQ_NONE };
	return l;
}

static void on_cmd_sync(struct invariants *c, const struct atcq_event *ev)
{
	struct list *l;
	bool raised;

	/* A CMD_SYNC without error is reported only if all were requested */
	if (!ev->ret)
		return;
	raised = take(&c->raised, ev->smmu, ev->prod);
	if (ev->ret == RET_ETIMEDOUT) {
		/* Then the driver blocks all devices of the list, without an event that names them */
		c->exemptions += ev->natc;
		put(&c->given_up, ev->smmu, ev->prod, ev->time_ns);
	} else if (ev->ret == RET_EIO) {
		invariants_checked(c, INV_ISSUER_TOLD);
		l = start_list(c, ev);
		l->raised = raised;
		if (ev->duration_ns && ev->duration_ns < ev->time_ns)
			l->issued_ns = ev->time_ns - ev->duration_ns;
	}
}

/* Device @s did not answer a list of its own. Returns true if the driver must block it for that */
static bool suspect(struct invariants *c, struct device_state *s, uint64_t time_ns)
{
	s->open = true;
	if (s->block_tried)
		return false;
	/* Each CPU may have one list in flight */
	if (++s->suspected > c->limits.cpus && !s->reported_suspected) {
		s->reported_suspected = true;
		invariants_violate(c, INV_ATS_OFF_FIRST, time_ns, s,
				   "timed out %u times, and its ATS is not blocked yet", s->suspected);
	}
	return true;
}

/* The list also names another device: the driver asks each alone, so neither is suspected yet */
static void clear_suspect(struct invariants *c, struct list *l)
{
	struct device_state *s = &c->state[l->first];

	l->multi = true;
	if (l->suspected && s->suspected)
		s->suspected--;
	if (s->errors)
		s->errors -= l->raised;
	if (l->opened)
		s->open = false;
}

/* Was the list sent to a device that was already fenced, or without ATS? */
static void check_sent(struct invariants *c, struct device_state *s, const struct list *l,
		       uint64_t time_ns)
{
	unsigned int most = c->limits.cpus * c->limits.domains;

	if (!l->issued_ns || s->reported_sent)
		return;
	if (s->fenced && l->issued_ns > s->fenced_ns) {
		s->reported_sent = true;
		invariants_violate(c, INV_FENCED_SILENT, time_ns, s,
				   "an ATC_INV was issued %.3f ms after it was fenced",
				   (double)(l->issued_ns - s->fenced_ns) / 1e6);
	} else if (s->ats_off && l->issued_ns > s->ats_off_ns && ++s->sent > most) {
		s->reported_sent = true;
		invariants_violate(c, INV_BLOCKED_SILENT, time_ns, s,
				   "%u ATC_INVs were issued after its ATS was blocked, %u can have been under way",
				   s->sent, most);
	}
}

static void on_atc_timeout(struct invariants *c, const struct atcq_event *ev)
{
	struct list *l = list_of(c, ev->cpu);
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	if (!l->used || l->smmu != ev->smmu || l->prod != ev->prod)
		l = start_list(c, ev);
	if (l->sid == ATCQ_NONE) {
		l->sid = ev->sid;
		l->first = s - c->state;
		l->opened = !s->open;
		l->suspected = suspect(c, s, ev->time_ns);
		s->errors += l->raised;
	} else if (l->sid != ev->sid && !l->multi) {
		clear_suspect(c, l);
	}
	check_sent(c, s, l, ev->time_ns);
}

static void on_ats_blocked(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	invariants_checked(c, INV_INNOCENT_SPARED);
	invariants_checked(c, INV_ATS_OFF_FIRST);
	if (!s->suspected && !s->block_tried) {
		if (ev->ret && c->exemptions)
			c->exemptions--;
		else if (s->known)
			invariants_violate(c, INV_INNOCENT_SPARED, ev->time_ns, s,
					   "ATS was blocked, but it did not time out when asked alone");
	}
	s->open = true;
	s->suspected = 0;
	s->block_tried = true;
	s->reports_due++;
	s->trusted = false;
	if (ev->ret) {
		s->block_failed = true;
		return;
	}
	invariants_checked(c, INV_BLOCKED_SILENT);
	s->ats_off = true;
	s->ats_off_ns = ev->time_ns;
	s->sent = 0;
}

static void on_device_broken(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	/* Each block is followed by its report, even if a reset ends in between */
	if (s->reports_due)
		s->reports_due--;
	else if (s->known)
		invariants_violate(c, INV_ATS_OFF_FIRST, ev->time_ns, s,
				   "was reported broken before its ATS was blocked");
	s->open = true;
	s->reported = true;
}

static void on_device_blocked(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s || ev->ret)
		return;
	invariants_checked(c, INV_FENCED_SILENT);
	if (!s->fenced)
		s->fenced_ns = ev->time_ns;
	s->blocked = s->fenced = true;
	s->trusted = false;
	if (ev->code != ATCQ_BLOCKED_BROKEN)
		return;
	s->open = true;
	invariants_checked(c, INV_INNOCENT_SPARED);
	if (s->known && !s->reported)
		invariants_violate(c, INV_INNOCENT_SPARED, ev->time_ns, s,
				   "was fenced, but not reported broken since its last good reset");
}

/* From now on the driver may trust the device again; the core may not yet */
static void trust_ats(struct device_state *s)
{
	s->fenced = s->ats_off = s->block_tried = s->block_failed = false;
	s->sent = 0;
}

static void on_reset_done(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	s->last_reset = ev->ret ? RESET_BAD : RESET_GOOD;
	if (ev->ret)
		return;
	trust_ats(s);
	s->reported = false;
}

static void on_ats_restored(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	invariants_checked(c, INV_RESET_LIFTS);
	if (s->known && s->last_reset != RESET_GOOD)
		invariants_violate(c, INV_RESET_LIFTS, ev->time_ns, s,
				   "ATS was restored without a good reset");
	trust_ats(s);
}

static void on_unblocked(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev), fresh;

	if (!s)
		return;
	if (s->known && s->blocked) {
		invariants_checked(c, INV_RESET_LIFTS);
		if (s->last_reset != RESET_GOOD)
			invariants_violate(c, INV_RESET_LIFTS, ev->time_ns, s, "was unblocked %s",
					   s->last_reset == RESET_BAD ? "after a reset that failed" :
					   s->last_reset == RESET_STARTED ? "during a reset" :
									  "without a reset");
	}
	/* The core waited for flushes that ran at the end of the reset */
	if (s->known && s->suspected && !s->block_tried)
		invariants_violate(c, INV_ATS_OFF_FIRST, ev->time_ns, s,
				   "timed out and was unblocked, but its ATS was never blocked");
	invariants_end_incident(c, s, ev->time_ns);
	invariants_checked(c, INV_RECOVERED_HEARD);
	fresh = (struct device_state) {
		.smmu = s->smmu, .sid = s->sid, .segment = s->segment, .bdf = s->bdf,
		.known = true, .trusted = true, .trusted_ns = ev->time_ns,
		.reports_due = s->reports_due, .reported = s->reported,
	};
	/* It may have timed out again while it was attached */
	if (s->block_tried && s->last_reset == RESET_GOOD) {
		fresh.open = fresh.block_tried = true;
		fresh.trusted = false;
		fresh.block_failed = s->block_failed;
		fresh.ats_off = s->ats_off;
		fresh.ats_off_ns = s->ats_off_ns;
	}
	*s = fresh;
}

static void on_released(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s)
		return;
	invariants_end_incident(c, s, ev->time_ns);
	*s = (struct device_state) {
		.smmu = s->smmu, .sid = s->sid, .segment = s->segment, .bdf = s->bdf,
	};
}

static void on_suppressed(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s = state_of(c, ev);

	if (!s || !s->trusted || ev->time_ns < s->trusted_ns || s->reported_suppressed)
		return;
	/* A reader of the replaced array may still suppress ATC_INVs */
	if (++s->suppressed <= c->limits.cpus)
		return;
	s->reported_suppressed = true;
	invariants_violate(c, INV_RECOVERED_HEARD, ev->time_ns, s,
			   "ATC_INVs are not sent, though it is not blocked");
}

void invariants__event(struct invariants *c, const struct atcq_event *ev)
{
	struct device_state *s;

	switch (ev->type) {
	case ATCQ_EV_CMDQ_ERROR: on_cmdq_error(c, ev); break;
	case ATCQ_EV_CMD_SYNC: on_cmd_sync(c, ev); break;
	case ATCQ_EV_ATC_TIMEOUT: on_atc_timeout(c, ev); break;
	case ATCQ_EV_ATS_BLOCKED: on_ats_blocked(c, ev); break;
	case ATCQ_EV_ATS_RESTORED: on_ats_restored(c, ev); break;
	case ATCQ_EV_ATC_SUPPRESSED: on_suppressed(c, ev); break;
	case ATCQ_EV_DEVICE_BROKEN: on_device_broken(c, ev); break;
	case ATCQ_EV_DEVICE_BLOCKED: on_device_blocked(c, ev); break;
	case ATCQ_EV_DEVICE_UNBLOCKED: on_unblocked(c, ev); break;
	case ATCQ_EV_DEVICE_RELEASED: on_released(c, ev); break;
	case ATCQ_EV_RESET_DONE: on_reset_done(c, ev); break;
	case ATCQ_EV_RESET_PREPARE:
		s = ev->ret ? NULL : state_of(c, ev);
		if (s)
			s->last_reset = RESET_STARTED;
		break;
	case ATCQ_EV_FAULT_FIRED:
		s = ev->bdf == ATCQ_NONE ? NULL : state_of(c, ev);
		if (s && ev->code == ATCQ_FAULT_RETRY_TIMEOUT)
			suspect(c, s, ev->time_ns);
		else if (s && ev->code == ATCQ_FAULT_REATTACH_FAIL)
			s->reattach_failed = true;
		break;
	default:
		break;
	}
}
