// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ciphers.h"
#include "tls.h"

#define MAX_PEM (1 << 20)

static int read_file(const char *path, char **out, char *err, size_t errlen)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, MAX_PEM + 1) : NULL;
	size_t len = text ? fread(text, 1, MAX_PEM, f) : 0;
	int ret = !f || (text && ferror(f)) ? -errno : text ? 0 : -ENOMEM;

	if (f)
		fclose(f);
	if (!ret && (!len || len == MAX_PEM))
		ret = -EINVAL;
	if (!ret) {
		*out = realloc(text, len + 1);
		return *out ? 0 : -ENOMEM;
	}
	free(text);
	snprintf(err, errlen, "%s: %s", path, ret == -EINVAL ? "empty, or larger than any certificate" : strerror(-ret));
	return ret;
}

static gnutls_datum_t datum(char *text)
{
	return (gnutls_datum_t){ (unsigned char *)text, strlen(text) };
}

/* libmicrohttpd does the same, but does not say what is wrong */
static int check(const struct tls *tls, char *err, size_t errlen)
{
	gnutls_datum_t cert = datum(tls->cert), key = datum(tls->key), trust;
	gnutls_certificate_credentials_t cred;
	int ret = gnutls_certificate_allocate_credentials(&cred);

	if (ret)
		return -ENOMEM;
	ret = gnutls_certificate_set_x509_key_mem(cred, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (ret < 0) {
		snprintf(err, errlen, "%s with %s: %s", tls->config->cert_file, tls->config->key_file, gnutls_strerror(ret));
	} else if (tls->trust) {
		trust = datum(tls->trust);
		ret = gnutls_certificate_set_x509_trust_mem(cred, &trust, GNUTLS_X509_FMT_PEM);
		if (ret <= 0)
			snprintf(err, errlen, "%s: %s", tls->config->client_ca_file,
				 ret ? gnutls_strerror(ret) : "there is no certificate in it");
		ret = ret ? ret : -1;
	}
	gnutls_certificate_free_credentials(cred);
	return ret < 0 ? -EINVAL : 0;
}

int tls__open(struct tls *tls, const struct tls_config *config, char *err, size_t errlen)
{
	int ret;

	*tls = (struct tls){ .config = config };
	ret = tls__priorities(config, tls->priorities, sizeof(tls->priorities), err, errlen);
	if (!ret)
		ret = read_file(config->cert_file, &tls->cert, err, errlen);
	if (!ret)
		ret = read_file(config->key_file, &tls->key, err, errlen);
	if (!ret && config->client_ca_file)
		ret = read_file(config->client_ca_file, &tls->trust, err, errlen);
	if (!ret)
		ret = check(tls, err, errlen);
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
