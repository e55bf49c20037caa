/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison for people, for programs, and as one page. */
#ifndef ATCQ_GATE_FORMS_H
#define ATCQ_GATE_FORMS_H

#include <stdio.h>

#include "gate.h"

/* 0 or -errno of the write; @forced: that the environments differ was accepted */
int gate__text(FILE *out, const struct gate *g, bool forced);
int gate__json(FILE *out, const struct gate *g, bool forced);
int gate__html(FILE *out, const struct gate *g, bool forced);

/* One sentence: "1 of 7 gated metrics became worse." */
void gate__sentence(const struct gate *g, char *out, size_t len);

/* "+1.01 %" of a ratio 1.0101 */
void format_change(double ratio, char *out, size_t len);

/* A mean with as many digits as say something; _ns in the clock's unit is left to the name */
void format_mean(double v, char *out, size_t len);

/* How many metrics have this verdict */
size_t gate__count(const struct gate *g, enum gate_verdict v);

/* 0, or what writing to @out has come to */
int forms__flush(FILE *out);

#endif
