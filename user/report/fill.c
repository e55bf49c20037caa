// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fill.h"

void fill__template(FILE *out, const char *template, void (*part)(void *ctx, const char *name), void *ctx)
{
	const char *open, *close;
	char name[32];

	while ((open = strstr(template, "{{")) && (close = strstr(open, "}}"))) {
		fwrite(template, 1, open - template, out);
		snprintf(name, sizeof(name), "%.*s", (int)(close - open - 2), open + 2);
		part(ctx, name);
		template = close + 2;
	}
	fputs(template, out);
}
