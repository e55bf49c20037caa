/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which faults are armed, and by whom: one locked JSON file per injector under
 * /run/atcq.  The lock is what counts: a file that nobody has locked belongs
 * to an injector that is gone, and so is its fault.
 */
#ifndef ATCQ_ARMED_H
#define ATCQ_ARMED_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/log.h"

#define ARMED_DIR "/run/atcq"

struct armed {
	pid_t pid;
	uint64_t started_ns, deadline_ns;	/* CLOCK_BOOTTIME */
	uint32_t states_id;			/* BPF map with what became of the rules, 0 = unknown */
	json_t *rules;				/* array of { fault, devices }; borrowed */
};

struct armed_file;

/*
 * Writes and locks a file for @what in @dir (ARMED_DIR but for tests), made if
 * missing. -EBUSY: one of its faults is armed on one of its devices already, by
 * somebody whom @err names.
 */
int armed__create(struct armed_file **out, const char *dir, const struct armed *what,
		  struct error *err);
void armed__remove(struct armed_file *file);	/* NULL is fine */

typedef int (*armed_fn)(void *ctx, const struct armed *what);
/*
 * Calls @fn (NULL: nobody) for what is armed, and removes stale files.
 * Returns how many are armed, what @fn returned if negative, or -errno.
 */
int armed__each(const char *dir, armed_fn fn, void *ctx);

/* Ends the injector @pid, or all (0), and waits until they are gone; how many, or -errno */
int armed__stop(const char *dir, pid_t pid);

#endif
