// SPDX-License-Identifier: GPL-2.0-only
/* The server: its addresses, timers, and reloads of the web-config. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "lib/clock.h"
#include "lib/log.h"

#define FILES 4

/* A change is another file, another size or another time; what is written in place has one of them. */
struct config_watcher {
	char *path[FILES];
	struct stat seen[FILES];
};

static bool stat_changed(const char *path, struct stat *seen)
{
	struct stat st = { 0 };
	bool same;

	if (!path)
		return false;
	if (stat(path, &st))
		memset(&st, 0, sizeof(st));	/* a removed file has changed, too */
	same = st.st_ino == seen->st_ino && st.st_dev == seen->st_dev && st.st_size == seen->st_size &&
	       st.st_mtim.tv_sec == seen->st_mtim.tv_sec && st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
	*seen = st;
	return !same;
}

/* Did one of the files that a configuration is made of change since this was asked last? */
static bool config_watcher__changed(struct config_watcher *w)
{
	bool changed = false;

	for (size_t i = 0; i < FILES; i++)
		changed |= stat_changed(w->path[i], &w->seen[i]);
	return changed;
}

static void config_watcher__free(struct config_watcher *w)
{
	for (size_t i = 0; w && i < FILES; i++)
		free(w->path[i]);
	free(w);
}

static struct config_watcher *config_watcher__new(const struct web_config *c)
{
	const char *const path[FILES] = { c->path, c->tls.cert_file, c->tls.key_file, c->tls.client_ca_file };
	struct config_watcher *w = calloc(1, sizeof(*w));

	for (size_t i = 0; w && i < FILES; i++) {
		w->path[i] = path[i] ? strdup(path[i]) : NULL;
		if (path[i] && !w->path[i]) {
			config_watcher__free(w);
			return NULL;
		}
	}
	if (w)
		config_watcher__changed(w);
	return w;
}

#define TICK_US		200000ull	/* how exact deadlines are */
#define CHECK_TICKS	5		/* how often the web-config's files are checked */
#define ACCEPT_TURNS	64

static void stop_listening(struct web *w)
{
	for (size_t i = 0; w->listening && i < w->nlisteners; i++)
		w->accepting[i] = sd_event_source_disable_unref(w->accepting[i]);
	w->listening = false;
}

static void accept_one(struct web *w, int fd)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	int client;

	client = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client >= 0) {
		engine__add(w->now, client, (struct sockaddr *)&from, len);
		return;
	}
	/* Out of descriptors: what waits would be ready again at once, and so for ever */
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		stop_listening(w);
}

static int on_client(sd_event_source *s, int fd, uint32_t what, void *ctx)
{
	struct web *w = ctx;

	(void)s, (void)fd, (void)what;
	for (size_t i = 0; i < w->nlisteners && w->listening; i++)
		for (int n = 0; n < ACCEPT_TURNS && w->listening; n++) {
			errno = 0;
			accept_one(w, w->listener[i].fd);
			if (errno == EAGAIN)
				break;
		}
	engine__run(w->now, ENGINE_TURNS);
	return 0;
}

static int start_listening(struct web *w)
{
	int ret = 0;

	w->listening = true;
	for (size_t i = 0; i < w->nlisteners && ret >= 0; i++)
		ret = sd_event_add_io(w->o.event, &w->accepting[i], w->listener[i].fd, EPOLLIN, on_client, w);
	if (ret < 0)
		stop_listening(w);
	return ret < 0 ? ret : 0;
}

/* The engine then sees an end, and lets it go */
static void shut(struct conn *conn)
{
	shutdown(conn->fd, SHUT_RDWR);
}

/* Requests that wait for a verdict cannot be stopped, so they get one first */
static void drop_engine(struct web *w, struct engine **e)
{
	if (*e && conns__of(&w->conns, *e))
		auth__forget(w->auth);
	engine__free(*e);
	*e = NULL;
}

static void check_config(struct web *w)
{
	conns__expire(&w->conns, clock__monotonic_ns(), w->before, shut);
	if (w->draining)
		conns__expire(&w->conns, clock__monotonic_ns(), w->now, shut);
	else if (!w->listening)
		start_listening(w);
	if (w->before && !conns__of(&w->conns, w->before))
		drop_engine(w, &w->before);
	if (w->watcher && !w->draining && ++w->ticks % CHECK_TICKS == 0 && config_watcher__changed(w->watcher))
		web__reload(w);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *ctx)
{
	(void)usec;
	sd_event_source_set_time_relative(s, TICK_US);
	check_config(ctx);
	return 0;
}

