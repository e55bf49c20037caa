// SPDX-License-Identifier: GPL-2.0-only
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "lib/log.h"
#include "lib/sandbox.h"

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
	/* Each with its terminating 0, so that different triples are different texts */
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

#define NICENESS 10	/* a flood of passwords must not starve other processes */

struct question {
	uint32_t id;
	char hash[VERIFIER_HASH], password[VERIFIER_PASSWORD];
};

struct reply {
	uint32_t id, verdict;
};

static uint32_t verify(const struct question *q, struct crypt_data *data)
{
	const char *got = crypt_r(q->password, q->hash, data);
	size_t len = strlen(q->hash);

	return got && strlen(got) == len && !gnutls_memcmp(got, q->hash, len);
}

static void __attribute__((noreturn)) serve(int fd)
{
	static struct crypt_data data;
	struct question q;
	struct reply r;

	while (recv(fd, &q, sizeof(q), 0) == sizeof(q)) {
		q.hash[sizeof(q.hash) - 1] = q.password[sizeof(q.password) - 1] = '\0';
		r = (struct reply){ .id = q.id, .verdict = verify(&q, &data) };
		explicit_bzero(&q, sizeof(q));
		if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
			break;
	}
	_exit(0);
}

static void __attribute__((noreturn)) become(int fd)
{
	sigset_t none;

	/* A service manager that ends the service asks all its processes; the other end decides */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "atcq-password");
	/* Standard output as well: who waits for its end must not wait for this process */
	if (dup2(fd, STDIN_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) || close(STDOUT_FILENO) ||
	    nice(NICENESS) < 0 || priv__nothing())
		_exit(1);
	serve(STDIN_FILENO);
}

/* Returns a socket for verifier__ask() and verifier__answer(), or -errno */
static int verifier__start(void)
{
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	pid = fork();
	if (!pid)
		become(fd[1]);
	close(fd[1]);
	if (pid < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK)) {
		pid = -errno;
		close(fd[0]);
		return pid;
	}
	return fd[0];
}

/* Does not block; 0 or -errno: -EINVAL: too long, -EPIPE: it has exited */
static int verifier__ask(int fd, uint32_t id, const char *hash, const char *password)
{
	struct question q = { .id = id };
	ssize_t n;

	if (strlen(hash) >= sizeof(q.hash) || strlen(password) >= sizeof(q.password))
		return -EINVAL;
	strcpy(q.hash, hash);
	strcpy(q.password, password);
	n = send(fd, &q, sizeof(q), MSG_NOSIGNAL);
	explicit_bzero(&q, sizeof(q));
	return n == sizeof(q) ? 0 : -errno;
}

/* 0, -EAGAIN: none yet, -EPIPE: it has exited. Answers come in the order of the questions */
static int verifier__answer(int fd, uint32_t *id, bool *verdict)
{
	struct reply r;
	ssize_t n = recv(fd, &r, sizeof(r), 0);

	if (n != sizeof(r))
		return n < 0 && errno == EAGAIN ? -EAGAIN : -EPIPE;
	*id = r.id;
	*verdict = r.verdict;
	return 0;
}

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
	sd_event_source *io;	/* of fd */
	auth_fn fn;
	int fd;			/* of the process, -1: it has exited */
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

static void notify_all(struct auth *a, enum auth_verdict verdict)
{
	while (a->n)
		a->fn(a->waiting[--a->n].job, verdict);
}

void auth__forget(struct auth *a)
{
	if (a)
		notify_all(a, AUTH_BUSY);
}

static void exited(struct auth *a)
{
	if (a->fd < 0)
		return;
	a->io = sd_event_source_disable_unref(a->io);
	close(a->fd);
	a->fd = -1;
	notify_all(a, AUTH_BROKEN);
}

static void take(struct auth *a, uint32_t id, bool verdict)
{
	struct waiting w = a->waiting[0];

	/* No request waits for those before */
	if (!a->n || w.id != id)
		return;
	a->n--;
	memmove(a->waiting, a->waiting + 1, a->n * sizeof(w));
	verdict &= w.known;
	auth_cache__put(&a->cache, &w.digest, verdict);
	a->fn(w.job, verdict ? AUTH_YES : AUTH_NO);
}

static int on_answer(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct auth *a = ctx;
	bool verdict;
	uint32_t id;
	int ret;

	(void)s, (void)fd, (void)events;
	while (!(ret = verifier__answer(a->fd, &id, &verdict)))
		take(a, id, verdict);
	if (ret != -EPIPE)
		return 0;
	log__error("the process that checks passwords is gone: no user can come in until a restart");
	exited(a);
	return 0;
}

int auth__new(struct auth **out, sd_event *event, auth_fn fn)
{
	struct auth *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return -ENOMEM;
	a->fn = fn;
	ret = a->fd = verifier__start();
	if (ret >= 0)
		ret = auth_cache__init(&a->cache);
	if (!ret)
		ret = sd_event_add_io(event, &a->io, a->fd, EPOLLIN, on_answer, a);
	if (ret < 0) {
		auth__free(a);
		return ret;
	}
	*out = a;
	return 0;
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
	/* An unknown user takes as long: another user's hash is checked, and the result ignored */
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
	exited(a);
	free(a);
}
