/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of a PCI device in sysfs, by their names below its folder. */
#ifndef ATCQ_ATTR_H
#define ATCQ_ATTR_H

#include <stddef.h>

/* The first line of a file below @dir, without its end; 0 or -errno */
int attr__line(const char *dir, const char *name, char *buf, size_t len);

/* The same of a device's attribute */
int attr__read(const char *bdf, const char *attr, char *buf, size_t len);
int attr__write(const char *bdf, const char *attr, const char *text);

/* This boot's id, from /proc; valid until the program ends */
const char *boot_id(void);

#endif
