// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/stats.h"
#include "sink.h"

static const char *explain(const struct incident *inc, enum phase phase)
{
	switch (phase) {
	case PHASE_ISSUED: return "CMD_SYNC behind the ATC_INV visible to the SMMU";
	case PHASE_RAISED: return inc->injected ? "CMDQ error, injected by a fault point" :
						  "CMDQ error: ATC invalidation timeout";
	case PHASE_DETECTED: return "the issuer knows, and whom to blame";
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
	if (n < 0 || fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

/* A neighbour may have spoken before the first stamp */
static int neighbour_line(FILE *out, const struct incident *inc, const struct neighbour *n,
			  const char *first)
{
	char text[80];

	neighbour__text(inc, n, text, sizeof(text));
	return fprintf(out, "%-13s %+13.3f us  %s\n", first,
		       (double)(int64_t)(n->time_ns - incident__origin(inc)) / 1e3, text);
}

int text__phase(FILE *out, const struct incident *inc, enum phase phase)
{
	uint64_t origin = incident__origin(inc);
	char bdf[16], took[32];
	uint64_t ns;

	incident__bdf(inc, bdf);
	if (phase == PHASE_NEIGHBOUR)
		return result(out, neighbour_line(out, inc, &inc->neighbour[inc->nneighbours - 1], bdf));
	if (phase < PHASE_MAX) {
		ns = inc->stamp[phase];
		return result(out, fprintf(out, "%-13s %+13.3f us  %-11s %s\n", bdf,
					   ns >= origin ? (double)(ns - origin) / 1e3 : 0.0,
					   phase__name(phase), explain(inc, phase)));
	}
	if (!inc->closed)
		return result(out, fprintf(out, "%-13s               was %s before atcq started\n",
					   bdf, incident_state__name(inc->state)));
	if (inc->state == INCIDENT_INNOCENT)
		return result(out, fprintf(out, "%-13s               closed      innocent: it answered when it was asked alone\n",
					   bdf));
	if (incident__latency(inc, LAT_RECOVERY, &ns))
		format_ns(ns, took, sizeof(took));
	else
		snprintf(took, sizeof(took), "unknown");
	return result(out, fprintf(out, "%-13s               closed      %s%s; recovery took %s, %u timeout(s), %u CMDQ error(s)\n",
				   bdf, incident_state__name(inc->state),
				   inc->incomplete ? " (incomplete)" : "", took,
				   inc->atc_timeouts, inc->cmdq_errors));
}

/* "unknown", "others", "flr" and "neighbour" lines, each only if there is something to say */
static int surroundings(FILE *out, const struct incident *inc)
{
	uint32_t unknown = incident__unknown(inc);
	const char *sep = "  unknown      ";
	char text[32];
	int n = 0;

	for (int p = 0; n >= 0 && p < PHASE_MAX; p++) {
		if (!(unknown >> p & 1))
			continue;
		n = fprintf(out, "%s%s%s", sep, phase__name(p),
			    inc->told >> p & 1 ? " (not seen)" : "");
		sep = ", ";
	}
	if (n >= 0 && unknown)
		n = fprintf(out, "%s\n", unknown & ~inc->told ? ": this kernel does not tell" : "");
	if (n >= 0 && inc->flrs)
		n = fprintf(out, "  flr          %u, result %d\n", inc->flrs, inc->flr_result);
	if (n >= 0 && inc->syncs_delayed) {
		format_ns(inc->sync_delay_ns, text, sizeof(text));
		n = fprintf(out, "  others       %u CMD_SYNC(s) waited for it, %s together beyond the usual\n",
			    inc->syncs_delayed, text);
	}
	for (uint32_t i = 0; n >= 0 && i < inc->nneighbours; i++)
		n = neighbour_line(out, inc, &inc->neighbour[i], "  neighbour");
	if (n >= 0 && inc->neighbours_more)
		n = fprintf(out, "  neighbour    %u more\n", inc->neighbours_more);
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
		if (inc->stamp[p])
			n = fprintf(out, "  %-12s %+13.3f us\n", phase__name(p),
				    (double)(inc->stamp[p] - origin) / 1e3);
	for (int l = 0; n >= 0 && l < LAT_MAX; l++) {
		if (!incident__latency(inc, l, &ns))
			continue;
		format_ns(ns, text, sizeof(text));
		n = fprintf(out, "  %-12s %s\n", latency__name(l), text);
	}
	return n < 0 ? result(out, n) : surroundings(out, inc);
}
