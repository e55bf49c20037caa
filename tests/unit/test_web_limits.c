// SPDX-License-Identifier: GPL-2.0-only
/* What the server bounds: connections and their time, passwords that are worked on, and what is remembered of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "http/internal.h"
#include "lib/log.h"

#define S 1000000000ull

static struct conns conns;
static unsigned int closed;

static struct sockaddr *address(const char *text)
{
	static union { struct sockaddr sa; struct sockaddr_in in; struct sockaddr_in6 in6; } a;

	memset(&a, 0, sizeof(a));
	if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1)
		a.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) == 1)
		a.sa.sa_family = AF_INET6;
	return &a.sa;
}

static void on_close(struct conn *conn)
{
	(void)conn;
	closed++;
}

static int fresh(void **state)
{
	(void)state;
	memset(&conns, 0, sizeof(conns));
	closed = 0;
	return 0;
}

static struct conn *come(const char *from, uint64_t now)
{
	return conns__admit(&conns, 3, address(from), &conns, now);
}

/* One address has a share only, and a whole IPv6 network is one; IPv4 inside IPv6 is IPv4. */
static void test_from_one_address(void **state)
{
	struct conn *conn;

	(void)state;
	for (int i = 0; i < CONNS_PER_ADDRESS; i++)
		assert_non_null(come(i % 2 ? "10.0.0.1" : "::ffff:10.0.0.1", 0));
	assert_null(come("10.0.0.1", 0));
	assert_null(come("::ffff:10.0.0.1", 0));
	assert_int_equal(conns.refused, 2);
	conn = come("10.0.0.2", 0);
	assert_non_null(conn);
	for (int i = 0; i < CONNS_PER_ADDRESS; i++)
		assert_non_null(come(i % 2 ? "2001:db8::1" : "2001:db8::ffff:2", 0));
	assert_null(come("2001:db8::3", 0));
	assert_non_null(come("2001:db8:0:1::3", 0));
	conns__closed(&conns, conn);
	conns__closed(&conns, NULL);
	assert_int_equal(conns.n, 2 * CONNS_PER_ADDRESS + 1);
}

static void test_in_all(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < CONNS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 8, i);
		assert_non_null(come(text, 0));
	}
	assert_null(come("10.1.0.0", 0));
	conns__closed(&conns, &conns.conn[5]);
	conns__closed(&conns, &conns.conn[5]);
	assert_int_equal(conns.n, CONNS_MAX - 1);
	assert_ptr_equal(come("10.1.0.0", 0), &conns.conn[5]);
}

/* A byte now and then does not help: what counts is when the request began, and it is closed once. */
static void test_deadlines(void **state)
{
	struct conn *slow = come("10.0.0.1", S), *idle = come("10.0.0.2", S);

	(void)state;
	conn__stage(idle, CONN_ANSWER, 2 * S);
	conn__stage(idle, CONN_IDLE, 3 * S);
	conns__expire(&conns, CONNS_HEADERS_NS + S - 1, NULL, on_close);
	assert_int_equal(closed, 0);
	conns__expire(&conns, CONNS_HEADERS_NS + S, NULL, on_close);
	conns__expire(&conns, CONNS_HEADERS_NS + 2 * S, NULL, on_close);
	assert_int_equal(closed, 1);
	assert_int_equal(slow->stage, CONN_OVERDUE);
	conn__stage(slow, CONN_ANSWER, CONNS_HEADERS_NS + 2 * S);
	assert_int_equal(slow->stage, CONN_OVERDUE);
	conns__expire(&conns, CONNS_IDLE_NS + 3 * S, NULL, on_close);
	assert_int_equal(closed, 2);
	assert_int_equal(conns.overdue, 2);
}

