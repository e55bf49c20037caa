// SPDX-License-Identifier: GPL-2.0-only
/* libmicrohttpd without a thread and without a listening socket: it is handed connections. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "internal.h"
#include "lib/clock.h"
#include "lib/log.h"

#define REQUEST_BYTES	(16 << 10)	/* of a connection: request line and headers, and the answer's headers */
/*
 * libmicrohttpd says that there is more to do at once also of a handshake that waits for
 * its client, for as long as it waits: so whatever is left after some turns comes later
 */
#define AGAIN_US	5000		/* if only such can be left */
#define SENDING_US	2000		/* if an answer is going out: under TLS a turn sends one record */

static void on_message(void *ctx, const char *fmt, va_list ap)
{
	char text[256];

	(void)ctx;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log__debug("http: %s", text);
}

static struct conn *engine__conn(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The first line of a request is there */
static void *on_request_line(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	struct conn *conn = engine__conn(connection);

	(void)ctx, (void)uri;
	if (conn)
		conn__stage(conn, CONN_HEADERS, clock__monotonic_ns());
	return NULL;
}

/* AUTH_LATER: the connection sleeps until its verdict is there */
static enum auth_verdict check_user(struct http_request *req, struct conn *conn)
{
	static const struct conn_address nowhere;
	struct engine *e = req->e;
	char *user, *password = NULL;

	if (!e->config || !e->config->nusers)
		return AUTH_YES;
	if (req->checked)
		return req->verdict;
	req->checked = true;
	user = MHD_basic_auth_get_username_password(req->connection, &password);
	req->verdict = auth__check(e->w->auth, e->config, user, password, conn ? &conn->from : &nowhere, req);
	MHD_free(user);
	MHD_free(password);
	if (req->verdict == AUTH_LATER)
		MHD_suspend_connection(req->connection);
	return req->verdict;
}

void engine__verdict(void *job, enum auth_verdict verdict)
{
	struct http_request *req = job;

	req->verdict = verdict;
	MHD_resume_connection(req->connection);
	engine__run(req->e, ENGINE_TURNS);
}

/* Paths are compared as they come: no page's has a % in it, and a %00 would hide what follows */
static size_t unescape(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx, (void)connection;
	return strlen(text);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **request)
{
	struct conn *conn = engine__conn(connection);
	struct http_request *req = *request;
	enum auth_verdict who;

	(void)version, (void)upload;
	*upload_len = 0;
	/* The first call comes before the body: an answer now refuses it, and ends the connection */
	if (!req) {
		*request = req = calloc(1, sizeof(*req));
		if (!req)
			return MHD_NO;
		*req = (struct http_request){ .e = ctx, .connection = connection };
		if (!web__must_refuse(connection, method))
			return MHD_YES;
	}
	if (conn)
		conn__stage(conn, CONN_ANSWER, clock__monotonic_ns());
	who = web__must_refuse(connection, method) ? AUTH_YES : check_user(req, conn);
	return who == AUTH_LATER ? MHD_YES : web__answer(ctx, connection, url, method, who);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode how)
{
	struct conn *conn = engine__conn(connection);

	(void)ctx, (void)how;
	free(*request);
	*request = NULL;
	if (conn)
		conn__stage(conn, CONN_IDLE, clock__monotonic_ns());
}

/* libmicrohttpd has itself in the session's pointer */
static int on_certificate(gnutls_session_t session)
{
	const struct conn *conn = engine__conn(gnutls_session_get_ptr(session));

	return conn ? tls__verify(&((struct engine *)conn->owner)->tls, session) : -1;
}

/* Finds a new connection by its file descriptor: it was admitted just before */
static void *find_conn(struct engine *e, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	for (size_t i = 0; info && i < CONNS_MAX; i++)
		if (e->w->conns.conn[i].stage != CONN_FREE && e->w->conns.conn[i].fd == info->connect_fd)
			return &e->w->conns.conn[i];
	return NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct engine *e = ctx;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		conns__closed(&e->w->conns, *socket_context);
		*socket_context = NULL;
		return;
	}
	*socket_context = find_conn(e, connection);
	info = e->tls.cert ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION) : NULL;
	if (info)
		tls__session(&e->tls, info->tls_session, on_certificate);
}

static int on_ready(sd_event_source *s, int fd, uint32_t what, void *ctx)
{
	(void)s, (void)fd, (void)what;
	engine__run(ctx, ENGINE_TURNS);
	return 0;
}

static struct MHD_Daemon *start(struct engine *e)
{
	const struct tls *t = &e->tls;
	struct MHD_OptionItem tls[] = {
		{ t->cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, t->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, t->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)t->priorities },
		{ t->trust ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, t->trust },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned int flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
			     MHD_ALLOW_SUSPEND_RESUME | (t->cert ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, e,
				MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
				MHD_OPTION_CONNECTION_TIMEOUT, 0u,
				MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
				MHD_OPTION_URI_LOG_CALLBACK, on_request_line, NULL,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, e,
				MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
				MHD_OPTION_ARRAY, tls,
				MHD_OPTION_END);
}

static int start_daemon(struct engine *e, struct error *err)
{
	const union MHD_DaemonInfo *info;
	int ret = 0;

	if (web_config__has_tls(e->config))
		ret = tls__open(&e->tls, &e->config->tls, err);
	if (ret)
		return ret;
	e->mhd = start(e);
	info = e->mhd ? MHD_get_daemon_info(e->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	ret = info ? sd_event_add_io(e->w->o.event, &e->io, info->epoll_fd, EPOLLIN, on_ready, e) : -EIO;
	if (ret < 0)
		return error__set(err, ret, "libmicrohttpd: %s", info ? strerror(-ret) : "cannot be started");
	return 0;
}

int engine__new(struct engine **out, struct web *w, struct web_config *config, struct error *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	int ret;

	if (!e) {
		web_config__free(config);
		return -ENOMEM;
	}
	e->w = w;
	e->config = config;
	ret = start_daemon(e, err);
	if (ret)
		engine__free(e);
	else
		*out = e;
	return ret;
}

void engine__run(struct engine *e, unsigned int turns)
{
	uint64_t soon_us = AGAIN_US;
	MHD_UNSIGNED_LONG_LONG ms = 1;
	int ret;

	for (unsigned int i = 0; i < turns; i++) {
		MHD_run(e->mhd);
		if (MHD_get_timeout(e->mhd, &ms) != MHD_YES || ms)
			return;
	}
	if (conns__answering(&e->w->conns))
		soon_us = SENDING_US;
	ret = sd_event_source_set_time_relative(e->w->again, soon_us);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(e->w->again, SD_EVENT_ONESHOT);
	if (ret < 0)
		log__debug("http: timer: %s", strerror(-ret));
}

void engine__add(struct engine *e, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct conn *conn = conns__admit(&e->w->conns, fd, sa, e, clock__monotonic_ns());

	if (!conn) {
		close(fd);
		return;
	}
	/* If this fails it closes the socket, without a callback */
	if (MHD_add_connection(e->mhd, fd, sa, len) != MHD_YES)
		conns__closed(&e->w->conns, conn);
}

void engine__free(struct engine *e)
{
	if (!e)
		return;
	sd_event_source_disable_unref(e->io);
	if (e->mhd)
		MHD_stop_daemon(e->mhd);
	tls__close(&e->tls);
	web_config__free(e->config);
	free(e);
}
