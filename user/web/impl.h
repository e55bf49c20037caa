/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the server share, and nobody else needs. */
#ifndef ATCQ_WEB_IMPL_H
#define ATCQ_WEB_IMPL_H

#include <microhttpd.h>

#include "auth.h"
#include "config.h"
#include "conns.h"
#include "lib/options.h"
#include "listen.h"
#include "tls.h"
#include "web.h"

#define WEB_PAGES	8	/* there can be so many */

struct watched;

/* One libmicrohttpd daemon: each configuration of TLS has its own, until its last connection ends */
struct engine {
	struct web *w;
	struct MHD_Daemon *mhd;
	int epoll;			/* its own, -1: none */
	struct web_config *config;	/* owned; NULL: no web-config */
	struct tls tls;			/* zeroed: none */
};

/* One request, from its headers to the end of its answer */
struct asked {
	struct engine *e;
	struct MHD_Connection *connection;
	enum auth_verdict verdict;	/* once it is no longer AUTH_LATER */
	bool checked;			/* who asks was looked at, or is being looked at */
};

struct web {
	struct web_opts o;
	struct listener listener[OPT_LIST_MAX];
	size_t nlisteners, npages;
	bool listening;		/* they are in the loop */
	bool draining;
	bool config_good;
	unsigned int ticks;
	int again;		/* timerfd: an engine has more to do than that */
	struct conns conns;
	size_t sending;		/* bytes of answers that are not out yet */
	struct engine *now, *before;
	struct auth *auth;	/* NULL: no web-config */
	uint64_t rate_ns;	/* when the next request fits into the rate limit, had there been no burst */
	struct watched *watched;	/* the web-config and its files */
};

uint64_t web__now_ns(void);

/* engine.c */
/* Takes @config over, also if it fails */
int engine__new(struct engine **out, struct web *w, struct web_config *config, char *err, size_t errlen);
#define ENGINE_TURNS 16	/* in a row, before others of the loop have theirs */
void engine__run(struct engine *e, unsigned int turns);
/* An auth_fn: wakes a struct asked */
void engine__verdict(void *job, enum auth_verdict verdict);
void engine__add(struct engine *e, int fd, const struct sockaddr *sa, socklen_t len);
void engine__free(struct engine *e);	/* NULL is fine; closes what is left */

struct conn *engine__conn(struct MHD_Connection *connection);

/* answer.c */
bool web__must_refuse(struct MHD_Connection *connection, const char *method);
/* @who: AUTH_YES, or why not */
enum MHD_Result web__answer(struct engine *e, struct MHD_Connection *connection, const char *path,
			    const char *method, enum auth_verdict who);

/* watched.c: did one of the files that a configuration is made of change? */
struct watched *watched__new(const struct web_config *c);	/* NULL: out of memory */
bool watched__changed(struct watched *w);			/* since it was made, or last asked */
void watched__free(struct watched *w);

#endif
