// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "auth_cache.h"

int auth_cache__init(struct auth_cache *c)
{
	memset(c, 0, sizeof(*c));
	return gnutls_rnd(GNUTLS_RND_KEY, c->key, sizeof(c->key)) ? -EIO : 0;
}

int auth_cache__digest(const struct auth_cache *c, const char *user, const char *hash, const char *password,
		       struct auth_digest *out)
{
	const char *const part[] = { user, hash, password };
	gnutls_hmac_hd_t mac;
	int ret = gnutls_hmac_init(&mac, GNUTLS_MAC_SHA256, c->key, sizeof(c->key));

	if (ret)
		return -EIO;
	/* With its 0 each, so that no two triples are the same text */
	for (size_t i = 0; i < 3 && !ret; i++)
		ret = gnutls_hmac(mac, part[i], strlen(part[i]) + 1);
	gnutls_hmac_deinit(mac, out->byte);
	return ret ? -EIO : 0;
}

static bool has(const struct auth_ring *r, const struct auth_digest *d)
{
	bool found = false;

	for (size_t i = 0; i < r->n; i++)
		found |= !gnutls_memcmp(r->entry[i].byte, d->byte, sizeof(d->byte));
	return found;
}

bool auth_cache__get(const struct auth_cache *c, const struct auth_digest *d, bool *verdict)
{
	bool good = has(&c->good, d), bad = has(&c->bad, d);

	*verdict = good;
	return good | bad;
}

void auth_cache__put(struct auth_cache *c, const struct auth_digest *d, bool verdict)
{
	struct auth_ring *r = verdict ? &c->good : &c->bad;

	if (has(r, d))
		return;
	r->entry[r->next] = *d;
	r->next = (r->next + 1) % AUTH_CACHE_ENTRIES;
	if (r->n < AUTH_CACHE_ENTRIES)
		r->n++;
}
