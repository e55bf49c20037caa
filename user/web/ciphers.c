// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ciphers.h"

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
	size_t len, room;
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
	t->len += snprintf(t->out + t->len, t->len < t->room ? t->room - t->len : 0, "%s", item);
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
static int check(const struct tls_config *tls, gnutls_priority_t p, char *err, size_t errlen)
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
		if (tls->nsuites && from != GNUTLS_TLS1_3 && !is_listed(tls, id)) {
			snprintf(err, errlen, "cipher_suites: GnuTLS would offer 0x%02x%02x (%s) as well; add it, or list fewer "
				 "kinds of keys and ciphers", id[0], id[1], name);
			return -EINVAL;
		}
	}
	if (tls->nsuites && !any13 && tls->max_version == 13)
		snprintf(err, errlen, "cipher_suites: none of them is for TLS 1.3; add one with GCM or CHACHA20, or say max_version: TLS12");
	else if (tls->nsuites && !any12 && tls->min_version < 13)
		snprintf(err, errlen, "cipher_suites: none of them is for TLS below 1.3; add one, or say min_version: TLS13");
	else
		return 0;
	return -EINVAL;
}

int tls__priorities(const struct tls_config *tls, char *out, size_t outlen, char *err, size_t errlen)
{
	struct text t = { .out = out, .room = outlen };
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
	if (t.len >= outlen) {
		snprintf(err, errlen, "cipher_suites: too many");
		return -EINVAL;
	}
	ret = gnutls_priority_init(&p, out, &at);
	if (ret) {
		snprintf(err, errlen, "GnuTLS refuses '%s': %s", at ? at : out, gnutls_strerror(ret));
		return -EINVAL;
	}
	ret = check(tls, p, err, errlen);
	gnutls_priority_deinit(p);
	return ret;
}
