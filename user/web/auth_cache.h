/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts on passwords, remembered by a keyed hash of who, which hash and which password;
 * the key never leaves this process. Bounded, the good apart from the bad: a flood of bad
 * ones drives no good one out.
 */
#ifndef ATCQ_WEB_AUTH_CACHE_H
#define ATCQ_WEB_AUTH_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#define AUTH_CACHE_ENTRIES	64	/* of each kind */
#define AUTH_DIGEST		32

struct auth_digest {
	unsigned char byte[AUTH_DIGEST];
};

struct auth_ring {
	struct auth_digest entry[AUTH_CACHE_ENTRIES];
	size_t n, next;		/* how many; which goes next */
};

struct auth_cache {
	unsigned char key[AUTH_DIGEST];
	struct auth_ring good, bad;
};

int auth_cache__init(struct auth_cache *c);	/* a new key. 0 or -EIO */

int auth_cache__digest(const struct auth_cache *c, const char *user, const char *hash, const char *password,
		       struct auth_digest *out);

/* True: @verdict is what was found out before. Takes the same time wherever it is */
bool auth_cache__get(const struct auth_cache *c, const struct auth_digest *d, bool *verdict);
void auth_cache__put(struct auth_cache *c, const struct auth_digest *d, bool verdict);

#endif
