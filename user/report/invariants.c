// SPDX-License-Identifier: GPL-2.0-only
/* What a report says of the invariants. */
#include <stdlib.h>

#include "report.h"
#include "sink/sink.h"

void report__add_violation(struct report *r, const struct violation *v)
{
	struct violation *grown = realloc(r->violation, (r->nviolations + 1) * sizeof(*grown));

	if (!grown) {
		r->dropped++;
		return;
	}
	r->violation = grown;
	r->violation[r->nviolations++] = *v;
}

void report__set_invariants(struct report *r, const struct invariants *c)
{
	r->judged = true;
	for (int i = 0; i < INV_MAX; i++)
		r->invariant[i] = (struct report_invariant) {
			.verdict = invariants__verdict(c, i), .checked = invariants__checked(c, i),
			.violated = invariants__violated(c, i),
		};
}

enum invariant_verdict report__verdict(const struct report *r)
{
	enum invariant_verdict all = VERDICT_HELD;

	for (int i = 0; i < INV_MAX; i++) {
		if (r->invariant[i].verdict == VERDICT_VIOLATED)
			return VERDICT_VIOLATED;
		if (r->invariant[i].verdict == VERDICT_NOT_JUDGED)
			all = VERDICT_NOT_JUDGED;
	}
	return all;
}

void report__invariants_text(FILE *out, const struct report *r)
{
	if (!r->judged)
		return;
	fprintf(out, "\n  %-16s %-11s %9s\n", "invariant", "", "occasions");
	for (int i = 0; i < INV_MAX; i++)
		fprintf(out, "  %-16s %-11s %9llu  %s\n", invariant__name(i),
			invariant_verdict__name(r->invariant[i].verdict),
			(unsigned long long)r->invariant[i].checked, invariant__about(i));
	for (size_t i = 0; i < r->nviolations; i++)
		text__violation(out, &r->violation[i]);
}

json_t *report__invariants_json(const struct report *r)
{
	json_t *list = json_array(), *violations = json_array();

	for (int i = 0; i < INV_MAX; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:s}",
			"name", invariant__name(i),
			"verdict", invariant_verdict__name(r->invariant[i].verdict),
			"checked", (json_int_t)r->invariant[i].checked,
			"violated", (json_int_t)r->invariant[i].violated,
			"about", invariant__about(i)));
	for (size_t i = 0; i < r->nviolations; i++)
		json_array_append_new(violations, json__violation(&r->violation[i]));
	return json_pack("{s:o, s:o}", "list", list, "violations", violations);
}
