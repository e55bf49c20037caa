/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture on a terminal, and the keys that change how it is shown. */
#ifndef ATCQ_TOP_SCREEN_H
#define ATCQ_TOP_SCREEN_H

#include "top.h"

/* 0, or -ENOTTY: this is no terminal, or one of an unknown type */
int screen__open(void);
void screen__close(void);	/* gives the terminal back as it was; also if not open */

void screen__draw(const struct top *t, struct top_view *v);

/* Takes the keys that wait; true: q was among them */
bool screen__keys(struct top_view *v);

#endif
