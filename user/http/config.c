// SPDX-License-Identifier: GPL-2.0-only
/* The keys of tls_server_config, and what they must be together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/yaml.h"

/* One text, which may be empty; @name is for the error message */
static int one_text(struct yaml *y, const struct yaml_node *n, const char *name, const char **out)
{
	*out = n->text;
	return n->text ? 0 : yaml__fail(y, n, "%s: takes one text", name);
}

/* A copy of a path, made relative to the folder of the web-config; nothing leaves @out as it is */
static int keep_file(struct yaml *y, const struct yaml_node *value, char **out)
{
	const char *slash = strrchr(y->path, '/'), *text;
	int ret = one_text(y, value, value->key->text, &text);

	if (ret || yaml__is_null(value) || !*text)
		return ret;
	if (*text == '/' || !slash)
		*out = strdup(text);
	else if (asprintf(out, "%.*s/%s", (int)(slash - y->path), y->path, text) < 0)
		*out = NULL;
	return *out ? 0 : -ENOMEM;
}

static int on_or_off(struct yaml *y, const struct yaml_node *value, bool *out)
{
	static const char *const yes[] = { "true", "yes", "on", NULL }, *const no[] = { "false", "no", "off", NULL };

	for (size_t i = 0; value->text && yes[i]; i++) {
		if (strcasecmp(value->text, yes[i]) && strcasecmp(value->text, no[i]))
			continue;
		*out = !strcasecmp(value->text, yes[i]);
		return 0;
	}
	return yaml__fail(y, value, "%s: true or false", value->key->text);
}

/* Calls @fn for each value of a map */
static int each_value(struct yaml *y, const struct yaml_node *map, yaml_fn fn, void *to)
{
	int ret = 0;

	if (yaml__is_null(map))
		return 0;
	if (map->kind != YAML_MAP)
		return yaml__fail(y, map, "%s: takes keys with values", map->key ? map->key->text : "a web-config");
	for (size_t i = 1; i < map->n && !ret; i += 2)
		ret = fn(y, map->item[i], to);
	return ret;
}

static int map(struct yaml *y, const struct yaml_node *n, const struct yaml_key *keys, void *to)
{
	if (yaml__is_null(n) || n->kind != YAML_MAP)
		return each_value(y, n, NULL, to);
	return yaml__map(y, n, NULL, keys, to);
}

/* Calls @fn for each text of a list */
static int each_item(struct yaml *y, const struct yaml_node *list, yaml_fn fn, void *to)
{
	const char *name = list->key->text, *text;
	int ret = 0;

	if (yaml__is_null(list))
		return 0;
	if (list->kind != YAML_LIST)
		return yaml__fail(y, list, "%s: takes a list", name);
	for (size_t i = 0; i < list->n && !ret; i++) {
		ret = one_text(y, list->item[i], name, &text);
		if (!ret)
			ret = fn(y, list->item[i], to);
	}
	return ret;
}

static int set_cert(struct yaml *y, const struct yaml_node *value, void *to)
{
	return keep_file(y, value, &((struct tls_config *)to)->cert_file);
}

static int set_key(struct yaml *y, const struct yaml_node *value, void *to)
{
	return keep_file(y, value, &((struct tls_config *)to)->key_file);
}

static int set_ca(struct yaml *y, const struct yaml_node *value, void *to)
{
	return keep_file(y, value, &((struct tls_config *)to)->client_ca_file);
}

static int set_client_auth(struct yaml *y, const struct yaml_node *value, void *to)
{
	static const char *const names[] = {
		[CLIENT_NONE] = "NoClientCert", [CLIENT_REQUEST] = "RequestClientCert",
		[CLIENT_REQUIRE_ANY] = "RequireAnyClientCert", [CLIENT_VERIFY_IF_GIVEN] = "VerifyClientCertIfGiven",
		[CLIENT_REQUIRE_AND_VERIFY] = "RequireAndVerifyClientCert", NULL,
	};
	const char *text;
	int ret = one_text(y, value, value->key->text, &text);

	if (ret || !*text)
		return ret;
	if (!strcmp(text, "RequireClientCert"))		/* what it was called before */
		text = names[CLIENT_REQUIRE_ANY];
	for (int i = 0; names[i]; i++) {
		((struct tls_config *)to)->client_auth = i;
		if (!strcmp(names[i], text))
			return 0;
	}
	return yaml__fail_word(y, value, text, names, "unknown client_auth_type '%.64s'", text);
}

static int set_version(struct yaml *y, const struct yaml_node *value, void *to)
{
	static const char *const names[] = { "TLS10", "TLS11", "TLS12", "TLS13", NULL };
	struct tls_config *t = to;
	int *out = strcmp(value->key->text, "min_version") ? &t->max_version : &t->min_version;
	const char *text;
	int ret = one_text(y, value, value->key->text, &text);

	for (int i = 0; !ret && names[i]; i++) {
		*out = 10 + i;
		if (!strcmp(names[i], text))
			return 0;
	}
	return ret ? ret : yaml__fail_word(y, value, text, names, "unknown TLS version '%.64s'", text);
}

