// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a results file of any bytes, compared with itself in all three
 * forms, and written and read again, which has to give the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"
#include "verify/compare.h"
#include "verify/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct results *parse(const char *text, size_t len)
{
	struct results *r = results__new();
	struct error err;
	struct reading rd = { "fuzz", &err };

	if (r && !read__text(&rd, r, text, len))
		return r;
	results__free(r);
	return NULL;
}

static void compare(const struct results *a, const struct results *b)
{
	static const struct comparison_opts opts = { .alpha = 0.05, .min_margin = 0.005, .interim_analyses = 1 };
	static FILE *sink;
	struct comparison g;

	if (!sink)
		sink = fopen("/dev/null", "we");
	if (!comparison__make(&g, a, b, &opts)) {
		comparison__text(sink, &g, true);
		comparison__json(sink, &g, true);
		comparison__html(sink, &g, true);
	}
	comparison__free(&g);
}

/* What was read can be written, and that be read: as many scenarios, with as many boots */
static void again(const struct results *r)
{
	char path[] = "/tmp/fuzz-results-XXXXXX";
	struct error err;
	struct results *back;
	int fd = mkstemp(path);

	if (fd < 0 || results__write(r, path, &err) || results__read(path, &back, &err))
		abort();
	if (back->nscenario != r->nscenario)
		abort();
	for (size_t i = 0; i < r->nscenario; i++)
		if (back->scenario[i]->nboot != r->scenario[i]->nboot)
			abort();
	compare(r, back);
	results__free(back);
	remove(path);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct results *r = parse((const char *)data, size);

	if (r)
		again(r);
	results__free(r);
	return 0;
}
