// SPDX-License-Identifier: GPL-2.0-only
/* One row an incident, for spreadsheets and data frames; an empty field is what is not known. */
#include "lib/file.h"
#include "report.h"

static void header(FILE *out)
{
	fputs("incident,device,name,driver,smmu,stream_id,group,state,open,injected,incomplete,"
	      "at_start,raised_utc", out);
	for (int p = 0; p < PHASE_MAX; p++)
		fprintf(out, ",%s_boottime_ns", phase__name(p));
	for (int l = 0; l < LAT_MAX; l++)
		fprintf(out, ",%s_ns", latency__name(l));
	fputs(",atc_timeouts,cmdq_errors,atc_invs_suppressed,resets_failed,kernel,boot_id\n", out);
}

static void text(FILE *out, const char *value)
{
	fputc(',', out);
	csv__field(out, value);
}

/* @known: else the field stays empty */
static void number(FILE *out, bool known, uint64_t value)
{
	fputc(',', out);
	if (known)
		fprintf(out, "%llu", (unsigned long long)value);
}

static void identity(FILE *out, const struct report *r, const struct incident *inc)
{
	const struct report_device *d = report__device(r, inc->segment, inc->bdf);
	char id[96], bdf[16], raised[32];

	incident__id(inc, report__boot_id(r, inc), id, sizeof(id));
	incident__bdf(inc, bdf);
	report__wall_of(r, inc, inc->stamp[PHASE_RAISED], raised);
	csv__field(out, id);
	text(out, inc->bdf == ATCQ_NONE ? "" : bdf);
	text(out, d ? d->dev.name : "");
	text(out, d ? d->dev.driver : "");
	number(out, inc->smmu != ATCQ_NONE, inc->smmu);
	number(out, inc->sid != ATCQ_NONE, inc->sid);
	number(out, d && d->dev.group >= 0, d ? (uint64_t)d->dev.group : 0);
	text(out, incident_state__name(inc->state));
	number(out, true, !inc->closed);
	number(out, true, inc->injected);
	number(out, true, inc->incomplete);
	number(out, true, inc->at_start);
	text(out, raised);
}

int report__csv(FILE *out, struct report *r)
{
	uint64_t ns = 0;

	header(out);
	for (size_t i = 0; i < r->n; i++) {
		const struct incident *inc = &r->incidents[i];

		identity(out, r, inc);
		for (int p = 0; p < PHASE_MAX; p++)
			number(out, inc->stamp[p], inc->stamp[p]);
		for (int l = 0; l < LAT_MAX; l++) {
			bool known = incident__latency(inc, l, &ns);

			number(out, known, ns);
		}
		number(out, true, inc->atc_timeouts);
		number(out, true, inc->cmdq_errors);
		number(out, true, inc->suppressed);
		number(out, true, inc->resets_failed);
		text(out, report__kernel(r, inc));
		text(out, report__boot_id(r, inc));
		fputc('\n', out);
	}
	return report__flush(out);
}