static int set_prefer(struct yaml *y, const struct yaml_node *value, void *to)
{
	return on_or_off(y, value, &((struct tls_config *)to)->prefer_server);
}

static int add_suite(struct yaml *y, const struct yaml_node *item, void *to)
{
	const struct cipher_suite *suite = cipher_suite__find(item->text);
	struct tls_config *t = to;

	if (!suite)
		return yaml__fail_word(y, item, item->text, cipher_suite__names(), "unknown cipher suite '%.64s'", item->text);
	for (size_t i = 0; i < t->nsuites; i++)
		if (t->suite[i] == suite)
			return yaml__fail(y, item, "'%s' is there twice", item->text);
	t->suite[t->nsuites++] = suite;
	return 0;
}

static int add_curve(struct yaml *y, const struct yaml_node *item, void *to)
{
	const struct curve *curve = curve__find(item->text);
	struct tls_config *t = to;

	if (!curve)
		return yaml__fail_word(y, item, item->text, curve__names(), "unknown curve '%.64s'", item->text);
	if (t->ncurves == CONFIG_CURVES)
		return yaml__fail(y, item, "more curves than there are");
	t->curve[t->ncurves++] = curve;
	return 0;
}

static int add_san(struct yaml *y, const struct yaml_node *item, void *to)
{
	struct tls_config *t = to;

	if (t->nsans == CONFIG_SANS)
		return yaml__fail(y, item, "client_allowed_sans: at most %d", CONFIG_SANS);
	t->san[t->nsans] = strdup(item->text);
	return t->san[t->nsans] ? (t->nsans++, 0) : -ENOMEM;
}

static int set_suites(struct yaml *y, const struct yaml_node *value, void *to)
{
	return each_item(y, value, add_suite, to);
}

static int set_curves(struct yaml *y, const struct yaml_node *value, void *to)
{
	return each_item(y, value, add_curve, to);
}

static int set_sans(struct yaml *y, const struct yaml_node *value, void *to)
{
	return each_item(y, value, add_san, to);
}

static const struct yaml_key tls_keys[] = {
	{ "cert_file", set_cert }, { "key_file", set_key }, { "client_auth_type", set_client_auth },
	{ "client_ca_file", set_ca }, { "client_allowed_sans", set_sans }, { "cipher_suites", set_suites },
	{ "curve_preferences", set_curves }, { "min_version", set_version }, { "max_version", set_version },
	{ "prefer_server_cipher_suites", set_prefer }, { NULL, NULL },
};

static int check_clients(struct yaml *y, const struct tls_config *t, const struct yaml_node *at)
{
	bool verifies = t->client_auth == CLIENT_VERIFY_IF_GIVEN || t->client_auth == CLIENT_REQUIRE_AND_VERIFY;

	if (t->client_ca_file && t->client_auth == CLIENT_NONE)
		return yaml__fail(y, at, "client_ca_file without client_auth_type: no client would be asked for a certificate");
	if (verifies && !t->client_ca_file)
		return yaml__fail(y, at, "client_auth_type verifies certificates, so it needs client_ca_file");
	if (t->nsans && t->client_auth != CLIENT_REQUIRE_AND_VERIFY)
		return yaml__fail(y, at, "client_allowed_sans needs client_auth_type: RequireAndVerifyClientCert");
	return 0;
}

static int check_tls(struct yaml *y, const struct tls_config *t, const struct yaml_node *at)
{
	struct error reason;
	char text[512];

	if (!t->cert_file && !t->key_file && !t->client_ca_file && t->client_auth == CLIENT_NONE) {
		if (t->nsuites || t->ncurves || t->nsans)
			return yaml__fail(y, at, "tls_server_config without cert_file and key_file: nothing would be encrypted");
		return 0;
	}
	if (!t->cert_file || !t->key_file)
		return yaml__fail(y, at, "tls_server_config: %s is missing", t->cert_file ? "key_file" : "cert_file");
	if (t->min_version > t->max_version)
		return yaml__fail(y, at, "min_version is above max_version");
	if (tls__priorities(t, text, sizeof(text), &reason))
		return yaml__fail(y, at, "%s", reason.text);
	return check_clients(y, t, at);
}

/* A web-config as a whole, its headers, users and rate limit. */

#define MAX_BURST 1000000

static int set_http2(struct yaml *y, const struct yaml_node *value, void *to)
{
	bool ignored;	/* HTTP/2 is permitted, not required: without it there is no error */

	(void)to;
	return on_or_off(y, value, &ignored);
}

