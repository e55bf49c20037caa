/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to the HTTP server. */
#ifndef ATCQ_HTTP_INTERNAL_H
#define ATCQ_HTTP_INTERNAL_H

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "http.h"
#include "lib/log.h"
#include "lib/options.h"

/*
 * The web-config, a file in the format of Prometheus' exporter-toolkit: TLS, client
 * certificates, headers, users and their hashed passwords, a rate limit.
 */

#define CONFIG_SUITES	24
#define CONFIG_CURVES	8
#define CONFIG_SANS	64
#define CONFIG_USERS	64
#define CONFIG_HEADERS	5

/* The same values as Go's crypto/tls */
enum client_auth {
	CLIENT_NONE, CLIENT_REQUEST, CLIENT_REQUIRE_ANY, CLIENT_VERIFY_IF_GIVEN, CLIENT_REQUIRE_AND_VERIFY,
};

struct cipher_suite;
struct curve;

struct tls_config {
	char *cert_file, *key_file, *client_ca_file;	/* absolute, or relative to the working folder; NULL: not given */
	enum client_auth client_auth;
	char *san[CONFIG_SANS];
	size_t nsans;
	const struct cipher_suite *suite[CONFIG_SUITES];	/* 0: GnuTLS' own choice */
	size_t nsuites;
	const struct curve *curve[CONFIG_CURVES];
	size_t ncurves;
	int min_version, max_version;		/* 10 ... 13 for TLS 1.0 ... 1.3 */
	bool prefer_server;
};

struct web_user {
	char *name, *hash;
};

struct web_config {
	char *path;
	struct tls_config tls;
	struct { const char *name; char *value; } header[CONFIG_HEADERS];
	size_t nheaders;
	struct web_user user[CONFIG_USERS];
	size_t nusers;
	uint64_t rate_interval_ns;	/* 0: no limit */
	uint64_t rate_burst;
};

/*
 * Reads @path and checks what can be checked without the files that it names. 0, or
 * -errno with an error message in @err that has line and column: -EINVAL.
 */
int web_config__read(struct web_config **out, const char *path, struct error *err);
void web_config__free(struct web_config *c);	/* NULL is fine */

static inline bool web_config__has_tls(const struct web_config *c)
{
	return c && c->tls.cert_file;
}

/*
 * Go's names of cipher suites and curves, and what GnuTLS calls them.  GnuTLS takes
 * key exchanges and ciphers and offers each with each, so a list is refused if GnuTLS
 * would offer more than it names.
 */

/* NULL: Go's tls.CipherSuites() has no such name, or the curve is not known */
const struct cipher_suite *cipher_suite__find(const char *name);
const struct curve *curve__find(const char *name);

/* All names, each with a NULL at the end: for suggestions */
const char *const *cipher_suite__names(void);
const char *const *curve__names(void);

/*
 * GnuTLS' priority string for @tls. 0, or -EINVAL with an error message in @err: GnuTLS
 * cannot offer exactly these.
 */
int tls__priorities(const struct tls_config *tls, char *out, size_t outlen, struct error *err);

/* TLS as a web-config asks for it: files that it names, and what is asked of clients. */

struct tls {
	char *cert, *key, *trust;	/* PEM; trust NULL: no client_ca_file */
	char priorities[512];
	const struct tls_config *config;	/* borrowed */
};

/* Reads and checks the files. 0, or -errno with an error message that names the file */
int tls__open(struct tls *tls, const struct tls_config *config, struct error *err);
void tls__close(struct tls *tls);	/* zeroed is fine */

/*
 * Requests the certificate of the client of a new @session, as @tls requires. @fn is called
 * with it and should call tls__verify(): 0 accepts the client; with -1 GnuTLS refuses it.
 */
void tls__session(const struct tls *tls, gnutls_session_t session, gnutls_certificate_verify_function *fn);
int tls__verify(const struct tls *tls, gnutls_session_t session);

/* Addresses to listen at, and their sockets. */

struct listener {
	int fd;
	bool local;		/* only this machine gets there */
	char name[128];		/* as a client would write it, with the port that it got */
	char path[108];		/* of a socket in the file system, else "" */
};

/*
 * "[::1]:9793", "127.0.0.1:9793", "localhost:9793", "unix:/run/atcq.sock", or only a port, which
 * is one at [::1]; port 0: any that is free.  0, or -errno with an error message in @err:
 * -EINVAL: @text is no address.  Does not block; to be ended by listener__close().
 */
int listener__open(struct listener *l, const char *text, struct error *err);
void listener__close(struct listener *l);

/*
 * How many connections there may be, in all and from one address, and how long
 * each stage may take. No I/O: the caller passes the time, and closes connections.
 *
 * A timeout that restarts with each byte is no limit for a client that sends one byte
 * at a time, so these are deadlines.
 */

#define CONNS_MAX		128
#define CONNS_PER_ADDRESS	32
#define CONNS_HEADERS_NS	10000000000ull	/* TLS included */
#define CONNS_ANSWER_NS		30000000000ull	/* until the client has read it */
#define CONNS_IDLE_NS		120000000000ull	/* twice the usual interval of a scrape */

enum conn_stage { CONN_FREE, CONN_HEADERS, CONN_ANSWER, CONN_IDLE, CONN_OVERDUE };

/* Of a client: an IPv4 address, the upper half of an IPv6 one, which is a network's; zeroes: local socket */
struct conn_address {
	uint8_t family;		/* 4, 6 or 0 */
	uint8_t byte[8];
};

struct conn {
	enum conn_stage stage;
	int fd;
	void *owner;		/* the engine that serves it */
	uint64_t deadline_ns;
	struct conn_address from;
};

