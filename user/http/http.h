/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP server on the event loop of the program: no thread, read-only (GET and
 * HEAD), bounded in connections, sizes and times.  The program gives it the pages.
 */
#ifndef ATCQ_HTTP_HTTP_H
#define ATCQ_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/log.h"
#include "lib/options.h"

struct web;

struct web_answer {
	unsigned int code;	/* HTTP status, 200 unless set */
	char type[256];		/* Content-Type */
	char *body;		/* malloc()ed, taken over; NULL if len is 0 */
	size_t len;
};

/*
 * Makes one answer. @accept: the request's Accept header, "" if it has none.
 * 0, or -errno: the client gets a 500, and the log a line.
 */
typedef int (*web_fn)(void *ctx, const char *accept, struct web_answer *answer);

struct web_page {
	const char *path;	/* the whole of it; "/" is one path among others */
	web_fn fn;
};

struct web_opts {
	sd_event *event;
	const struct opt_list *listen;	/* addresses, as listener__open() takes them */
	const char *config;		/* path of a web-config, or NULL */
	const struct web_page *pages;	/* ends with a NULL path */
	/* Optional: each answer, with what was asked for ("other": no page) and the HTTP status */
	void (*count)(void *ctx, const char *handler, unsigned int code);
	void *ctx;			/* that of all of them */
};

/*
 * Listens, and serves when the loop runs; all of @o is borrowed.  0, or -errno with an
 * error message in @err: -EINVAL: an address or the web-config is wrong.
 */
int web__open(struct web **out, const struct web_opts *o, struct error *err);

/* "[::1]:9793", that of the @i-th address with the port that it got; NULL: there are not so many */
const char *web__name(const struct web *w, size_t i);

/* Reads the web-config again.  0; or -errno, and all stays as it was. Both are logged */
int web__reload(struct web *w);

/* The last attempt to read the web-config was good, or there is none */
bool web__config_good(const struct web *w);

/* No new connections or requests; true when the last answer is out */
bool web__drain(struct web *w);

/* Calls @o->count for each pair that there can be, so that it knows them before the first request */
void web__each_count(const struct web_opts *o);

void web__free(struct web *w);	/* NULL is fine */

#endif