static int on_again(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct web *w = ctx;
	unsigned int turns = conns__answering(&w->conns) ? ENGINE_TURNS / 2 : 1;

	(void)s, (void)usec;
	engine__run(w->now, turns);
	if (w->before)
		engine__run(w->before, turns);
	return 0;
}

static int open_listeners(struct web *w, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < w->o.listen->n && !ret; i++) {
		ret = listener__open(&w->listener[i], w->o.listen->v[i], err);
		w->nlisteners += !ret;
	}
	return ret;
}

static int serve(struct web *w)
{
	int ret;

	ret = sd_event_add_time_relative(w->o.event, &w->tick, CLOCK_MONOTONIC, TICK_US, 1, on_tick, w);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(w->tick, SD_EVENT_ON);
	if (ret >= 0)
		ret = sd_event_add_time_relative(w->o.event, &w->again, CLOCK_MONOTONIC, 0, 1, on_again, w);
	return ret < 0 ? ret : start_listening(w);
}

/* The web-config as it is now, with an engine that follows it */
static int configure(struct web *w, struct error *err)
{
	struct web_config *config = NULL;
	struct config_watcher *watcher = NULL;
	struct engine *e = NULL;
	int ret = 0;

	*err->text = '\0';
	if (w->o.config)
		ret = web_config__read(&config, w->o.config, err);
	if (!ret && config) {
		watcher = config_watcher__new(config);
		ret = watcher ? 0 : -ENOMEM;
	}
	if (ret)
		web_config__free(config);
	else
		ret = engine__new(&e, w, config, err);
	/* Also if it is of no use: a file that is missing may come */
	if (watcher) {
		config_watcher__free(w->watcher);
		w->watcher = watcher;
	}
	if (ret)
		return ret;
	drop_engine(w, &w->before);
	w->before = w->now;
	w->now = e;
	return 0;
}

static bool is_open_to_all(const struct web *w)
{
	bool local = true;

	for (size_t i = 0; i < w->nlisteners; i++)
		local &= w->listener[i].local;
	return !local && !web_config__has_tls(w->now->config);
}

int web__reload(struct web *w)
{
	struct error err;
	int ret;

	if (!w->o.config)
		return 0;
	ret = configure(w, &err);
	w->config_good = !ret;
	if (ret)
		log__error("%s; the web-config from before stays in use", *err.text ? err.text : strerror(-ret));
	else
		log__info("%s: read again, now in use", w->o.config);
	return ret;
}

int web__open(struct web **out, const struct web_opts *o, struct error *err)
{
	struct web *w = calloc(1, sizeof(*w));
	int ret = 0;

	if (!w)
		return -ENOMEM;
	w->o = *o;
	while (w->npages < WEB_PAGES && o->pages[w->npages].path)
		w->npages++;
	w->config_good = true;
	*err->text = '\0';
	if (o->config)
		ret = auth__new(&w->auth, o->event, engine__verdict);
	if (!ret)
		ret = configure(w, err);
	if (!ret)
		ret = open_listeners(w, err);
	if (!ret)
		ret = serve(w);
	if (!ret) {
		if (is_open_to_all(w))
			log__warn("clients on other machines can connect, and there is no TLS to encrypt the pages (--web.config.file)");
		*out = w;
		return 0;
	}
	if (!*err->text)
		error__describe(err, "HTTP server: %s", strerror(-ret));
	web__free(w);
	return ret;
}

const char *web__name(const struct web *w, size_t i)
{
	return i < w->nlisteners ? w->listener[i].name : NULL;
}

bool web__config_good(const struct web *w)
{
	return w->config_good;
}

bool web__drain(struct web *w)
{
	if (!w->draining) {
		stop_listening(w);
		for (size_t i = 0; i < w->nlisteners; i++)
			listener__close(&w->listener[i]);
		w->draining = true;
		check_config(w);
	}
	return !w->conns.n;
}

void web__free(struct web *w)
{
	if (!w)
		return;
	stop_listening(w);
	auth__free(w->auth);
	engine__free(w->before);
	engine__free(w->now);
	config_watcher__free(w->watcher);
	for (size_t i = 0; i < w->nlisteners; i++)
		listener__close(&w->listener[i]);
	sd_event_source_disable_unref(w->again);
	sd_event_source_disable_unref(w->tick);
	free(w);
}
