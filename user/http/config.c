// SPDX-License-Identifier: GPL-2.0-only
/* The keys of tls_server_config, and what they must be together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lib/clock.h"
#include "lib/text.h"

static int set_cert(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__keep_file(r, name, value, &r->c->tls.cert_file);
}

static int set_key(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__keep_file(r, name, value, &r->c->tls.key_file);
}

static int set_ca(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__keep_file(r, name, value, &r->c->tls.client_ca_file);
}

static int set_client_auth(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	static const char *const names[] = {
		[CLIENT_NONE] = "NoClientCert", [CLIENT_REQUEST] = "RequestClientCert",
		[CLIENT_REQUIRE_ANY] = "RequireAnyClientCert", [CLIENT_VERIFY_IF_GIVEN] = "VerifyClientCertIfGiven",
		[CLIENT_REQUIRE_AND_VERIFY] = "RequireAndVerifyClientCert", NULL,
	};
	const char *text;
	int ret = reader__text(r, name, value, &text);

	(void)key;
	if (ret || !*text)
		return ret;
	if (!strcmp(text, "RequireClientCert"))		/* what it was called before */
		text = names[CLIENT_REQUIRE_ANY];
	for (int i = 0; names[i]; i++) {
		r->c->tls.client_auth = i;
		if (!strcmp(names[i], text))
			return 0;
	}
	return reader__unknown(r, value, "client_auth_type", text, names);
}

static int set_version(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	static const char *const names[] = { "TLS10", "TLS11", "TLS12", "TLS13", NULL };
	int *out = strcmp(name, "min_version") ? &r->c->tls.max_version : &r->c->tls.min_version;
	const char *text;
	int ret = reader__text(r, name, value, &text);

	(void)key;
	for (int i = 0; !ret && names[i]; i++) {
		*out = 10 + i;
		if (!strcmp(names[i], text))
			return 0;
	}
	return ret ? ret : reader__unknown(r, value, "TLS version", text, names);
}

static int set_prefer(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__bool(r, name, value, &r->c->tls.prefer_server);
}

static int add_suite(struct reader *r, const char *text, const yaml_node_t *key, const yaml_node_t *value)
{
	const struct cipher_suite *suite = cipher_suite__find(text);
	struct tls_config *t = &r->c->tls;

	(void)value;
	if (!suite)
		return reader__unknown(r, key, "cipher suite", text, cipher_suite__names());
	for (size_t i = 0; i < t->nsuites; i++)
		if (t->suite[i] == suite)
			return yaml__fail(&r->y, &key->start_mark, "'%s' is there twice", text);
	t->suite[t->nsuites++] = suite;
	return 0;
}

static int add_curve(struct reader *r, const char *text, const yaml_node_t *key, const yaml_node_t *value)
{
	const struct curve *curve = curve__find(text);
	struct tls_config *t = &r->c->tls;

	(void)value;
	if (!curve)
		return reader__unknown(r, key, "curve", text, curve__names());
	if (t->ncurves == CONFIG_CURVES)
		return yaml__fail(&r->y, &key->start_mark, "more curves than there are");
	t->curve[t->ncurves++] = curve;
	return 0;
}

static int add_san(struct reader *r, const char *text, const yaml_node_t *key, const yaml_node_t *value)
{
	struct tls_config *t = &r->c->tls;

	(void)value;
	if (t->nsans == CONFIG_SANS)
		return yaml__fail(&r->y, &key->start_mark, "client_allowed_sans: at most %d", CONFIG_SANS);
	t->san[t->nsans] = strdup(text);
	return t->san[t->nsans] ? (t->nsans++, 0) : -ENOMEM;
}

static int set_suites(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_item(r, name, value, add_suite);
}

static int set_curves(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_item(r, name, value, add_curve);
}

static int set_sans(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_item(r, name, value, add_san);
}

const struct row config_tls_rows[] = {
	{ "cert_file", set_cert }, { "key_file", set_key }, { "client_auth_type", set_client_auth },
	{ "client_ca_file", set_ca }, { "client_allowed_sans", set_sans }, { "cipher_suites", set_suites },
	{ "curve_preferences", set_curves }, { "min_version", set_version }, { "max_version", set_version },
	{ "prefer_server_cipher_suites", set_prefer }, { NULL, NULL },
};

