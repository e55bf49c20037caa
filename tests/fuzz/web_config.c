// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer target: any bytes as a web-config. What is taken has been checked; what is not is told with its place. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/internal.h"
#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the server relies on without looking again */
static void check(const struct web_config *c)
{
	struct error err;
	char text[512];

	if (!c->tls.cert_file != !c->tls.key_file || c->tls.min_version < 10 || c->tls.max_version > 13)
		abort();
	if (c->tls.cert_file && tls__priorities(&c->tls, text, sizeof(text), &err))
		abort();
	for (size_t i = 0; i < c->nusers; i++)
		if (strchr(c->user[i].name, ':') || auth__bad_hash(c->user[i].hash))
			abort();
	for (size_t i = 0; i < c->nheaders; i++)
		if (strpbrk(c->header[i].value, "\r\n"))
			abort();
	if (c->rate_interval_ns && !c->rate_burst)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int mem = -1;
	struct web_config *c = NULL;
	struct error err;
	char path[64];
	int ret;

	if (mem < 0)
		mem = memfd_create("web-config", MFD_CLOEXEC);
	if (ftruncate(mem, 0) || pwrite(mem, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem);
	ret = web_config__read(&c, path, &err);
	if (ret != 0 && ret != -EINVAL)
		abort();
	if (ret && strncmp(err.text, path, strlen(path)))
		abort();
	if (!ret)
		check(c);
	web_config__free(c);
	return 0;
}
