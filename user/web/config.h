/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The web-config, a file in the format of Prometheus' exporter-toolkit: TLS, client
 * certificates, headers, users and their hashed passwords, a rate limit.
 */
#ifndef ATCQ_WEB_CONFIG_H
#define ATCQ_WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SUITES	24
#define CONFIG_CURVES	8
#define CONFIG_SANS	64
#define CONFIG_USERS	64
#define CONFIG_HEADERS	5

/* As Go's crypto/tls has them */
enum client_auth {
	CLIENT_NONE, CLIENT_REQUEST, CLIENT_REQUIRE_ANY, CLIENT_VERIFY_IF_GIVEN, CLIENT_REQUIRE_AND_VERIFY,
};

struct cipher_suite;
struct curve;

struct tls_config {
	char *cert_file, *key_file, *client_ca_file;	/* absolute, or relative to the working folder; NULL: not given */
	enum client_auth client_auth;
	char *san[CONFIG_SANS];
	size_t nsans;
	const struct cipher_suite *suite[CONFIG_SUITES];	/* 0: GnuTLS' own choice */
	size_t nsuites;
	const struct curve *curve[CONFIG_CURVES];
	size_t ncurves;
	int min_version, max_version;		/* 10 ... 13 for TLS 1.0 ... 1.3 */
	bool prefer_server;
};

struct web_user {
	char *name, *hash;
};

struct web_config {
	char *path;
	struct tls_config tls;
	struct { const char *name; char *value; } header[CONFIG_HEADERS];
	size_t nheaders;
	struct web_user user[CONFIG_USERS];
	size_t nusers;
	uint64_t rate_interval_ns;	/* 0: no limit */
	uint64_t rate_burst;
};

/*
 * Reads @path and checks what can be checked without the files that it names. 0, or
 * -errno with a sentence in @err that has the line and column: -EINVAL.
 */
int web_config__read(struct web_config **out, const char *path, char *err, size_t errlen);
void web_config__free(struct web_config *c);	/* NULL is fine */

static inline bool web_config__has_tls(const struct web_config *c)
{
	return c && c->tls.cert_file;
}

#endif
