// SPDX-License-Identifier: GPL-2.0-only
/* The keys of tls_server_config, and what they must be together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ciphers.h"
#include "config.h"
#include "config_impl.h"

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
