/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of a PCI device in sysfs, by their names below its folder. */
#ifndef ATCQ_ATTR_H
#define ATCQ_ATTR_H

#include <stddef.h>

/* The first line of it, without its end; 0 or -errno */
int attr__read(const char *bdf, const char *attr, char *buf, size_t len);
int attr__write(const char *bdf, const char *attr, const char *text);

#endif
