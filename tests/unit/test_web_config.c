// SPDX-License-Identifier: GPL-2.0-only
/* The web-config: what exporter-toolkit takes is taken, and what is wrong is told with its place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/internal.h"
#include "lib/log.h"

#define HASH "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
#define FILES "tls_server_config:\n  cert_file: c.pem\n  key_file: /k.pem\n"

static char path[] = "/tmp/atcq-web-config-XXXXXX";

static int make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int gone(void **state)
{
	(void)state;
	return unlink(path);
}

static int try_text(const char *text, struct web_config **c, struct error *err)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	*c = NULL;
	return web_config__read(c, path, err);
}

static struct web_config *good(const char *text)
{
	struct web_config *c;
	struct error err;

	if (try_text(text, &c, &err))
		fail_msg("refused: %s", err.text);
	return c;
}

/* @place: ":LINE:COLUMN: " of the complaint, @why: a part of it */
static void bad(const char *text, const char *place, const char *why)
{
	struct web_config *c;
	struct error err = { "" };

	assert_int_equal(try_text(text, &c, &err), -EINVAL);
	assert_null(c);
	if (strncmp(err.text, path, strlen(path)) || strncmp(err.text + strlen(path), place, strlen(place)) || !strstr(err.text, why))
		fail_msg("'%s' is not at %s and of '%s'", err.text, place, why);
}

/* Nothing is a config: no TLS, nobody is asked for a password. */
static void test_empty(void **state)
{
	static const char *const texts[] = {
		"", "# nothing\n", "{}\n", "tls_server_config:\nbasic_auth_users:\nhttp_server_config: {}\n", "---\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct web_config *c = good(texts[i]);

		assert_false(web_config__has_tls(c));
		assert_int_equal(c->nusers, 0);
		assert_int_equal(c->nheaders, 0);
		web_config__free(c);
	}
	web_config__free(NULL);
}

/* Every key there is ends up where it belongs. */
static void test_all(void **state)
{
	struct web_config *c = good(FILES
		"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: sub/ca.pem\n"
		"  client_allowed_sans: [prometheus.example, '10.0.0.1']\n"
		"  cipher_suites:\n  - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n  - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n"
		"  curve_preferences: [X25519, CurveP256]\n  min_version: TLS12\n  max_version: TLS13\n"
		"  prefer_server_cipher_suites: false\n"
		"http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n"
		"    Strict-Transport-Security: max-age=31536000\n"
		"basic_auth_users:\n  alice: " HASH "\n  \"bob b\": '" HASH "'\n"
		"rate_limit:\n  interval: 100ms\n  burst: 20\n");
	char want[128];

	(void)state;
	assert_true(web_config__has_tls(c));
	snprintf(want, sizeof(want), "/tmp/c.pem");
	assert_string_equal(c->tls.cert_file, want);
	assert_string_equal(c->tls.key_file, "/k.pem");
	assert_string_equal(c->tls.client_ca_file, "/tmp/sub/ca.pem");
	assert_int_equal(c->tls.client_auth, CLIENT_REQUIRE_AND_VERIFY);
	assert_int_equal(c->tls.nsans, 2);
	assert_string_equal(c->tls.san[1], "10.0.0.1");
	assert_int_equal(c->tls.nsuites, 2);
	assert_ptr_equal(c->tls.curve[0], curve__find("X25519"));
	assert_false(c->tls.prefer_server);
	assert_int_equal(c->nheaders, 2);
	assert_string_equal(c->header[1].value, "max-age=31536000");
	assert_int_equal(c->nusers, 2);
	assert_string_equal(c->user[1].name, "bob b");
	assert_string_equal(c->user[1].hash, HASH);
	assert_int_equal(c->rate_interval_ns, 100000000);
	assert_int_equal(c->rate_burst, 20);
	web_config__free(c);
}

