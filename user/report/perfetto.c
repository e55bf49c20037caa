// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"
int report__perfetto(FILE *out, struct report *r) { (void)r; return report__flush(out); }
