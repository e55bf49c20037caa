// SPDX-License-Identifier: GPL-2.0-only
/* Incidents, events and violations as lines for people and as JSON for programs. */
#include <errno.h>
#include <string.h>

#include "core/event.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lines.h"

static const char *explain(const struct incident *inc, enum phase phase)
{
	switch (phase) {
	case PHASE_ISSUED: return "CMD_SYNC behind the ATC_INV visible to the SMMU";
	case PHASE_RAISED: return inc->injected ? "CMDQ error, injected by a fault point" :
						  "CMDQ error: ATC invalidation timeout";
	case PHASE_DETECTED: return "the issuer knows which device failed";
	case PHASE_BLOCKED: return "ATS off at the SMMU: stale translations are useless";
	case PHASE_FENCED: return inc->at_start ? "was fenced before atcq started" :
						  "the IOMMU core blocks all DMA of the device";
	case PHASE_RESET_BEGIN: return "reset begins";
	case PHASE_RESET_END: return inc->reset_result ? "reset failed: stays blocked" : "reset done";
	case PHASE_RECOVERED: return "domains attached again";
	default: return "";
	}
}

static int result(FILE *out, int n)
{
	int ret = file__flush(out);

	return ret || n >= 0 ? ret : -EIO;
}

/* A related PCIe event may be earlier than the first timestamp */
static int pci_event_line(FILE *out, const struct incident *inc, const struct pci_event *n,
			  const char *first)
{
	char text[80];

	pci_event__text(inc, n, text, sizeof(text));
	return fprintf(out, "%-13s %+13.3f us  %s\n", first,
		       (double)(int64_t)(n->time_ns - incident__origin(inc)) / 1e3, text);
}

int text__phase(FILE *out, const struct incident *inc, enum phase phase)
{
	uint64_t origin = incident__origin(inc);
	char bdf[16], took[32];
	uint64_t ns;

	incident__bdf(inc, bdf);
	if (phase == PHASE_PCI_EVENT)
		return result(out, pci_event_line(out, inc, &inc->pci_event[inc->npci_events - 1], bdf));
	if (phase < PHASE_MAX) {
		ns = inc->phase_ns[phase];
		return result(out, fprintf(out, "%-13s %+13.3f us  %-11s %s\n", bdf,
					   ns >= origin ? (double)(ns - origin) / 1e3 : 0.0,
					   phase__name(phase), explain(inc, phase)));
	}
	if (!inc->closed)
		return result(out, fprintf(out, "%-13s               was %s before atcq started\n",
					   bdf, incident_state__name(inc->state)));
	if (inc->state == INCIDENT_INNOCENT)
		return result(out, fprintf(out, "%-13s               closed      %s: it answered when it was asked alone\n",
					   bdf, incident_state__name(inc->state)));
	if (incident__latency(inc, LAT_RECOVERY, &ns))
		duration__format(ns, DURATION_EXACT, took, sizeof(took));
	else
		snprintf(took, sizeof(took), "unknown");
	return result(out, fprintf(out, "%-13s               closed      %s%s; recovery took %s, %u timeout(s), %u CMDQ error(s)\n",
				   bdf, incident_state__name(inc->state),
				   inc->incomplete ? " (incomplete)" : "", took,
				   inc->atc_timeouts, inc->cmdq_errors));
}

/* "unknown", "others", "flr" and 'neighbour' lines, each only if it is not empty */
static int text_surroundings(FILE *out, const struct incident *inc)
{
	uint32_t unknown = incident__unknown(inc);
	const char *sep = "  unknown      ";
	char text[32];
	int n = 0;

	for (int p = 0; n >= 0 && p < PHASE_MAX; p++) {
		if (!(unknown >> p & 1))
			continue;
		n = fprintf(out, "%s%s%s", sep, phase__name(p),
			    inc->reported_phases >> p & 1 ? " (not seen)" : "");
		sep = ", ";
	}
	if (n >= 0 && unknown)
		n = fprintf(out, "%s\n", unknown & ~inc->reported_phases ? ": this kernel does not report it" : "");
	if (n >= 0 && inc->flrs)
		n = fprintf(out, "  flr          %u, result %d\n", inc->flrs, inc->flr_result);
	if (n >= 0 && inc->syncs_delayed) {
		duration__format(inc->sync_delay_ns, DURATION_EXACT, text, sizeof(text));
		n = fprintf(out, "  others       %u CMD_SYNC(s) waited for it, %s longer in all than undelayed ones\n",
			    inc->syncs_delayed, text);
	}
	for (uint32_t i = 0; n >= 0 && i < inc->npci_events; i++)
		n = pci_event_line(out, inc, &inc->pci_event[i], "  neighbour");
	if (n >= 0 && inc->pci_events_more)
		n = fprintf(out, "  neighbour    %u more\n", inc->pci_events_more);
	return result(out, n);
}

