// SPDX-License-Identifier: GPL-2.0-only
/* The series that each device has. */
#include "model.h"

static const char *const state_names[STATE_MAX] = {
	"healthy", "timed-out", "ats-blocked", "fenced", "resetting", "reset-failed", "removed",
};

#define EACH_SHOWN(d) \
	for (const struct mdevice *d = m->dev; d < m->dev + m->ndev; d++) if (d->shown && (e->created_ns = d->since_ns))

static bool has_address(const struct mdevice *d)
{
	return d->addr != ATCQ_NONE;
}

void emit__device_info(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (d->known)
			emit__uint(e, 1, LABELS(d->bdf, d->smmu, d->sid, d->group, d->vendor, d->model,
						d->driver, d->slot));
}

void emit__device_state(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int s = 0; s < STATE_MAX && has_address(d); s++)
			emit__uint(e, s == (int)d->state, LABELS(d->bdf, state_names[s]));
}

void emit__device_changed(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (has_address(d))
			emit__ns(e, d->changed_ns, LABELS(d->bdf));
}

void emit__device_ats(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		if (d->ats >= 0)
			emit__uint(e, d->ats, LABELS(d->bdf));
}

void emit__atc_invs(const struct metrics *m, struct emit *e)
{
	if (!m->w || !source__counts_atc_invs(m->w->src))
		return;
	EACH_SHOWN(d)
		if (has_address(d))
			emit__uint(e, d->atc_invs, LABELS(d->bdf));
}

void emit__suppressed(const struct metrics *m, struct emit *e)
{
	if (!m->w || source__kind(m->w->src) != SOURCE_TRACE)
		return;
	EACH_SHOWN(d)
		if (has_address(d))
			emit__uint(e, d->suppressed, LABELS(d->bdf));
}

void emit__timeouts(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int injected = 0; injected < 2; injected++)
			emit__uint(e, d->timeouts[injected], LABELS(d->bdf, yes_no[injected]));
}

void emit__incidents(const struct metrics *m, struct emit *e)
{
	EACH_SHOWN(d)
		for (int injected = 0; injected < 2; injected++)
			emit__uint(e, d->incidents[injected], LABELS(d->bdf, yes_no[injected]));
}

void emit__resets(const struct metrics *m, struct emit *e)
{
	static const char *const results[RESULT_MAX] = { "ok", "failed", "unsupported" };

	EACH_SHOWN(d)
		for (int r = 0; r < RESULT_MAX && has_address(d); r++)
			emit__uint(e, d->resets[r], LABELS(d->bdf, results[r]));
}

void emit__pcie_errors(const struct metrics *m, struct emit *e)
{
	static const char *const severities[SEVERITIES] = {
		[ATCQ_AER_NONFATAL] = "nonfatal", [ATCQ_AER_FATAL] = "fatal", [ATCQ_AER_CORRECTABLE] = "correctable",
	};

	EACH_SHOWN(d)
		for (int s = 0; s < SEVERITIES && has_address(d); s++)
			emit__uint(e, d->pcie_errors[s], LABELS(d->bdf, severities[s]));
}

size_t metrics__device_count(const struct metrics *m)
{
	return m->ndev;
}

void metrics__device_view(const struct metrics *m, size_t i, struct metrics_device_view *out)
{
	const struct mdevice *d = &m->dev[i];

	*out = (struct metrics_device_view){
		.shown = d->shown, .device = d->bdf, .smmu = d->smmu, .driver = d->driver, .model = d->model,
		.state = state_names[d->state], .state_since = d->changed_ns / 1e9, .ats = d->ats,
		.incidents = d->incidents[0] + d->incidents[1], .injected = d->incidents[1],
	};
}