/* A line break in a value would end the header in the answer */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int add_header(struct yaml *y, const struct yaml_node *value, void *to)
{
	static const char *const names[] = {
		"Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection",
		"Content-Security-Policy", NULL,
	};
	const char *name = value->key->text, *text;
	int ret = one_text(y, value, name, &text), i = 0;
	struct web_config *c = to;

	while (!ret && names[i] && strcmp(names[i], name))
		i++;
	if (!ret && !names[i])
		return yaml__fail_word(y, value->key, name, names, "unknown header '%.64s'", name);
	if (ret || yaml__is_null(value))
		return ret;
	if (!strcmp(name, "X-Content-Type-Options") && strcmp(text, "nosniff"))
		return yaml__fail(y, value, "%s: nosniff is all it can be", name);
	if (!strcmp(name, "X-Frame-Options") && strcmp(text, "deny") && strcmp(text, "sameorigin"))
		return yaml__fail(y, value, "%s: deny or sameorigin", name);
	if (!is_printable(text) || strlen(text) > 1024)
		return yaml__fail(y, value, "%s: one line of at most 1024 characters", name);
	c->header[c->nheaders].name = names[i];
	c->header[c->nheaders].value = strdup(text);
	return c->header[c->nheaders++].value ? 0 : -ENOMEM;
}

static int set_headers(struct yaml *y, const struct yaml_node *value, void *to)
{
	return each_value(y, value, add_header, to);
}

static const struct yaml_key http_keys[] = {
	{ "http2", set_http2 }, { "headers", set_headers }, { NULL, NULL },
};

static int add_user(struct yaml *y, const struct yaml_node *value, void *to)
{
	struct web_config *c = to;
	struct web_user *u = &c->user[c->nusers];
	const char *name = value->key->text, *hash, *reason;
	int ret = one_text(y, value, "the hash of a password", &hash);

	if (ret)
		return ret;
	if (c->nusers == CONFIG_USERS)
		return yaml__fail(y, value->key, "at most %d users", CONFIG_USERS);
	if (!*name || strchr(name, ':'))
		return yaml__fail(y, value->key, "a user's name has at least one character and no colon");
	reason = auth__bad_hash(hash);
	if (reason)
		return yaml__fail(y, value, "the password of '%.64s' %s", name, reason);
	c->nusers++;
	u->name = strdup(name);
	u->hash = strdup(hash);
	return u->name && u->hash ? 0 : -ENOMEM;
}

static int set_interval(struct yaml *y, const struct yaml_node *value, void *to)
{
	const char *text;
	int ret = one_text(y, value, value->key->text, &text);

	if (ret || !strcmp(text, "0"))
		return ret;
	ret = duration__parse(text, &((struct web_config *)to)->rate_interval_ns);
	return ret ? yaml__fail(y, value, "%s: a time like 100ms", value->key->text) : 0;
}

static int set_burst(struct yaml *y, const struct yaml_node *value, void *to)
{
	const char *text;
	int ret = one_text(y, value, value->key->text, &text);

	if (!ret && (number__parse(text, &((struct web_config *)to)->rate_burst) || ((struct web_config *)to)->rate_burst > MAX_BURST))
		ret = yaml__fail(y, value, "%s: a number up to %d", value->key->text, MAX_BURST);
	return ret;
}

static const struct yaml_key rate_keys[] = {
	{ "interval", set_interval }, { "burst", set_burst }, { NULL, NULL },
};

static int set_tls(struct yaml *y, const struct yaml_node *value, void *to)
{
	struct web_config *c = to;
	int ret = map(y, value, tls_keys, &c->tls);

	return ret ? ret : check_tls(y, &c->tls, value->key);
}

static int set_http(struct yaml *y, const struct yaml_node *value, void *to)
{
	return map(y, value, http_keys, to);
}

static int set_users(struct yaml *y, const struct yaml_node *value, void *to)
{
	return each_value(y, value, add_user, to);
}

static int set_rate(struct yaml *y, const struct yaml_node *value, void *to)
{
	int ret = map(y, value, rate_keys, to);
	const struct web_config *c = to;

	if (!ret && c->rate_interval_ns && !c->rate_burst)
		ret = yaml__fail(y, value->key, "%s: with a burst of 0 no request would be let in", value->key->text);
	return ret;
}

static const struct yaml_key top_keys[] = {
	{ "tls_server_config", set_tls }, { "http_server_config", set_http }, { "basic_auth_users", set_users },
	{ "rate_limit", set_rate }, { NULL, NULL },
};

static int read_all(struct web_config *c, struct error *err)
{
	struct yaml y = { .path = c->path, .what = "web-config", .max_bytes = 1 << 20, .max_depth = 64,
			  .max_nodes = 1 << 18, .err = err };
	int ret = yaml__read(&y);

	if (ret)
		return ret;
	if (y.root)	/* an empty file is a config, too */
		ret = map(&y, y.root, top_keys, c);
	yaml__free(&y);
	return ret;
}

int web_config__read(struct web_config **out, const char *path, struct error *err)
{
	struct web_config *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	*err->text = '\0';
	if (c)
		c->path = strdup(path);
	if (c && c->path) {
		c->tls.min_version = 12;
		c->tls.max_version = 13;
		c->tls.prefer_server = true;
		ret = read_all(c, err);
	}
	if (!ret) {
		*out = c;
		return 0;
	}
	if (!*err->text)
		error__describe(err, "%s: %s", path, strerror(-ret));
	web_config__free(c);
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