int text__incident(FILE *out, const struct incident *inc, const char *boot)
{
	uint64_t origin = incident__origin(inc), ns;
	char bdf[16], id[96], text[32];
	int n;

	incident__bdf(inc, bdf);
	incident__id(inc, boot, id, sizeof(id));
	n = fprintf(out, "%s  %s  %s%s%s%s\n", id, bdf, incident_state__name(inc->state),
		    inc->closed ? "" : ", open", inc->injected ? ", injected" : "",
		    inc->incomplete ? ", incomplete" : "");
	for (int p = 0; n >= 0 && p < PHASE_MAX; p++)
		if (inc->phase_ns[p])
			n = fprintf(out, "  %-12s %+13.3f us\n", phase__name(p),
				    (double)(inc->phase_ns[p] - origin) / 1e3);
	for (int l = 0; n >= 0 && l < LAT_MAX; l++) {
		if (!incident__latency(inc, l, &ns))
			continue;
		duration__format(ns, DURATION_EXACT, text, sizeof(text));
		n = fprintf(out, "  %-12s %s\n", latency__name(l), text);
	}
	return n < 0 ? result(out, n) : text_surroundings(out, inc);
}

static void identify(json_t *obj, const struct incident *inc, const char *boot)
{
	char bdf[16], id[96];

	incident__bdf(inc, bdf);
	incident__id(inc, boot, id, sizeof(id));
	json_object_set_new(obj, "incident", json_string(id));
	json_object_set_new(obj, "device", inc->bdf == ATCQ_NONE ? json_null() : json_string(bdf));
	json_object_set_new(obj, "smmu", json__number_or_null(inc->smmu != ATCQ_NONE, inc->smmu));
	json_object_set_new(obj, "sid", json__number_or_null(inc->sid != ATCQ_NONE, inc->sid));
	json_object_set_new(obj, "state", json_string(incident_state__name(inc->state)));
	json_object_set_new(obj, "injected", json_boolean(inc->injected));
}

static json_t *json_pci_event(const struct incident *inc, const struct pci_event *n)
{
	json_t *obj = json_object();
	char bdf[16];

	bdf__format(inc->segment, n->bdf, bdf);
	json_object_set_new(obj, "kind", json_string(pci_event__kind(n)));
	json_object_set_new(obj, "device", json_string(bdf));
	json_object_set_new(obj, "time_ns", json_integer(n->time_ns));
	json_object_set_new(obj, "code", json_integer(n->code));
	json_object_set_new(obj, "detail", json_string(pci_event__detail(n)));
	json_object_set_new(obj, "count", json_integer(n->count));
	return obj;
}

/* All except phases: unknown ones, the cost to other CMD_SYNCs, related PCIe events */
static void json_surroundings(json_t *obj, const struct incident *inc)
{
	json_t *unknown = json_array(), *pci_events = json_array();

	for (int p = 0; p < PHASE_MAX; p++)
		if (incident__unknown(inc) >> p & 1)
			json_array_append_new(unknown, json_string(phase__name(p)));
	json_object_set_new(obj, "unknown_phases", unknown);
	json_object_set_new(obj, "flr", inc->flrs ?
			    json_pack("{s:i, s:i}", "count", (int)inc->flrs, "result", inc->flr_result) :
			    json_null());
	json_object_set_new(obj, "syncs_delayed", json_integer(inc->syncs_delayed));
	json_object_set_new(obj, "sync_delay_ns", json_integer(inc->sync_delay_ns));
	for (uint32_t i = 0; i < inc->npci_events; i++)
		json_array_append_new(pci_events, json_pci_event(inc, &inc->pci_event[i]));
	json_object_set_new(obj, "neighbours", pci_events);
	json_object_set_new(obj, "neighbours_more", json_integer(inc->pci_events_more));
}

json_t *json__phase(const struct incident *inc, enum phase phase, const char *boot)
{
	json_t *obj = json_object();

	if (!obj)
		return NULL;
	if (phase == PHASE_PCI_EVENT) {
		json_object_set_new(obj, "type", json_string("neighbour"));
		identify(obj, inc, boot);
		json_object_set_new(obj, "neighbour",
				    json_pci_event(inc, &inc->pci_event[inc->npci_events - 1]));
		return obj;
	}
	json_object_set_new(obj, "type", json_string("phase"));
	identify(obj, inc, boot);
	json_object_set_new(obj, "phase", json_string(phase__name(phase)));
	json_object_set_new(obj, "time_ns", json_integer(inc->phase_ns[phase]));
	json_object_set_new(obj, "since_first_ns",
			    json_integer(inc->phase_ns[phase] - incident__origin(inc)));
	return obj;
}

