// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "report.h"

#define FORMS(X)		\
	X("text", report__text)	\
	X("json", report__json)

#define X(name, write) name,
const char *const report_form_names[] = { FORMS(X) NULL };
#undef X

int report__write(FILE *out, struct report *r, const char *form)
{
	static int (*const write[])(FILE *, struct report *) = {
#define X(name, write) write,
		FORMS(X)
#undef X
	};

	for (size_t i = 0; report_form_names[i]; i++)
		if (!strcmp(report_form_names[i], form))
			return write[i](out, r);
	return -EINVAL;
}
