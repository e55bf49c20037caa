// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "report.h"

/* Name, writer, and whether it shows what happens over time */
#define FORMS(X)				\
	X("text", report__text, false)		\
	X("json", report__json, false)		\
	X("csv", report__csv, false)		\
	X("html", report__html, true)		\
	X("perfetto", report__perfetto, true)

#define X(name, write, over_time) name,
const char *const report_form_names[] = { FORMS(X) NULL };
#undef X

static const struct {
	int (*write)(FILE *out, struct report *r);
	bool over_time;
} forms[] = {
#define X(name, write, over_time) { write, over_time },
	FORMS(X)
#undef X
};

static int find(const char *form)
{
	for (int i = 0; report_form_names[i]; i++)
		if (!strcmp(report_form_names[i], form))
			return i;
	return -EINVAL;
}

bool report__over_time(const char *form)
{
	int i = find(form);

	return i >= 0 && forms[i].over_time;
}

int report__write(FILE *out, struct report *r, const char *form)
{
	int i = find(form);

	report__settle(r);
	return i < 0 ? i : forms[i].write(out, r);
}
