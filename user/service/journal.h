/* SPDX-License-Identifier: GPL-2.0-only */
/* The system's journal, for what an administrator should find there. */
#ifndef ATCQ_SERVICE_JOURNAL_H
#define ATCQ_SERVICE_JOURNAL_H

#include <stdbool.h>

#include "core/incident.h"

/* MESSAGE_ID of an incident that is over, and of incidents that could not be kept */
#define JOURNAL_INCIDENT "5c1a9f4e0b7d4c0d9d6b8e3f2a714c55"
#define JOURNAL_LOST "e2b47f0c6a1d4b3e8f905d7c13a6be21"

bool journal__there(void);

/* 0, also where there is no journal, or -errno */
int journal__incident(const struct incident *inc, const char *boot_id);
int journal__lost(const char *message, unsigned long long incidents);

#endif
