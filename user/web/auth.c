// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "auth.h"
#include "auth_cache.h"
#include "config.h"
#include "lib/log.h"
#include "loop.h"
#include "verifier.h"

#define HASH_LEN	60
#define COST_MAX	16	/* some 4 s: beyond that no scraper would wait for it */

struct waiting {
	void *job;
	uint32_t id;
	bool known;		/* there is such a user */
	struct auth_digest digest;
	struct conn_address from;
};

struct auth {
	struct loop *loop;
	auth_fn fn;
	int fd;			/* of the process, -1: it is gone */
	uint32_t last_id;
	struct auth_cache cache;
	struct waiting waiting[AUTH_WAITING];
	size_t n;		/* they are answered in their order */
};

const char *auth__bad_hash(const char *hash)
{
	int cost;

	if (strlen(hash) != HASH_LEN || hash[0] != '$' || hash[1] != '2' || !strchr("aby", hash[2]) ||
	    hash[3] != '$' || !isdigit(hash[4]) || !isdigit(hash[5]) || hash[6] != '$')
		return "is not a bcrypt hash ($2y$10$ and 53 characters: htpasswd -nBC 10 '')";
	for (const char *c = hash + 7; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '/')
			return "is not a bcrypt hash: there is a character in it that none has";
	cost = (hash[4] - '0') * 10 + hash[5] - '0';
	return cost < 4 || cost > COST_MAX ? "has a cost that is not from 4 to 16" : NULL;
}

static void tell_all(struct auth *a, enum auth_verdict verdict)
{
	while (a->n)
		a->fn(a->waiting[--a->n].job, verdict);
}

void auth__forget(struct auth *a)
{
	if (a)
		tell_all(a, AUTH_BUSY);
}

static void gone(struct auth *a)
{
	if (a->fd < 0)
		return;
	loop__remove_fd(a->loop, a->fd);
	close(a->fd);
	a->fd = -1;
	tell_all(a, AUTH_BROKEN);
}

static void take(struct auth *a, uint32_t id, bool verdict)
{
	struct waiting w = a->waiting[0];

	/* Nobody waits for those before */
	if (!a->n || w.id != id)
		return;
	a->n--;
	memmove(a->waiting, a->waiting + 1, a->n * sizeof(w));
	verdict &= w.known;
	auth_cache__put(&a->cache, &w.digest, verdict);
	a->fn(w.job, verdict ? AUTH_YES : AUTH_NO);
}

static void on_answer(void *ctx, uint64_t what)
{
	struct auth *a = ctx;
	bool verdict;
	uint32_t id;
	int ret;

	(void)what;
	while (!(ret = verifier__answer(a->fd, &id, &verdict)))
		take(a, id, verdict);
	if (ret != -EPIPE)
		return;
	log__error("the process that checks passwords is gone: no user can come in until a restart");
	gone(a);
}

int auth__new(struct auth **out, struct loop *loop, auth_fn fn)
{
	struct auth *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return -ENOMEM;
	a->loop = loop;
	a->fn = fn;
	ret = a->fd = verifier__start();
	if (ret >= 0)
		ret = auth_cache__init(&a->cache);
	if (!ret)
		ret = loop__add_fd(loop, a->fd, EPOLLIN, on_answer, a);
	if (ret)
		auth__free(a);
	else
		*out = a;
	return ret;
}

static const struct web_user *find(const struct web_config *c, const char *name)
{
	const struct web_user *found = NULL;

	for (size_t i = 0; i < c->nusers; i++)
		if (!strcmp(c->user[i].name, name))
			found = &c->user[i];
	return found;
}

static size_t waiting_from(const struct auth *a, const struct conn_address *from)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += conn_address__equal(&a->waiting[i].from, from);
	return n;
}

enum auth_verdict auth__check(struct auth *a, const struct web_config *c, const char *user, const char *password,
			      const struct conn_address *from, void *job)
{
	struct waiting w = { .job = job, .from = *from };
	const struct web_user *u;
	bool verdict;
	int ret;

	if (!c->nusers)
		return AUTH_YES;
	if (!user || !password || strlen(password) >= VERIFIER_PASSWORD)
		return AUTH_NO;
	/* Somebody who is not there takes as long: the hash of another is used, whatever comes out */
	u = find(c, user);
	w.known = u;
	u = u ? u : &c->user[0];
	if (auth_cache__digest(&a->cache, user, u->hash, password, &w.digest))
		return AUTH_BROKEN;
	if (auth_cache__get(&a->cache, &w.digest, &verdict))
		return verdict && w.known ? AUTH_YES : AUTH_NO;
	if (a->fd < 0)
		return AUTH_BROKEN;
	if (a->n == AUTH_WAITING || (from->family && waiting_from(a, from) >= AUTH_FROM_ONE))
		return AUTH_BUSY;
	w.id = ++a->last_id;
	ret = verifier__ask(a->fd, w.id, u->hash, password);
	if (ret)
		return ret == -EAGAIN ? AUTH_BUSY : AUTH_BROKEN;
	a->waiting[a->n++] = w;
	return AUTH_LATER;
}

void auth__free(struct auth *a)
{
	if (!a)
		return;
	gone(a);
	free(a);
}
