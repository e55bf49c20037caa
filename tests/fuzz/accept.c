// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: an Accept header of any bytes, in a block of memory of its own
 * length; and the same as a label's value, which must come out as one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "service/metrics.h"
#include "service/metrics_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct family family = {
	.name = "x", .type = FAMILY_GAUGE, .labels = { "a" }, .help = "h",
};

static void as_label(const char *text)
{
	struct buf out = { 0 };
	struct emit e = { .out = &out, .ops = &emit_text, .openmetrics = true };
	size_t lines = 0;

	emit__family(&e, &family);
	emit__uint(&e, 1, LABELS(text));
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	if (lines != 3 || memcmp(out.data + out.len - 5, "\"} 1\n", 5))
		abort();
	buf__free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (metrics__negotiate(text) >= METRICS_TEXTFILE)
		abort();
	as_label(text);
	free(text);
	return 0;
}
