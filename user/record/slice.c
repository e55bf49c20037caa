// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "records.h"
#include "slice.h"

#define SLICE_EVENTS	(64 * 1024 / sizeof(struct atcq_event))

int boot_id__parse(const char *text, uint8_t out[16])
{
	size_t n = 0;

	for (const char *p = text; *p && *p != '\n'; p += 2) {
		int used = 0;

		p += *p == '-';
		if (n == 16 || sscanf(p, "%2hhx%n", &out[n], &used) != 1 || used != 2)
			return -EINVAL;
		n++;
	}
	return n == 16 ? 0 : -EINVAL;
}

void boot_id__format(const uint8_t id[16], char out[37])
{
	char *p = out;

	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
}

static int append(struct codec *c, struct atcq_rec_block *h, const struct atcq_event *ev,
		  size_t n, uint8_t **out, size_t *len)
{
	const void *block;
	uint8_t *grown;
	size_t size;
	int ret;

	h->first_ns = h->last_ns = ev[0].time_ns;
	for (size_t i = 1; i < n; i++) {
		if (ev[i].time_ns < h->first_ns)
			h->first_ns = ev[i].time_ns;
		if (ev[i].time_ns > h->last_ns)
			h->last_ns = ev[i].time_ns;
	}
	h->events = h->records = n;
	ret = block__encode(c, h, ev, n * sizeof(*ev), &block, &size);
	if (ret)
		return ret;
	grown = realloc(*out, *len + size);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + *len, block, size);
	*out = grown;
	*len += size;
	h->seq++;
	h->index += n;
	return 0;
}

int slice__encode(const struct atcq_event *ev, size_t n, const char *boot_id,
		  void **out, size_t *len)
{
	struct atcq_rec_block h = { 0 };
	struct codec *c;
	uint8_t *bytes = NULL;
	int ret = boot_id__parse(boot_id, h.boot_id);

	*out = NULL;
	*len = 0;
	if (ret)
		return ret;
	c = codec__new();
	if (!c)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < n; i += SLICE_EVENTS)
		ret = append(c, &h, ev + i, n - i < SLICE_EVENTS ? n - i : SLICE_EVENTS,
			     &bytes, len);
	codec__free(c);
	if (ret)
		free(bytes);
	else
		*out = bytes;
	return ret;
}

int slice__decode(const void *bytes, size_t len, slice_event_fn fn, void *ctx)
{
	const struct records_fn fns = { .event = fn };
	struct codec *c = codec__new();
	const uint8_t *p = bytes;
	struct atcq_rec_block h;
	uint64_t unknown = 0;
	const void *raw;
	int ret = c ? 0 : -ENOMEM;

	while (!ret && len) {
		ret = block__header(p, len, &h);
		if (ret == -EAGAIN || (!ret && len - h.header_size < h.stored_size))
			ret = -EBADMSG;
		if (!ret)
			ret = block__decode(c, &h, p + h.header_size, &raw);
		if (!ret)
			ret = records__each(raw, h.raw_size, &fns, ctx, &unknown);
		if (!ret) {
			p += h.header_size + h.stored_size;
			len -= h.header_size + h.stored_size;
		}
	}
	codec__free(c);
	return !ret && unknown ? -EPROTONOSUPPORT : ret;
}