/* Who drains lets answers out, and waits for nobody who says nothing. */
static void test_drain(void **state)
{
	struct conn *busy = come("10.0.0.1", 0), *idle = come("10.0.0.2", 0);
	int other;

	(void)state;
	conn__stage(busy, CONN_ANSWER, 0);
	conn__stage(idle, CONN_IDLE, 0);
	conns__expire(&conns, 1, &other, on_close);
	assert_int_equal(closed, 0);
	conns__expire(&conns, 1, &conns, on_close);
	assert_int_equal(closed, 1);
	assert_int_equal(busy->stage, CONN_ANSWER);
	assert_true(conns__answering(&conns));
	conn__stage(busy, CONN_IDLE, 1);
	assert_false(conns__answering(&conns));
	assert_int_equal(conns.overdue, 0);
	assert_int_equal(conns__of(&conns, &conns), 2);
}

static void test_gzip(void **state)
{
	static const char *const yes[] = { "gzip", "deflate, gzip;q=1.0", "br;q=1, GZIP ;q=0.5", "*", "gzip;q=0.001" },
		*const no[] = { "", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzipped", "deflate", "gzip;q=0, *" };
	char text[4096], again[4096], *packed;
	size_t len;
	z_stream z = { 0 };

	(void)state;
	assert_false(gzip__accepted(NULL));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!gzip__accepted(yes[i]))
			fail_msg("'%s' allows gzip", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (gzip__accepted(no[i]))
			fail_msg("'%s' does not allow gzip", no[i]);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'a' + i % 7;
	assert_int_equal(gzip__pack(text, sizeof(text), &packed, &len), 0);
	assert_true(len < sizeof(text) / 10);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)packed, z.avail_in = len, z.next_out = (Bytef *)again, z.avail_out = sizeof(again);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_memory_equal(text, again, sizeof(text));
	inflateEnd(&z);
	free(packed);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "", ":9793", "[::1]", "[::1]:", "::1:9793", "localhos:1", "127.0.0.1:65536",
					   "127.0.0.1:-1", "127.0.0.1:1x", "[::1:80", "unix:", "unix:relative", "99999", "[]:1" };
	static const char *const good[] = { "[::1]:0", "127.0.0.1:0", "localhost:0", "0", "127.9.9.9:0" };
	struct listener l, second;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (listener__open(&l, bad[i], &err) != -EINVAL)
			fail_msg("'%s' is an address", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (listener__open(&l, good[i], &err))
			fail_msg("%s", err.text);
		assert_true(l.local);
		assert_null(strstr(l.name, ":0"));
		/* The name is that of an address that is taken now */
		assert_int_equal(listener__open(&second, l.name, &err), -EADDRINUSE);
		assert_non_null(strstr(err.text, "ss -lntp"));
		listener__close(&l);
	}
	assert_int_equal(listener__open(&l, "0.0.0.0:0", &err), 0);
	assert_false(l.local);
	listener__close(&l);
}

/* A socket that a crash left behind is taken, one that somebody listens at is not. */
static void test_unix(void **state)
{
	struct error err;
	char dir[] = "/tmp/atcq-web-XXXXXX", name[64];
	struct listener l, second;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "unix:%s/s", dir);
	assert_int_equal(listener__open(&l, name, &err), 0);
	assert_string_equal(l.name, name);
	assert_int_equal(listener__open(&second, name, &err), -EADDRINUSE);
	close(l.fd);
	assert_int_equal(listener__open(&second, name, &err), 0);
	listener__close(&second);
	assert_int_equal(rmdir(dir), 0);
}

/* However many bad ones come, what is remembered is bounded, and the good one stays. */
static void test_cache(void **state)
{
	static struct auth_cache c, other;
	struct auth_digest good, d, e;
	char password[32];
	bool verdict;

	(void)state;
	assert_int_equal(auth_cache__init(&c), 0);
	assert_int_equal(auth_cache__init(&other), 0);
	auth_cache__digest(&c, "alice", "hash", "secret", &good);
	assert_false(auth_cache__get(&c, &good, &verdict));
	auth_cache__put(&c, &good, true);
	auth_cache__put(&c, &good, true);
	assert_int_equal(c.good.n, 1);
	for (int i = 0; i < 3 * AUTH_CACHE_ENTRIES; i++) {
		snprintf(password, sizeof(password), "wrong%d", i);
		auth_cache__digest(&c, "alice", "hash", password, &d);
		auth_cache__put(&c, &d, false);
	}
	assert_true(auth_cache__get(&c, &d, &verdict));
	assert_false(verdict);
	assert_int_equal(c.bad.n, AUTH_CACHE_ENTRIES);
	assert_true(auth_cache__get(&c, &good, &verdict));
	assert_true(verdict);
	/* Another hash, another split of the same letters, another key: all unknown */
	auth_cache__digest(&c, "alice", "hash2", "secret", &d);
	assert_false(auth_cache__get(&c, &d, &verdict));
	auth_cache__digest(&c, "alic", "ehash", "secret", &d);
	assert_false(auth_cache__get(&c, &d, &verdict));
	auth_cache__digest(&other, "alice", "hash", "secret", &e);
	assert_memory_not_equal(&e, &good, sizeof(e));
}

