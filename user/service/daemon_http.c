// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's pages: metrics, a status page, and two health checks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "daemon.h"
#include "http/http.h"
#include "inject/arm.h"
#include "landing.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "source/kernel.h"

struct pages {
	struct daemon *d;
	struct web *web;
	struct landing_last last;
	struct utsname un;
};

static bool enabled(const struct daemon_opts *o)
{
	return o->listen.n;
}

static int text(struct web_answer *a, unsigned int code, const char *line)
{
	a->code = code;
	if (asprintf(&a->body, "%s\n", line) < 0) {
		a->body = NULL;
		return -ENOMEM;
	}
	a->len = strlen(a->body);
	return 0;
}

/* It answers, so it lives */
static int healthz(void *ctx, const char *accept, struct web_answer *a)
{
	(void)ctx, (void)accept;
	return text(a, 200, "ok");
}

/* NULL, or why the daemon cannot do all its work now */
static const char *not_ready_reason(const struct daemon *d)
{
	return history__failing(d) ? "The history cannot be written: incidents wait in memory." : NULL;
}

static int readyz(void *ctx, const char *accept, struct web_answer *a)
{
	const struct pages *p = ctx;
	const char *reason = not_ready_reason(p->d);

	(void)accept;
	return text(a, reason ? 503 : 200, reason ? reason : "ready");
}

static int metrics(void *ctx, const char *accept, struct web_answer *a)
{
	enum metrics_format format = metrics__negotiate(accept);
	struct pages *p = ctx;
	struct buf out = { 0 };
	int ret;

	metrics__config_reload(p->d->metrics, web__config_good(p->web));
	ret = metrics__render(p->d->metrics, format, &out);
	snprintf(a->type, sizeof(a->type), "%s", metrics__content_type(format));
	if (ret) {
		buf__free(&out);
		return ret;
	}
	a->body = out.data;
	a->len = out.len;
	return 0;
}

/* The present state in sysfs; accesses no device */
static int devices_now(const struct monitor *w, struct inventory *inv)
{
	int ret = inventory__copy(inv, &w->inv);

	if (!ret && !(w->src && source__recorded(w->src)))
		ret = inventory__reread_passively(inv, "/sys");
	return ret;
}

static int write_page(const struct pages *p, const struct inventory *inv, struct web_answer *a)
{
	const struct monitor *w = &p->d->w;
	struct landing l = {
		.host = p->un.nodename, .kernel = p->un.release, .boot_id = boot_id(), .version = ATCQ_VERSION,
		.not_ready_reason = not_ready_reason(p->d), .inv = inv, .tracker = w->tracker, .last = &p->last,
		.now_ns = clock__boottime_ns(), .wall_offset_ns = clock__wall_offset_ns(),
	};
	FILE *out = open_memstream(&a->body, &a->len);
	int ret;

	if (!out)
		return -ENOMEM;
	if (w->src) {
		const struct meta *meta = source__meta(w->src);

		l.source = source__kind_name(source__kind(w->src));
		l.kernel = meta->kernel;
		l.boot_id = meta->boot_id;
		l.now_ns = source__now_ns(w->src);
		l.wall_offset_ns = source__realtime(w->src, l.now_ns) - l.now_ns;
	}
	landing__read_armed(&l, REGISTRY_DIR);
	ret = landing__write(out, &l);
	fclose(out);
	strcpy(a->type, "text/html; charset=utf-8");
	return ret;
}

static int landing(void *ctx, const char *accept, struct web_answer *a)
{
	const struct pages *p = ctx;
	struct inventory inv;
	int ret = devices_now(&p->d->w, &inv);

	(void)accept;
	if (!ret)
		ret = write_page(p, &inv, a);
	inventory__free(&inv);
	return ret;
}

static const struct web_page pages[] = {
	{ "/", landing }, { "/metrics", metrics }, { "/healthz", healthz }, { "/readyz", readyz }, { NULL, NULL },
};

static void count(void *ctx, const char *handler, unsigned int code)
{
	metrics__request(((struct pages *)ctx)->d->metrics, handler, code);
}

static void know(void *ctx, const char *handler, unsigned int code)
{
	metrics__handler(((struct pages *)ctx)->d->metrics, handler, code);
}

static int start(struct daemon *d)
{
	struct pages *p = calloc(1, sizeof(*p));
	struct web_opts o = {
		.event = d->event, .listen = &d->o->listen, .config = d->o->web_config, .pages = pages, .count = count, .ctx = p,
	};
	struct error err = { "" };
	int ret;

	if (!p) {
		log__error("%s", strerror(ENOMEM));
		return EXIT_ENVIRONMENT;
	}
	d->web = p;
	p->d = d;
	uname(&p->un);
	web__each_count(&(struct web_opts){ .pages = pages, .count = know, .ctx = p });
	ret = web__open(&p->web, &o, &err);
	if (ret) {
		log__error("%s", err.text);
		return ret == -EINVAL ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	for (size_t i = 0; web__name(p->web, i); i++)
		log__info("listening at %s", web__name(p->web, i));
	return 0;
}

static void on_phase(struct daemon *d, const struct incident *inc, enum phase phase)
{
	if (d->web && phase == PHASE_MAX && inc->closed)
		landing_last__add(&d->web->last, inc);
}

static void reload(struct daemon *d)
{
	web__reload(d->web->web);
}

static bool drain(struct daemon *d)
{
	return web__drain(d->web->web);
}

static void close_pages(struct daemon *d)
{
	if (!d->web)
		return;
	web__free(d->web->web);
	free(d->web);
}

const struct daemon_module web_module = {
	.enabled = enabled, .start = start, .phase = on_phase, .reload = reload, .drain = drain, .close = close_pages,
};
