// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/log.h"
#include "safety_impl.h"

void safety__check(struct safety *out, const char *bdf, const char *sysfs, const char *proc)
{
	struct check c = { .out = out, .bdf = bdf, .sysfs = sysfs, .proc = proc };

	memset(out, 0, sizeof(*out));
	safety__below(&c);
	safety__users(&c);
}

const char *safety__how(const struct safety *s, size_t i)
{
	return s->assumed[i] ? "counts as in use" : "is in use";
}

int safety__refusal(const char *bdf, bool force)
{
	void (*say)(const char *fmt, ...) = force ? log__warn : log__error;
	struct safety s;

	safety__check(&s, bdf, "/sys", "/proc");
	for (size_t i = 0; i < s.n; i++)
		say("%s %s: %s", bdf, safety__how(&s, i), s.use[i]);
	if (s.more)
		say("%s is in use: and in more ways than are listed here", bdf);
	if (!s.n || force)
		return 0;
	log__error("%s: not touched; --force goes on all the same", bdf);
	return s.blind == s.n && !s.more ? EXIT_ENVIRONMENT : EXIT_USAGE;
}

int safety__worse(int a, int b)
{
	return a == EXIT_USAGE || !b ? a : b;
}
