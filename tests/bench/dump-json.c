// SPDX-License-Identifier: GPL-2.0-only
/* All fields of all events of a recording as JSON lines, to compare sizes. Usage: dump-json FILE */
#include <stdio.h>

#include "lib/log.h"
#include "source/source.h"

static int on_event(void *ctx, const struct atcq_event *ev)
{
	(void)ctx;
	printf("{\"type\":%u,\"time_ns\":%llu,\"duration_ns\":%llu,\"cpu\":%u,\"smmu\":%d,\"sid\":%d,"
	       "\"ssid\":%d,\"prod\":%d,\"segment\":%d,\"bdf\":%d,\"ret\":%d,\"code\":%u,\"source\":%u,"
	       "\"ncmds\":%u,\"natc\":%u,\"count\":%u}\n", ev->type, (unsigned long long)ev->time_ns,
	       (unsigned long long)ev->duration_ns, ev->cpu, (int)ev->smmu, (int)ev->sid, (int)ev->ssid,
	       (int)ev->prod, (int)ev->segment, (int)ev->bdf, ev->ret, ev->code, ev->source, ev->ncmds,
	       ev->natc, ev->count);
	return 0;
}

int main(int argc, char **argv)
{
	struct source *src;
	struct error err;

	if (argc != 2 || source__open_file(&src, argv[1], &err))
		return 2;
	while (!source__ended(src))
		source__poll(src, 0, on_event, NULL);
	source__free(src);
	return 0;
}