static int check_clients(struct reader *r, const struct tls_config *t, const yaml_mark_t *at)
{
	bool verifies = t->client_auth == CLIENT_VERIFY_IF_GIVEN || t->client_auth == CLIENT_REQUIRE_AND_VERIFY;

	if (t->client_ca_file && t->client_auth == CLIENT_NONE)
		return yaml__fail(&r->y, at, "client_ca_file without client_auth_type: nobody would be asked for a certificate");
	if (verifies && !t->client_ca_file)
		return yaml__fail(&r->y, at, "client_auth_type verifies certificates, so it needs client_ca_file");
	if (t->nsans && t->client_auth != CLIENT_REQUIRE_AND_VERIFY)
		return yaml__fail(&r->y, at, "client_allowed_sans needs client_auth_type: RequireAndVerifyClientCert");
	return 0;
}

int config_tls__check(struct reader *r, const yaml_mark_t *at)
{
	const struct tls_config *t = &r->c->tls;
	char text[512], why[256];

	if (!t->cert_file && !t->key_file && !t->client_ca_file && t->client_auth == CLIENT_NONE) {
		if (t->nsuites || t->ncurves || t->nsans)
			return yaml__fail(&r->y, at, "tls_server_config without cert_file and key_file: nothing would be encrypted");
		return 0;
	}
	if (!t->cert_file || !t->key_file)
		return yaml__fail(&r->y, at, "tls_server_config: %s is missing", t->cert_file ? "key_file" : "cert_file");
	if (t->min_version > t->max_version)
		return yaml__fail(&r->y, at, "min_version is above max_version");
	if (tls__priorities(t, text, sizeof(text), why, sizeof(why)))
		return yaml__fail(&r->y, at, "%s", why);
	return check_clients(r, t, at);
}

/* A web-config as a whole, its headers, users and rate limit. */

#define MAX_BURST 1000000

static int set_http2(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	bool ignored;	/* it may be used, says the file; that it is not is no error */

	(void)key;
	return reader__bool(r, name, value, &ignored);
}

/* Who reads an answer must not be able to take a line break for the end of a header */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int add_header(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	static const char *const names[] = {
		"Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection",
		"Content-Security-Policy", NULL,
	};
	struct web_config *c = r->c;
	const char *text;
	int ret = reader__text(r, name, value, &text), i = 0;

	while (!ret && names[i] && strcmp(names[i], name))
		i++;
	if (!ret && !names[i])
		return reader__unknown(r, key, "header", name, names);
	if (ret || reader__is_nothing(value))
		return ret;
	if (!strcmp(name, "X-Content-Type-Options") && strcmp(text, "nosniff"))
		return yaml__fail(&r->y, &value->start_mark, "%s: nosniff is all it can be", name);
	if (!strcmp(name, "X-Frame-Options") && strcmp(text, "deny") && strcmp(text, "sameorigin"))
		return yaml__fail(&r->y, &value->start_mark, "%s: deny or sameorigin", name);
	if (!is_printable(text) || strlen(text) > 1024)
		return yaml__fail(&r->y, &value->start_mark, "%s: one line of at most 1024 characters", name);
	c->header[c->nheaders].name = names[i];
	c->header[c->nheaders].value = strdup(text);
	return c->header[c->nheaders++].value ? 0 : -ENOMEM;
}

static int set_headers(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_pair(r, name, value, add_header);
}

static const struct row http_rows[] = {
	{ "http2", set_http2 }, { "headers", set_headers }, { NULL, NULL },
};

static int add_user(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	struct web_user *u = &r->c->user[r->c->nusers];
	const char *hash, *why;
	int ret = reader__text(r, "the hash of a password", value, &hash);

	if (ret)
		return ret;
	if (r->c->nusers == CONFIG_USERS)
		return yaml__fail(&r->y, &key->start_mark, "at most %d users", CONFIG_USERS);
	if (!*name || strchr(name, ':'))
		return yaml__fail(&r->y, &key->start_mark, "a user's name has at least one character and no colon");
	why = auth__bad_hash(hash);
	if (why)
		return yaml__fail(&r->y, &value->start_mark, "the password of '%.64s' %s", name, why);
	r->c->nusers++;
	u->name = strdup(name);
	u->hash = strdup(hash);
	return u->name && u->hash ? 0 : -ENOMEM;
}

