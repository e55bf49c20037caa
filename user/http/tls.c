// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lib/file.h"
#include "lib/log.h"

struct cipher_suite {
	const char *name;
	unsigned char id[2];		/* IANA's */
	const char *kx, *cipher, *mac;	/* kx NULL: one of TLS 1.3 */
};

struct curve {
	const char *name, *group;
};

static const struct cipher_suite suites[] = {
	{ "TLS_RSA_WITH_AES_128_CBC_SHA", { 0x00, 0x2f }, "RSA", "AES-128-CBC", "SHA1" },
	{ "TLS_RSA_WITH_AES_256_CBC_SHA", { 0x00, 0x35 }, "RSA", "AES-256-CBC", "SHA1" },
	{ "TLS_RSA_WITH_AES_128_GCM_SHA256", { 0x00, 0x9c }, "RSA", "AES-128-GCM", "AEAD" },
	{ "TLS_RSA_WITH_AES_256_GCM_SHA384", { 0x00, 0x9d }, "RSA", "AES-256-GCM", "AEAD" },
	{ "TLS_AES_128_GCM_SHA256", { 0x13, 0x01 }, NULL, "AES-128-GCM", "AEAD" },
	{ "TLS_AES_256_GCM_SHA384", { 0x13, 0x02 }, NULL, "AES-256-GCM", "AEAD" },
	{ "TLS_CHACHA20_POLY1305_SHA256", { 0x13, 0x03 }, NULL, "CHACHA20-POLY1305", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", { 0xc0, 0x09 }, "ECDHE-ECDSA", "AES-128-CBC", "SHA1" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", { 0xc0, 0x0a }, "ECDHE-ECDSA", "AES-256-CBC", "SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", { 0xc0, 0x13 }, "ECDHE-RSA", "AES-128-CBC", "SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", { 0xc0, 0x14 }, "ECDHE-RSA", "AES-256-CBC", "SHA1" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", { 0xc0, 0x2b }, "ECDHE-ECDSA", "AES-128-GCM", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", { 0xc0, 0x2c }, "ECDHE-ECDSA", "AES-256-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", { 0xc0, 0x2f }, "ECDHE-RSA", "AES-128-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", { 0xc0, 0x30 }, "ECDHE-RSA", "AES-256-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", { 0xcc, 0xa8 }, "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", { 0xcc, 0xa9 }, "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD" },
};
#define NSUITES (sizeof(suites) / sizeof(suites[0]))
_Static_assert(NSUITES <= CONFIG_SUITES, "a config has room for each suite once");

static const struct curve curves[] = {
	{ "CurveP256", "SECP256R1" }, { "CurveP384", "SECP384R1" }, { "CurveP521", "SECP521R1" }, { "X25519", "X25519" },
};
#define NCURVES (sizeof(curves) / sizeof(curves[0]))

const struct cipher_suite *cipher_suite__find(const char *name)
{
	for (size_t i = 0; i < NSUITES; i++)
		if (!strcmp(suites[i].name, name))
			return &suites[i];
	return NULL;
}

const struct curve *curve__find(const char *name)
{
	for (size_t i = 0; i < NCURVES; i++)
		if (!strcmp(curves[i].name, name))
			return &curves[i];
	return NULL;
}

const char *const *cipher_suite__names(void)
{
	static const char *names[NSUITES + 1];

	for (size_t i = 0; i < NSUITES; i++)
		names[i] = suites[i].name;
	return names;
}

const char *const *curve__names(void)
{
	static const char *names[NCURVES + 1];

	for (size_t i = 0; i < NCURVES; i++)
		names[i] = curves[i].name;
	return names;
}

struct text {
	char *out;
	size_t len, capacity;
};

/* Adds ":+WORD", once */
static void add(struct text *t, const char *word)
{
	char item[64];
	const char *at;

	snprintf(item, sizeof(item), ":+%s", word);
	at = strstr(t->out, item);
	if (at && strchr(":", at[strlen(item)]))
		return;
	t->len += snprintf(t->out + t->len, t->len < t->capacity ? t->capacity - t->len : 0, "%s", item);
}

static void add_suites(struct text *t, const struct tls_config *tls)
{
	for (size_t i = 0; i < tls->nsuites; i++) {
		const struct cipher_suite *s = tls->suite[i];

		if (s->kx)
			add(t, s->kx);
		add(t, s->cipher);
		add(t, s->mac);
	}
	add(t, "SIGN-ALL");
	add(t, "COMP-NULL");
}

