/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages from templates: {{name}} is where a part goes. */
#ifndef ATCQ_FILL_H
#define ATCQ_FILL_H

#include <stdio.h>

/* Calls @part for each {{name}}, in order; a name has at most 31 letters */
void fill__template(FILE *out, const char *template, void (*part)(void *ctx, const char *name), void *ctx);

#endif