struct conns {
	struct conn conn[CONNS_MAX];
	size_t n;
	uint64_t refused, overdue;	/* since the start */
};

bool conn_address__equal(const struct conn_address *a, const struct conn_address *b);

/* A connection @fd that was accepted; NULL: there are too many, close it */
struct conn *conns__admit(struct conns *c, int fd, const struct sockaddr *sa, void *owner, uint64_t now_ns);
void conns__closed(struct conns *c, struct conn *conn);	/* NULL is fine */

/* Starts the next stage now, with a deadline of its own */
void conn__stage(struct conn *conn, enum conn_stage stage, uint64_t now_ns);

/* Is there one whose answer is not out yet? */
bool conns__answering(const struct conns *c);

size_t conns__of(const struct conns *c, const void *owner);

/*
 * Calls @fn once for each connection past its deadline.  Idle ones of @drain (NULL: of
 * no engine) have no time left.
 */
void conns__expire(struct conns *c, uint64_t now_ns, const void *drain, void (*fn)(struct conn *conn));

/*
 * Verdicts on passwords, remembered by a keyed hash of user, password hash and password;
 * the key never leaves this process. Bounded, the good apart from the bad: a flood of bad
 * ones drives no good one out.
 */

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

/*
 * A process that does nothing but compare passwords with bcrypt hashes: it has no
 * descriptor but its end of a socket, no capability, and ends when the other end does.
 */

#define VERIFIER_HASH		64	/* with the 0 at the end */
#define VERIFIER_PASSWORD	256	/* bcrypt itself looks at 72 */

/*
 * Users and their passwords.  A bcrypt hash is made to take long, 50 ms and more, which
 * the one thread that also reads the kernel's events must not be away for.  So a process of
 * its own works it out, a verdict is remembered, and only so many may wait for one.
 */

#define AUTH_WAITING	16	/* passwords that wait to be checked, in all */
#define AUTH_FROM_ONE	4	/* ... and from one address: the others' turn comes */

struct auth;
struct web_config;

enum auth_verdict {
	AUTH_NO, AUTH_YES,
	AUTH_LATER,	/* @job gets the verdict later */
	AUTH_BUSY,	/* too many wait already */
	AUTH_BROKEN,	/* the process has exited */
};

/* @job, as given to auth__check(), has its verdict: AUTH_NO, AUTH_YES or AUTH_BROKEN */
typedef void (*auth_fn)(void *job, enum auth_verdict verdict);

/* NULL: fine. Else what is wrong with it, "is not a bcrypt hash ..." */
const char *auth__bad_hash(const char *hash);

/* Forks; to be called early, while the program is small. 0 or -errno */
int auth__new(struct auth **out, sd_event *event, auth_fn fn);

/* Checks a user and a password; NULL if none was sent */
enum auth_verdict auth__check(struct auth *a, const struct web_config *c, const char *user, const char *password,
			      const struct conn_address *from, void *job);

/* Answers all waiting jobs with AUTH_BUSY; NULL is fine */
void auth__forget(struct auth *a);

/* Answers all waiting jobs with AUTH_BROKEN, and ends the process; NULL is fine */
void auth__free(struct auth *a);

/* Does an Accept-Encoding header (NULL: none) allow gzip? */
bool gzip__accepted(const char *accept_encoding);

/* @out: malloc()ed. 0 or -ENOMEM */
int gzip__pack(const char *in, size_t len, char **out, size_t *outlen);

#define WEB_PAGES	8	/* there can be so many */

struct config_watcher;

/* One libmicrohttpd daemon: each configuration of TLS has its own, until its last connection ends */
struct engine {
	struct web *w;
	struct MHD_Daemon *mhd;
	sd_event_source *io;		/* of its epoll descriptor, NULL: none */
	struct web_config *config;	/* owned; NULL: no web-config */
	struct tls tls;			/* zeroed: none */
};

/* One request, from its headers to the end of its answer */
struct http_request {
	struct engine *e;
	struct MHD_Connection *connection;
	enum auth_verdict verdict;	/* once it is no longer AUTH_LATER */
	bool checked;			/* the user was checked, or is being checked */
};

struct web {
	struct web_opts o;
	struct listener listener[OPT_LIST_MAX];
	size_t nlisteners, npages;
	sd_event_source *accepting[OPT_LIST_MAX];	/* of the listeners, while listening */
	bool listening;
	bool draining;
	bool config_good;
	unsigned int ticks;
	sd_event_source *again;	/* timer: an engine has more to do than that */
	sd_event_source *tick;
	struct conns conns;
	size_t sending;		/* bytes of answers that are not out yet */
	struct engine *now, *before;
	struct auth *auth;	/* NULL: no web-config */
	uint64_t rate_ns;	/* when the next request fits into the rate limit, had there been no burst */
	struct config_watcher *watcher;	/* the web-config and its files */
};

/* engine.c */
/* Takes @config over, also if it fails */
int engine__new(struct engine **out, struct web *w, struct web_config *config, struct error *err);
#define ENGINE_TURNS 16	/* in a row, before others of the loop have theirs */
void engine__run(struct engine *e, unsigned int turns);
/* An auth_fn: @job is the struct http_request that continues */
void engine__verdict(void *job, enum auth_verdict verdict);
void engine__add(struct engine *e, int fd, const struct sockaddr *sa, socklen_t len);
void engine__free(struct engine *e);	/* NULL is fine; closes what is left */

/* answer.c */
bool web__must_refuse(struct MHD_Connection *connection, const char *method);
/* @who: AUTH_YES, or why not */
enum MHD_Result web__answer(struct engine *e, struct MHD_Connection *connection, const char *path,
			    const char *method, enum auth_verdict who);

#endif