struct asking {
	sd_event *event;
	enum auth_verdict verdict[AUTH_WAITING];
	unsigned int left;
};
static struct asking asking;

static void on_verdict(void *job, enum auth_verdict verdict)
{
	*(enum auth_verdict *)job = verdict;
	if (!--asking.left)
		sd_event_exit(asking.event, 0);
}

/* A process works it out; no more than a few wait from one address, and others still come in. */
static void test_auth(void **state)
{
	/* "secret" and cost 4 */
	static char name[] = "alice", hash[] = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
	struct web_config c = { .user = { { name, hash } }, .nusers = 1 }, none = { 0 };
	struct conn_address a = { .family = 4, .byte = { 10 } }, b = { .family = 4, .byte = { 11 } };
	struct auth *auth;

	(void)state;
	assert_true(sd_event_new(&asking.event) >= 0);
	assert_int_equal(auth__new(&auth, asking.event, on_verdict), 0);
	assert_int_equal(auth__check(auth, &none, NULL, NULL, &a, NULL), AUTH_YES);
	assert_int_equal(auth__check(auth, &c, NULL, NULL, &a, NULL), AUTH_NO);
	assert_int_equal(auth__check(auth, &c, "alice", "w0", &a, &asking.verdict[0]), AUTH_LATER);
	assert_int_equal(auth__check(auth, &c, "bob", "secret", &a, &asking.verdict[1]), AUTH_LATER);
	assert_int_equal(auth__check(auth, &c, "alice", "w2", &a, &asking.verdict[2]), AUTH_LATER);
	assert_int_equal(auth__check(auth, &c, "alice", "w3", &a, &asking.verdict[3]), AUTH_LATER);
	assert_int_equal(auth__check(auth, &c, "alice", "w4", &a, NULL), AUTH_BUSY);
	asking.verdict[0] = asking.verdict[1] = AUTH_BUSY;
	assert_int_equal(auth__check(auth, &c, "alice", "secret", &b, &asking.verdict[4]), AUTH_LATER);
	asking.left = 5;
	assert_int_equal(sd_event_loop(asking.event), 0);
	assert_int_equal(asking.verdict[0], AUTH_NO);
	assert_int_equal(asking.verdict[1], AUTH_NO);
	assert_int_equal(asking.verdict[4], AUTH_YES);
	/* Now at once, from anywhere; for another name not, whatever the cache has */
	assert_int_equal(auth__check(auth, &c, "alice", "secret", &a, NULL), AUTH_YES);
	assert_int_equal(auth__check(auth, &c, "bob", "secret", &a, NULL), AUTH_NO);
	assert_int_equal(auth__check(auth, &c, "alice", "w4", &a, &asking.verdict[5]), AUTH_LATER);
	asking.left = 1;
	auth__free(auth);
	assert_int_equal(asking.verdict[5], AUTH_BROKEN);
	sd_event_unref(asking.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_from_one_address, fresh), cmocka_unit_test_setup(test_in_all, fresh),
		cmocka_unit_test_setup(test_deadlines, fresh), cmocka_unit_test_setup(test_drain, fresh),
		cmocka_unit_test(test_gzip), cmocka_unit_test(test_addresses), cmocka_unit_test(test_unix),
		cmocka_unit_test(test_cache), cmocka_unit_test(test_auth),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