static void test_bad(void **state)
{
	(void)state;
	bad("- a\n", ":1:1: ", "takes keys with values");
	bad("a: b: c\n", ":1:5: ", "mapping values are not allowed");
	bad("tls_server_confg: {}\n", ":1:1: ", "did you mean 'tls_server_config'?");
	bad(FILES "  cert_fil: x\n", ":4:3: ", "did you mean 'cert_file'?");
	bad(FILES "  key_file: x\n", ":4:3: ", "there twice");
	bad("tls_server_config:\n  cert_file: [a]\n", ":2:14: ", "takes one text");
	bad("tls_server_config:\n  cert_file: x\n", ":1:1: ", "key_file is missing");
	bad("tls_server_config:\n  key_file: x\n", ":1:1: ", "cert_file is missing");
	bad("tls_server_config:\n  client_auth_type: RequireAnyClientCert\n", ":1:1: ", "cert_file is missing");
	bad("tls_server_config:\n  curve_preferences: [X25519]\n", ":1:1: ", "nothing would be encrypted");
	bad(FILES "  client_auth_type: RequireAnyClientCrt\n", ":4:21: ", "did you mean 'RequireAnyClientCert'?");
	bad(FILES "  client_ca_file: x\n", ":1:1: ", "without client_auth_type");
	bad(FILES "  client_auth_type: RequireAndVerifyClientCert\n", ":1:1: ", "needs client_ca_file");
	bad(FILES "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a]\n", ":1:1: ", "client_allowed_sans needs");
	bad(FILES "  min_version: SSL3\n", ":4:16: ", "unknown TLS version");
	bad(FILES "  min_version: TLS13\n  max_version: TLS12\n", ":1:1: ", "min_version is above");
	bad(FILES "  curve_preferences: [CurveP255]\n", ":4:23: ", "did you mean 'CurveP256'?");
	bad(FILES "  cipher_suites: TLS_AES_128_GCM_SHA256\n", ":4:18: ", "takes a list");
	bad(FILES "  prefer_server_cipher_suites: maybe\n", ":4:32: ", "true or false");
	bad("http_server_config:\n  headers:\n    X-Other: a\n", ":3:5: ", "unknown header");
	bad("http_server_config:\n  headers:\n    X-Frame-Options: never\n", ":3:22: ", "deny or sameorigin");
	bad("http_server_config:\n  headers:\n    Content-Security-Policy: \"a\\r\\nSet-Cookie: b\"\n", ":3:30: ", "one line");
	bad("http_server_config:\n  http3: true\n", ":2:3: ", "did you mean 'http2'?");
	bad("basic_auth_users:\n  a: secret\n", ":2:6: ", "not a bcrypt hash");
	bad("basic_auth_users:\n  a: $2y$31$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG\n", ":2:6: ", "cost");
	bad("basic_auth_users:\n  a:b: " HASH "\n", ":2:3: ", "no colon");
	bad("basic_auth_users: [a]\n", ":1:19: ", "takes keys with values");
	bad("rate_limit:\n  interval: soon\n", ":2:13: ", "a time like");
	bad("rate_limit:\n  interval: 1s\n", ":1:1: ", "burst of 0");
	bad("rate_limit:\n  burst: -1\n", ":2:10: ", "a number up to");
	bad("a: \"x\n", ":2:1: ", "unexpected end of stream");
}

/* Each user's line is found, and there is an end to how many. */
static void test_many_users(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	char place[32];

	(void)state;
	fputs("basic_auth_users:\n", f);
	for (int i = 0; i <= CONFIG_USERS; i++)
		fprintf(f, "  u%d: " HASH "\n", i);
	fclose(f);
	snprintf(place, sizeof(place), ":%d:3: ", CONFIG_USERS + 2);
	bad(text, place, "at most 64 users");
	free(text);
}

static void test_missing(void **state)
{
	struct web_config *c = NULL;
	struct error err;

	(void)state;
	assert_int_equal(web_config__read(&c, "/nonexistent/web.yml", &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/web.yml: No such file or directory");
}

static int priorities(const char *const *names, int min, int max, char *out, struct error *err)
{
	struct tls_config t = { .min_version = min, .max_version = max };

	for (; *names; names++) {
		t.suite[t.nsuites] = cipher_suite__find(*names);
		assert_non_null(t.suite[t.nsuites++]);
	}
	return tls__priorities(&t, out, 512, err);
}

#define SUITES(...) (const char *const[]){ __VA_ARGS__, NULL }

/* GnuTLS combines what it is told, so not every list can be had; one that cannot is refused. */
static void test_ciphers(void **state)
{
	struct error err;
	char out[512];

	(void)state;
	for (const char *const *n = cipher_suite__names(); *n; n++)
		assert_non_null(cipher_suite__find(*n));
	assert_null(cipher_suite__find("TLS_RSA_WITH_RC4_128_SHA"));
	assert_int_equal(priorities(SUITES("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), 12, 13, out, &err), 0);
	assert_string_equal(out, "NONE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-RSA:+AES-128-GCM:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL");
	assert_int_equal(priorities(cipher_suite__names(), 12, 13, out, &err), 0);
	assert_int_equal(priorities(SUITES("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), 12, 13, out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "would offer 0xc0"));
	assert_int_equal(priorities(SUITES("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), 12, 13, out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "max_version: TLS12"));
	assert_int_equal(priorities(SUITES("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), 12, 12, out, &err), 0);
	assert_int_equal(priorities(SUITES("TLS_AES_256_GCM_SHA384"), 12, 13, out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "min_version: TLS13"));
	assert_int_equal(priorities(SUITES("TLS_AES_256_GCM_SHA384"), 13, 13, out, &err), 0);
	assert_int_equal(priorities((const char *const[]){ NULL }, 12, 13, out, &err), 0);
	assert_string_equal(out, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_all), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many_users), cmocka_unit_test(test_missing), cmocka_unit_test(test_ciphers),
	};

	return cmocka_run_group_tests(tests, make, gone);
}
