// SPDX-License-Identifier: GPL-2.0-only
/* Counts events, by what they are about. */
#include <errno.h>

#include "inject/fault_point.h"
#include "model.h"
#include "sink/event_json.h"

/* GERROR's bits, Arm IHI 0070 section 6.3.14 */
static const struct { unsigned int bit; const char *name; } gerror_causes[GERROR_CAUSES] = {
	{ 0, "cmdq" }, { 2, "evtq-abort" }, { 3, "priq-abort" }, { 4, "msi-cmdq-abort" },
	{ 5, "msi-evtq-abort" }, { 6, "msi-priq-abort" }, { 7, "msi-gerror-abort" },
	{ 8, "sfm" }, { 9, "cmdq-pages" },
};

static void on_gerror(struct msmmu *s, const struct atcq_event *ev)
{
	for (int c = 0; c < GERROR_CAUSES; c++)
		if (ev->code & (1u << gerror_causes[c].bit))
			s->gerrors[c] += ev->count;
}

static void on_cmd_sync(struct msmmu *s, const struct atcq_event *ev)
{
	if (!ev->ret)
		return;
	s->sync_failed[ev->ret == -EIO ? SYNC_ATC_TIMEOUT :
		       ev->ret == -ETIMEDOUT ? SYNC_POLL_TIMEOUT : SYNC_OTHER]++;
}

static void of_smmu(struct metrics *m, const struct atcq_event *ev)
{
	struct msmmu *s = smmus__of(m, ev->smmu, ev->segment, ev->bdf);

	if (!s)
		return;
	switch (ev->type) {
	case ATCQ_EV_GERROR: on_gerror(s, ev); break;
	case ATCQ_EV_CMD_SYNC: on_cmd_sync(s, ev); break;
	case ATCQ_EV_CMDQ_ERROR: s->cmdq_errors[ev->code < CERROR_CAUSES ? ev->code : 0] += ev->count; break;
	case ATCQ_EV_SYNC_DELAYED:
		s->sync_delay_ns += ev->duration_ns > ev->usual_ns ? ev->duration_ns - ev->usual_ns : 0;
		break;
	default: break;
	}
}

static enum reset_result result_of(int ret)
{
	return !ret ? RESULT_OK : ret == -ENOTTY ? RESULT_UNSUPPORTED : RESULT_FAILED;
}

static void of_device(struct metrics *m, struct mdevice *d, const struct atcq_event *ev)
{
	switch (ev->type) {
	case ATCQ_EV_ATC_SUPPRESSED: d->suppressed += ev->count; break;
	case ATCQ_EV_ATS_BLOCKED: d->ats = ev->ret ? d->ats : 0; break;
	case ATCQ_EV_ATS_RESTORED: d->ats = 1; break;
	case ATCQ_EV_RESET_PREPARE:
		if (!d->busy)
			mdevice__set_state(m, d, STATE_RESETTING, ev->time_ns);
		break;
	case ATCQ_EV_RESET_DONE:
		d->resets[result_of(ev->ret)]++;
		if (!d->busy)
			mdevice__set_state(m, d, ev->ret ? STATE_RESET_FAILED : STATE_HEALTHY, ev->time_ns);
		break;
	case ATCQ_EV_DEVICE_UNBLOCKED:
		if (!d->busy)
			mdevice__set_state(m, d, STATE_HEALTHY, ev->time_ns);
		break;
	case ATCQ_EV_AER:
		if (ev->source < SEVERITIES)
			d->pcie_errors[ev->source] += ev->count;
		break;
	default: break;
	}
}

void metrics__event(struct metrics *m, const struct atcq_event *ev)
{
	struct mdevice *d;

	if (!m->w)
		return;
	if (ev->type < ATCQ_EV_LOST)
		m->events[ev->type]++;
	if (ev->type == ATCQ_EV_FAULT_FIRED && ev->code < ATCQ_FAULTS)
		m->fired[ev->code] += ev->count;
	of_smmu(m, ev);
	d = ev->bdf == ATCQ_NONE ? NULL : mdevice__find(m, ev->segment, ev->bdf, false);
	if (d)
		of_device(m, d, ev);
}

void emit__gerrors(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nsmmu; i++)
		for (int c = 0; c < GERROR_CAUSES; c++)
			emit__uint(e, m->smmu[i]->gerrors[c], LABELS(m->smmu[i]->name, gerror_causes[c].name));
}

void emit__cmdq_errors(const struct metrics *m, struct emit *e)
{
	static const char *const causes[CERROR_CAUSES] = {
		[ATCQ_CERROR_NONE] = "unknown", [ATCQ_CERROR_ILL] = "illegal-command",
		[ATCQ_CERROR_ABT] = "abort", [ATCQ_CERROR_ATC_INV_SYNC] = "atc-timeout",
	};

	for (size_t i = 0; i < m->nsmmu; i++)
		for (int c = 0; c < CERROR_CAUSES; c++)
			emit__uint(e, m->smmu[i]->cmdq_errors[c], LABELS(m->smmu[i]->name, causes[c]));
}

void emit__events(const struct metrics *m, struct emit *e)
{
	for (unsigned int type = 1; type < ATCQ_EV_LOST; type++) {
		const char *name = event_type__name(type);

		if (strcmp(name, "unknown"))
			emit__uint(e, m->events[type], LABELS(name));
	}
}

void emit__events_lost(const struct metrics *m, struct emit *e)
{
	emit__uint(e, m->lost_ring, LABELS("ring-buffer"));
	emit__uint(e, m->lost_other, LABELS("malformed"));
}

void emit__faults_fired(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < fault_points_n; i++)
		emit__uint(e, m->fired[fault_points[i].number], LABELS(fault_points[i].name));
}
