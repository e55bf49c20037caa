/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules from a YAML file: a list of mappings, each with the key "fault" and keys
 * named as the options of `atcq inject`.  A value may be a list where the option
 * may be repeated.
 */
#ifndef ATCQ_RULE_FILE_H
#define ATCQ_RULE_FILE_H

#include "lib/log.h"
#include "rule.h"

/*
 * Adds the rules of the file @path ("-": standard input) to @rules, which has room
 * for @max.  0, or -errno with a sentence that names file, line and column;
 * -EINVAL if it is the content.
 */
int rule_file__read(const char *path, struct rule *rules, size_t max, size_t *n,
		    struct error *err);

#endif
