// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "internal.h"
#include "lib/clock.h"
#include "lib/log.h"

#define GZIP_WINDOW (15 + 16)	/* zlib: the largest window, and gzip's header */

/* "gzip;q=0" is a refusal: what is within [@from, @end) */
static bool is_refused(const char *from, const char *end)
{
	const char *q = from;

	while (q < end && *q != ';')
		q++;
	for (q += q < end; q < end && (*q == ' ' || *q == '\t'); q++)
		;
	if (end - q < 3 || strncasecmp(q, "q=0", 3))
		return false;
	for (q += 3; q < end && (*q == '0' || *q == '.' || *q == ' '); q++)
		;
	return q == end;
}

/* An entry for gzip itself takes precedence over one for "*" */
bool gzip__accepted(const char *accept_encoding)
{
	const char *at = accept_encoding, *end;
	bool any = false;

	while (at && *at) {
		at += strspn(at, " \t,");
		end = at + strcspn(at, ",");
		if (!strncasecmp(at, "gzip", 4) && strchr(" \t;,", at[4]))
			return !is_refused(at, end);
		if (*at == '*')
			any = !is_refused(at, end);
		at = end;
	}
	return any;
}

/* Level 1: text of this kind becomes a tenth with it, and not much less with more work */
int gzip__pack(const char *in, size_t len, char **out, size_t *outlen)
{
	z_stream z = { 0 };
	int ret;

	if (deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	z.avail_out = deflateBound(&z, len);
	*out = malloc(z.avail_out);
	z.next_out = (Bytef *)*out;
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = len;
	ret = *out && deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -ENOMEM;
	*outlen = z.total_out;
	deflateEnd(&z);
	if (ret) {
		free(*out);
		*out = NULL;
	}
	return ret;
}

/* From a request to its answer: methods, authentication, encoding. */

#define GZIP_MIN	512		/* below that it is not worth it */
#define SENDING_MAX	(16 << 20)	/* bytes of answers that clients have not taken yet; one more may begin */

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static size_t find_page(const struct web *w, const char *path)
{
	for (size_t i = 0; i < w->npages; i++)
		if (!strcmp(w->o.pages[i].path, path))
			return i;
	return WEB_PAGES;
}

static void count(const struct web *w, size_t page, unsigned int code)
{
	if (w->o.count)
		w->o.count(w->o.ctx, page == WEB_PAGES ? "other" : w->o.pages[page].path, code);
}

static void answer_text(struct web_answer *a, unsigned int code, const char *text)
{
	free(a->body);
	a->code = code;
	strcpy(a->type, "text/plain; charset=utf-8");
	a->body = strdup(text);
	a->len = a->body ? strlen(text) : 0;
}

/* A body has no meaning here, and to read it would be work */
static bool has_body(struct MHD_Connection *connection)
{
	const char *len = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) || (len && strcmp(len, "0"));
}

static bool is_read(const char *method)
{
	return !strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD);
}

bool web__must_refuse(struct MHD_Connection *connection, const char *method)
{
	return !is_read(method) || has_body(connection);
}

/* One answer's body, until the client has it */
struct body {
	struct web *w;
	char *data;
	size_t len;
};

static void let_go(void *ctx)
{
	struct body *b = ctx;

	b->w->sending -= b->len;
	free(b->data);
	free(b);
}

static struct MHD_Response *respond(struct web *w, const struct web_answer *a)
{
	struct body *b = malloc(sizeof(*b));
	struct MHD_Response *r = NULL;

	if (b) {
		*b = (struct body){ w, a->body, a->len };
		w->sending += a->len;
		r = MHD_create_response_from_buffer_with_free_callback_cls(a->len, a->body, let_go, b);
	}
	if (!b)
		free(a->body);
	else if (!r)
		let_go(b);
	return r;
}

static struct MHD_Response *make(struct web *w, struct MHD_Connection *connection, struct web_answer *a)
{
	struct MHD_Response *r;
	bool packed = false;
	size_t len;
	char *out;

