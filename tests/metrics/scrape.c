// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scrape of made-up devices, through the real renderers, for parsers that are not ours
 * and to see what it costs. Usage: scrape text|openmetrics|protobuf|textfile|accept DEVICES [TIMES]
 * "accept": the third argument is an Accept header, and the answer is its content type.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "../unit/world.h"
#include "lib/text.h"

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static size_t series(const struct buf *b)
{
	size_t n = 0, i = 0;

	while (i < b->len) {
		const char *line = b->data + i, *end = memchr(line, '\n', b->len - i);

		n += *line != '#';
		i += end - line + 1;
	}
	return n;
}

static void live(struct world *w, size_t devices)
{
	uint64_t at = WORLD_START_NS + 1000;

	for (uint32_t i = 0; i < 1000; i++) {
		w->hist.bucket[atcq_hist_index(300 + i * i)]++;
		w->hist.sum_ns += 300 + i * i;
		w->hist.count++;
	}
	metrics__privileges(w->m, "cap_bpf,cap_perfmon", "filter");
	metrics__config_reload(w->m, true);
	metrics__handler(w->m, "/metrics", 200);
	metrics__request(w->m, "/metrics", 200);
	for (size_t i = 0; i < devices && i < 8; i++, at += 1000000) {
		world_fault(w, at, 100 + i, 0x100 + i, i & 1);
		if (i % 4 != 3)
			world_reset(w, at + 100000 * (i + 1), 0x100 + i, i % 4 == 2 ? -110 : 0);
	}
}

int main(int argc, char **argv)
{
	static const char *const names[METRICS_FORMATS] = { "text", "openmetrics", "protobuf", "textfile" };
	unsigned int f = 0, times = argc > 3 ? atoi(argv[3]) : 1;
	struct buf out = { 0 };
	struct rusage use;
	struct world *w;
	double cpu;

	if (argc > 2 && !strcmp(argv[1], "accept")) {
		printf("%s\n", metrics__content_type(metrics__negotiate(argv[2])));
		return 0;
	}
	while (argc > 2 && f < METRICS_FORMATS && strcmp(argv[1], names[f]))
		f++;
	if (argc < 3 || f == METRICS_FORMATS)
		return 2;
	w = world_new(NULL, atoi(argv[2]), NULL);
	live(w, atoi(argv[2]));
	cpu = cpu_s();
	for (unsigned int i = 0; i < times; i++) {
		buf__clear(&out);
		if (metrics__render(w->m, f, &out))
			return 1;
	}
	cpu = cpu_s() - cpu;
	getrusage(RUSAGE_SELF, &use);
	if (times == 1) {
		fwrite(out.data, 1, out.len, stdout);
	} else if (f == METRICS_PROTOBUF) {
		printf("%.3f ms a scrape, %zu bytes, %ld KiB\n", cpu / times * 1e3, out.len, use.ru_maxrss);
	} else {
		printf("%.3f ms a scrape, %zu series, %.3f us each, %zu bytes, %ld KiB\n", cpu / times * 1e3,
		       series(&out), cpu / times * 1e6 / series(&out), out.len, use.ru_maxrss);
	}
	buf__free(&out);
	world_free(w);
	return 0;
}