static int set_interval(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *text;
	int ret = reader__text(r, name, value, &text);

	(void)key;
	if (ret || !strcmp(text, "0"))
		return ret;
	ret = duration__parse(text, &r->c->rate_interval_ns);
	return ret ? yaml__fail(&r->y, &value->start_mark, "%s: a time like 100ms", name) : 0;
}

static int set_burst(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *text;
	int ret = reader__text(r, name, value, &text);

	(void)key;
	if (!ret && (number__parse(text, &r->c->rate_burst) || r->c->rate_burst > MAX_BURST))
		ret = yaml__fail(&r->y, &value->start_mark, "%s: a number up to %d", name, MAX_BURST);
	return ret;
}

static const struct row rate_rows[] = {
	{ "interval", set_interval }, { "burst", set_burst }, { NULL, NULL },
};

static int tls_key(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	return reader__by_table(r, config_tls_rows, name, key, value);
}

static int http_key(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	return reader__by_table(r, http_rows, name, key, value);
}

static int rate_key(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	return reader__by_table(r, rate_rows, name, key, value);
}

static int set_tls(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	int ret = reader__each_pair(r, name, value, tls_key);

	return ret ? ret : config_tls__check(r, &key->start_mark);
}

static int set_http(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_pair(r, name, value, http_key);
}

static int set_users(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return reader__each_pair(r, name, value, add_user);
}

static int set_rate(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	int ret = reader__each_pair(r, name, value, rate_key);

	if (!ret && r->c->rate_interval_ns && !r->c->rate_burst)
		ret = yaml__fail(&r->y, &key->start_mark, "%s: with a burst of 0 no request would be let in", name);
	return ret;
}

static const struct row top_rows[] = {
	{ "tls_server_config", set_tls }, { "http_server_config", set_http }, { "basic_auth_users", set_users },
	{ "rate_limit", set_rate }, { NULL, NULL },
};

static int top_key(struct reader *r, const char *name, const yaml_node_t *key, const yaml_node_t *value)
{
	return reader__by_table(r, top_rows, name, key, value);
}

static int read_all(struct reader *r)
{
	const yaml_node_t *root;
	int ret = yaml_file__open(&r->y, "web-config");

	if (ret)
		return ret;
	root = yaml_document_get_root_node(&r->y.doc);	/* NULL: an empty file is a config, too */
	if (root)
		ret = reader__each_pair(r, "a web-config", root, top_key);
	yaml_file__close(&r->y);
	return ret;
}

int web_config__read(struct web_config **out, const char *path, char *err, size_t errlen)
{
	struct reader r = { .y = { .path = path, .err = err, .errlen = errlen }, .c = calloc(1, sizeof(*r.c)) };
	int ret = -ENOMEM;

	*err = '\0';
	if (r.c)
		r.c->path = strdup(path);
	if (r.c && r.c->path) {
		r.c->tls.min_version = 12;
		r.c->tls.max_version = 13;
		r.c->tls.prefer_server = true;
		ret = read_all(&r);
	}
	if (!ret) {
		*out = r.c;
		return 0;
	}
	if (!*err)
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
	web_config__free(r.c);
	return ret;
}

void web_config__free(struct web_config *c)
{
	if (!c)
		return;
	free(c->path);
	free(c->tls.cert_file);
	free(c->tls.key_file);
	free(c->tls.client_ca_file);
	for (size_t i = 0; i < c->tls.nsans; i++)
		free(c->tls.san[i]);
	for (size_t i = 0; i < c->nheaders; i++)
		free(c->header[i].value);
	for (size_t i = 0; i < c->nusers; i++) {
		free(c->user[i].name);
		free(c->user[i].hash);
	}
	free(c);
}