	if (a->len >= GZIP_MIN && gzip__accepted(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING)) &&
	    !gzip__pack(a->body, a->len, &out, &len)) {
		free(a->body);
		a->body = out;
		a->len = len;
		packed = true;
	}
	r = respond(w, a);
	if (r && packed)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return r;
}

static void add_headers(const struct web *w, const struct web_config *config, struct web_answer *a,
			struct MHD_Response *r)
{
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	for (size_t i = 0; config && i < config->nheaders; i++)
		MHD_add_response_header(r, config->header[i].name, config->header[i].value);
	/* Unless the web-config sets it */
	if (!MHD_get_response_header(r, "X-Content-Type-Options"))
		MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (!MHD_get_response_header(r, "Content-Security-Policy"))
		MHD_add_response_header(r, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
					"base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
	if (a->code == 401)
		MHD_add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic");
	if (a->code == 405)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (a->code == 429)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	if (w->draining || a->code == 413)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result send_it(const struct engine *e, struct MHD_Connection *connection, struct web_answer *a)
{
	struct MHD_Response *r = make(e->w, connection, a);
	enum MHD_Result ret;

	if (!r)
		return MHD_NO;
	add_headers(e->w, e->config, a, r);
	ret = MHD_queue_response(connection, a->code, r);
	MHD_destroy_response(r);
	return ret;
}

/* One request each interval, and so many at once as the burst allows */
static bool is_too_much(struct web *w, const struct web_config *config)
{
	uint64_t now = clock__monotonic_ns(), from;

	if (!config || !config->rate_interval_ns)
		return false;
	from = w->rate_ns > now ? w->rate_ns : now;
	if (from - now > config->rate_interval_ns * (config->rate_burst - 1))
		return true;
	w->rate_ns = from + config->rate_interval_ns;
	return false;
}

static void page(struct web *w, size_t i, struct MHD_Connection *connection, struct web_answer *a)
{
	const char *accept = header(connection, MHD_HTTP_HEADER_ACCEPT);
	int ret = w->o.pages[i].fn(w->o.ctx, accept ? accept : "", a);

	if (!ret)
		return;
	log__error("%s: %s", w->o.pages[i].path, strerror(-ret));
	answer_text(a, 500, "The daemon could not make this page; its log says why.\n");
}

static bool refuse(enum auth_verdict who, struct web_answer *a)
{
	switch (who) {
	case AUTH_YES:
		return false;
	case AUTH_BUSY:
		answer_text(a, 429, "Too many passwords wait to be checked; try again.\n");
		return true;
	case AUTH_BROKEN:
		answer_text(a, 503, "Passwords cannot be checked; the program's log says why.\n");
		return true;
	default:
		answer_text(a, 401, "This needs a user and a password.\n");
		return true;
	}
}

enum MHD_Result web__answer(struct engine *e, struct MHD_Connection *connection, const char *path,
			    const char *method, enum auth_verdict who)
{
	struct web_answer a = { .code = 200, .type = "text/plain; charset=utf-8" };
	struct web *w = e->w;
	size_t i = find_page(w, path);

	if (!is_read(method))
		answer_text(&a, 405, "Only GET and HEAD: nothing can be changed from here.\n");
	else if (has_body(connection))
		answer_text(&a, 413, "A request has no body here.\n");
	else if (is_too_much(w, e->config))
		answer_text(&a, 429, "More requests than rate_limit of the web-config allows.\n");
	else if (refuse(who, &a))
		;
	else if (w->sending > SENDING_MAX)
		answer_text(&a, 503, "Too much is on its way to clients that do not read it; try again.\n");
	else if (i == WEB_PAGES)
		answer_text(&a, 404, "There is no such page; / lists all pages.\n");
	else
		page(w, i, connection, &a);
	count(w, i, a.code);
	return send_it(e, connection, &a);
}

void web__each_count(const struct web_opts *o)
{
	/* Status codes of a page, and of all other paths */
	static const unsigned int codes[] = { 200, 401, 405, 413, 429, 500, 503 }, other[] = { 401, 404, 405, 413, 429, 503 };

	for (const struct web_page *p = o->pages; p->path; p++)
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
			o->count(o->ctx, p->path, codes[i]);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		o->count(o->ctx, "other", other[i]);
}
