/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to user/results. */
#ifndef ATCQ_RESULTS_IMPL_H
#define ATCQ_RESULTS_IMPL_H

#include "results.h"

/* The texts of an environment, by number: their key in JSON, and where they are */
#define RESULTS_ENV_TEXTS 7
const char *results__env_name(size_t i);
char **results__env_text(const struct results_env *env, size_t i);

/* Replaces *@to, which may be NULL; what is not UTF-8 becomes "?".  0 or -ENOMEM */
int results__copy(char **to, const char *text);

/*
 * Of a kernel's configuration, gzipped or not: the same for the same options, in
 * whatever order and with whatever comments.  "" if @path cannot be read.
 */
#define RESULTS_CONFIG_LEN 17
void config__hash(const char *path, char out[RESULTS_CONFIG_LEN]);

#endif