json_t *json__incident(const struct incident *inc, const char *boot)
{
	json_t *obj = json_object(), *sub;
	uint64_t ns;

	if (!obj)
		return NULL;
	json_object_set_new(obj, "type", json_string("incident"));
	identify(obj, inc, boot);
	json_object_set_new(obj, "open", json_boolean(!inc->closed));
	json_object_set_new(obj, "incomplete", json_boolean(inc->incomplete));
	json_object_set_new(obj, "at_start", json_boolean(inc->at_start));
	sub = json_object();
	for (int p = 0; p < PHASE_MAX; p++)
		json_object_set_new(sub, phase__name(p),
				    json__number_or_null(inc->phase_ns[p], inc->phase_ns[p]));
	json_object_set_new(obj, "stamps_ns", sub);
	sub = json_object();
	for (int l = 0; l < LAT_MAX; l++)
		json_object_set_new(sub, latency__name(l), incident__latency(inc, l, &ns) ?
				    json_integer(ns) : json_null());
	json_object_set_new(obj, "latency_ns", sub);
	json_object_set_new(obj, "atc_timeouts", json_integer(inc->atc_timeouts));
	json_object_set_new(obj, "cmdq_errors", json_integer(inc->cmdq_errors));
	json_object_set_new(obj, "suppressed", json_integer(inc->suppressed));
	json_object_set_new(obj, "resets_failed", json_integer(inc->resets_failed));
	json_surroundings(obj, inc);
	return obj;
}

int text__violation(FILE *out, const struct violation *v)
{
	int n = fprintf(out, "VIOLATED %s: %s (%s)\n", invariant__name(v->which), v->text,
			invariant__about(v->which));

	return result(out, n);
}

json_t *json__violation(const struct violation *v)
{
	char bdf[16];

	bdf__format(v->segment, v->bdf, bdf);
	return json_pack("{s:s, s:s, s:s, s:I, s:s?}", "type", "violation",
			 "invariant", invariant__name(v->which), "text", v->text,
			 "time_ns", (json_int_t)v->time_ns, "device", v->bdf == ATCQ_NONE ? NULL : bdf);
}

/* Single events, to show what an incident consists of. */

/* Fields that an event does not use are left out */
static const struct {
	const char *name;
	size_t offset;
	bool hex;
} ids[] = {
	{ "cpu", offsetof(struct atcq_event, cpu), false }, { "smmu", offsetof(struct atcq_event, smmu), false },
	{ "sid", offsetof(struct atcq_event, sid), true }, { "ssid", offsetof(struct atcq_event, ssid), false },
	{ "prod", offsetof(struct atcq_event, prod), true },
};
#define IDS (sizeof(ids) / sizeof(ids[0]))

static uint32_t id_of(const struct atcq_event *ev, size_t i)
{
	return *(const uint32_t *)((const char *)ev + ids[i].offset);
}

static bool has_code(const struct atcq_event *ev)
{
	return ev->code && ev->code != ATCQ_NONE;
}

int text__event(FILE *out, const struct atcq_event *ev, uint64_t origin_ns)
{
	const struct incident where = { .segment = ev->segment, .bdf = ev->bdf };
	char bdf[16];

	incident__bdf(&where, bdf);
	fprintf(out, "  %+15.3f us  %-18s %-12s", (double)(int64_t)(ev->time_ns - origin_ns) / 1e3,
		event_type__name(ev->type), ev->bdf == ATCQ_NONE ? "" : bdf);
	for (size_t i = 0; i < IDS; i++)
		if (id_of(ev, i) != ATCQ_NONE)
			fprintf(out, ids[i].hex ? " %s %#x" : " %s %u", ids[i].name, id_of(ev, i));
	if (ev->duration_ns)
		fprintf(out, ", took %.3f us", (double)ev->duration_ns / 1e3);
	if (has_code(ev))
		fprintf(out, ", code %u", ev->code);
	if (ev->ret)
		fprintf(out, ", result %d", ev->ret);
	if (ev->count > 1)
		fprintf(out, ", %u times", ev->count);
	return fputc('\n', out) == EOF || ferror(out) ? -EIO : 0;
}

static void add_id(json_t *obj, const char *name, __u32 v)
{
	json_object_set_new(obj, name, json__number_or_null(v != ATCQ_NONE, v));
}

json_t *json__event(const struct atcq_event *ev)
{
	json_t *obj = json_pack("{s:s, s:s, s:i, s:I, s:I, s:i}", "type", "event",
				"event", event_type__name(ev->type), "number", (int)ev->type,
				"time_ns", (json_int_t)ev->time_ns,
				"duration_ns", (json_int_t)ev->duration_ns, "cpu", (int)ev->cpu);

	if (!obj)
		return NULL;
	add_id(obj, "smmu", ev->smmu);
	add_id(obj, "sid", ev->sid);
	add_id(obj, "ssid", ev->ssid);
	add_id(obj, "prod", ev->prod);
	add_id(obj, "segment", ev->segment);
	add_id(obj, "bdf", ev->bdf);
	json_object_set_new(obj, "ret", json_integer(ev->ret));
	json_object_set_new(obj, "code", json_integer(ev->code));
	json_object_set_new(obj, "source", json_integer(ev->source));
	json_object_set_new(obj, "ncmds", json_integer(ev->ncmds));
	json_object_set_new(obj, "natc", json_integer(ev->natc));
	json_object_set_new(obj, "count", json_integer(ev->count));
	return obj;
}
