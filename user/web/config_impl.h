/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ATCQ_WEB_CONFIG_IMPL_H
#define ATCQ_WEB_CONFIG_IMPL_H

#include "reader.h"

/* config_tls.c */
extern const struct row config_tls_rows[];
int config_tls__check(struct reader *r, const yaml_mark_t *at);

#endif