static void add_versions(struct text *t, const struct tls_config *tls)
{
	static const char *const names[] = { "VERS-TLS1.0", "VERS-TLS1.1", "VERS-TLS1.2", "VERS-TLS1.3" };

	/* The first is preferred */
	for (int v = tls->max_version; v >= tls->min_version; v--)
		add(t, names[v - 10]);
}

static bool is_listed(const struct tls_config *tls, const unsigned char id[2])
{
	for (size_t i = 0; i < tls->nsuites; i++)
		if (!memcmp(tls->suite[i]->id, id, 2))
			return true;
	return false;
}

/* @p as GnuTLS understood it: what does it let in? */
static int check_suites(const struct tls_config *tls, gnutls_priority_t p, struct error *err)
{
	unsigned char id[2];
	gnutls_protocol_t from;
	unsigned int index;
	bool any12 = false, any13 = false;
	const char *name;
	int ret;

	for (unsigned int i = 0; ; i++) {
		ret = gnutls_priority_get_cipher_suite_index(p, i, &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		name = ret ? NULL : gnutls_cipher_suite_info(index, id, NULL, NULL, NULL, &from);
		if (!name)
			continue;
		any13 |= from == GNUTLS_TLS1_3;
		any12 |= from != GNUTLS_TLS1_3;
		if (tls->nsuites && from != GNUTLS_TLS1_3 && !is_listed(tls, id))
			return error__set(err, -EINVAL, "cipher_suites: GnuTLS would offer 0x%02x%02x (%s) as well; add it, or list fewer "
					  "kinds of keys and ciphers", id[0], id[1], name);
	}
	if (tls->nsuites && !any13 && tls->max_version == 13)
		error__describe(err, "cipher_suites: none of them is for TLS 1.3; add one with GCM or CHACHA20, or say max_version: TLS12");
	else if (tls->nsuites && !any12 && tls->min_version < 13)
		error__describe(err, "cipher_suites: none of them is for TLS below 1.3; add one, or say min_version: TLS13");
	else
		return 0;
	return -EINVAL;
}

int tls__priorities(const struct tls_config *tls, char *out, size_t outlen, struct error *err)
{
	struct text t = { .out = out, .capacity = outlen };
	const char *at = NULL;
	gnutls_priority_t p;
	int ret;

	/* NORMAL without what it would add: each kind is listed in full if it is listed at all */
	t.len = snprintf(out, outlen, "%s:-VERS-ALL%s", tls->nsuites ? "NONE" : "NORMAL",
			 tls->ncurves && !tls->nsuites ? ":-GROUP-ALL" : "");
	add_versions(&t, tls);
	if (tls->nsuites)
		add_suites(&t, tls);
	for (size_t i = 0; i < tls->ncurves; i++) {
		char name[32];

		snprintf(name, sizeof(name), "GROUP-%s", tls->curve[i]->group);
		add(&t, name);
	}
	if (tls->nsuites && !tls->ncurves)
		add(&t, "GROUP-ALL");
	t.len += snprintf(out + t.len, t.len < outlen ? outlen - t.len : 0, "%s",
			  tls->prefer_server ? ":%SERVER_PRECEDENCE" : "");
	if (t.len >= outlen)
		return error__set(err, -EINVAL, "cipher_suites: too many");
	ret = gnutls_priority_init(&p, out, &at);
	if (ret)
		return error__set(err, -EINVAL, "GnuTLS refuses '%s': %s", at ? at : out, gnutls_strerror(ret));
	ret = check_suites(tls, p, err);
	gnutls_priority_deinit(p);
	return ret;
}

#define MAX_PEM (1 << 20)

static int read_file(const char *path, char **out, struct error *err)
{
	size_t len = 0;
	int ret = file__read(path, MAX_PEM - 1, out, &len);

	if (!ret && len)
		return 0;
	free(*out);
	*out = NULL;
	if (!ret || ret == -EFBIG)
		ret = -EINVAL;
	return error__set(err, ret, "%s: %s", path, ret == -EINVAL ? "empty, or larger than any certificate" : strerror(-ret));
}

static gnutls_datum_t datum(char *text)
{
	return (gnutls_datum_t){ (unsigned char *)text, strlen(text) };
}

/* libmicrohttpd does the same, but without an error message */
static int check(const struct tls *tls, struct error *err)
{
	gnutls_datum_t cert = datum(tls->cert), key = datum(tls->key), trust;
	gnutls_certificate_credentials_t cred;
	int ret = gnutls_certificate_allocate_credentials(&cred);

	if (ret)
		return -ENOMEM;
	ret = gnutls_certificate_set_x509_key_mem(cred, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (ret < 0) {
		error__describe(err, "%s with %s: %s", tls->config->cert_file, tls->config->key_file, gnutls_strerror(ret));
	} else if (tls->trust) {
		trust = datum(tls->trust);
		ret = gnutls_certificate_set_x509_trust_mem(cred, &trust, GNUTLS_X509_FMT_PEM);
		if (ret <= 0)
			error__describe(err, "%s: %s", tls->config->client_ca_file,
					ret ? gnutls_strerror(ret) : "there is no certificate in it");
		ret = ret ? ret : -1;
	}
	gnutls_certificate_free_credentials(cred);
	return ret < 0 ? -EINVAL : 0;
}

int tls__open(struct tls *tls, const struct tls_config *config, struct error *err)
{
	int ret;

	*tls = (struct tls){ .config = config };
	ret = tls__priorities(config, tls->priorities, sizeof(tls->priorities), err);
	if (!ret)
		ret = read_file(config->cert_file, &tls->cert, err);
	if (!ret)
		ret = read_file(config->key_file, &tls->key, err);
	if (!ret && config->client_ca_file)
		ret = read_file(config->client_ca_file, &tls->trust, err);
	if (!ret)
		ret = check(tls, err);
	if (ret)
		tls__close(tls);
	return ret;
}

void tls__close(struct tls *tls)
{
	if (tls->key)
		explicit_bzero(tls->key, strlen(tls->key));
	free(tls->cert);
	free(tls->key);
	free(tls->trust);
	tls->cert = tls->key = tls->trust = NULL;
}

/* One name as a text; "" if it is of a kind that client_allowed_sans does not know */
static void san_text(unsigned int type, const char *data, size_t len, char *out, size_t outlen)
{
	*out = '\0';
	if (type == GNUTLS_SAN_IPADDRESS && (len == 4 || len == 16))
		inet_ntop(len == 4 ? AF_INET : AF_INET6, data, out, outlen);
	else if ((type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI) &&
		 len < outlen && !memchr(data, 0, len))
		snprintf(out, outlen, "%.*s", (int)len, data);
}

static bool is_allowed(const struct tls_config *config, gnutls_x509_crt_t cert)
{
	char data[1024], text[1024];
	unsigned int type;

	for (unsigned int i = 0; ; i++) {
		size_t len = sizeof(data);
		int ret = gnutls_x509_crt_get_subject_alt_name2(cert, i, data, &len, &type, NULL);

		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (ret < 0)
			continue;
		san_text(type, data, len, text, sizeof(text));
		for (size_t s = 0; *text && s < config->nsans; s++)
			if (!strcmp(config->san[s], text))
				return true;
	}
}

static bool has_allowed_san(const struct tls_config *config, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t cert;
	bool ok;

	if (gnutls_x509_crt_init(&cert))
		return false;
	ok = !gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) && is_allowed(config, cert);
	gnutls_x509_crt_deinit(cert);
	return ok;
}

int tls__verify(const struct tls *tls, gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID, (void *)GNUTLS_KP_TLS_WWW_CLIENT, 0 };
	const gnutls_datum_t *cert;
	unsigned int n, status = 0;

	cert = gnutls_certificate_get_peers(session, &n);
	if (!cert || !n)
		return tls->config->client_auth == CLIENT_REQUIRE_ANY ||
		       tls->config->client_auth == CLIENT_REQUIRE_AND_VERIFY ? -1 : 0;
	if (tls->config->client_auth == CLIENT_REQUEST || tls->config->client_auth == CLIENT_REQUIRE_ANY)
		return 0;
	if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) || status)
		return -1;
	return !tls->config->nsans || has_allowed_san(tls->config, cert) ? 0 : -1;
}

void tls__session(const struct tls *tls, gnutls_session_t session, gnutls_certificate_verify_function *fn)
{
	static const gnutls_certificate_request_t ask[] = {
		[CLIENT_NONE] = GNUTLS_CERT_IGNORE, [CLIENT_REQUEST] = GNUTLS_CERT_REQUEST,
		[CLIENT_REQUIRE_ANY] = GNUTLS_CERT_REQUIRE, [CLIENT_VERIFY_IF_GIVEN] = GNUTLS_CERT_REQUEST,
		[CLIENT_REQUIRE_AND_VERIFY] = GNUTLS_CERT_REQUIRE,
	};

	gnutls_certificate_server_set_request(session, ask[tls->config->client_auth]);
	if (tls->config->client_auth != CLIENT_NONE)
		gnutls_session_set_verify_function(session, fn);
}
