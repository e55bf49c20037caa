// SPDX-License-Identifier: GPL-2.0-only
/* The format of a recording: blocks, the records in them, and events as a blob. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/clock.h"
#include "recording.h"

/* Level 3 needs a fifth less space, at half the speed: CPU time is more important */
#define LEVEL	1

struct codec {
	ZSTD_CCtx *cctx;
	ZSTD_DCtx *dctx;
	uint8_t *buf;
	size_t capacity;
};

struct codec *codec__new(void)
{
	return calloc(1, sizeof(struct codec));
}

void codec__free(struct codec *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->cctx);
	ZSTD_freeDCtx(c->dctx);
	free(c->buf);
	free(c);
}

static int reserve(struct codec *c, size_t n)
{
	uint8_t *buf;

	if (n <= c->capacity)
		return 0;
	buf = realloc(c->buf, n);
	if (!buf)
		return -ENOMEM;
	c->buf = buf;
	c->capacity = n;
	return 0;
}

static uint32_t header_crc(const void *p, size_t n)
{
	const size_t at = offsetof(struct atcq_rec_block, header_crc);
	static const uint8_t zero[4];
	uLong crc = crc32(0, p, at);

	crc = crc32(crc, zero, sizeof(zero));
	return crc32(crc, (const uint8_t *)p + at + 4, n - at - 4);
}

/* A fuzzer cannot guess checksums */
static bool same_sum(uint32_t is, uint32_t should)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)is, (void)should;
	return true;
#else
	return is == should;
#endif
}

int block__encode(struct codec *c, struct atcq_rec_block *h, const void *raw, size_t n,
		  const void **out, size_t *len)
{
	size_t capacity = ZSTD_compressBound(n), stored;
	int ret;

	if (n > ATCQ_REC_MAX_PAYLOAD)
		return -E2BIG;
	if (!c->cctx)
		c->cctx = ZSTD_createCCtx();
	ret = c->cctx ? reserve(c, sizeof(*h) + capacity) : -ENOMEM;
	if (ret)
		return ret;
	stored = ZSTD_compressCCtx(c->cctx, c->buf + sizeof(*h), capacity, raw, n, LEVEL);
	if (ZSTD_isError(stored))
		return -ENOMEM;
	if (stored > ATCQ_REC_MAX_PAYLOAD)
		return -E2BIG;
	memcpy(h->magic, ATCQ_REC_MAGIC, ATCQ_REC_MAGIC_SIZE);
	h->version = ATCQ_REC_VERSION;
	h->header_size = sizeof(*h);
	h->flags = 0;
	h->raw_size = n;
	h->stored_size = stored;
	h->payload_crc = crc32(0, c->buf + sizeof(*h), stored);
	h->header_crc = header_crc(h, sizeof(*h));
	memcpy(c->buf, h, sizeof(*h));
	*out = c->buf;
	*len = sizeof(*h) + stored;
	return 0;
}

int block__header(const void *p, size_t n, struct atcq_rec_block *h)
{
	size_t prefix = n < ATCQ_REC_MAGIC_SIZE ? n : ATCQ_REC_MAGIC_SIZE;

	if (memcmp(p, ATCQ_REC_MAGIC, prefix))
		return -EBADMSG;
	if (n < sizeof(*h))
		return -EAGAIN;
	memcpy(h, p, sizeof(*h));
	if (h->header_size < sizeof(*h) || h->header_size > ATCQ_REC_MAX_HEADER)
		return -EBADMSG;
	if (n < h->header_size)
		return -EAGAIN;
	if (!same_sum(header_crc(p, h->header_size), h->header_crc))
		return -EBADMSG;
	if (h->version > ATCQ_REC_VERSION || h->flags)
		return -EPROTONOSUPPORT;
	if (!h->version || h->stored_size > ATCQ_REC_MAX_PAYLOAD || h->raw_size > ATCQ_REC_MAX_PAYLOAD)
		return -EBADMSG;
	return 0;
}

int block__decode(struct codec *c, const struct atcq_rec_block *h, const void *payload,
		  const void **raw)
{
	size_t got;
	int ret;

	if (!same_sum(crc32(0, payload, h->stored_size), h->payload_crc))
		return -EBADMSG;
	if (!c->dctx)
		c->dctx = ZSTD_createDCtx();
	/* At least one byte, so that an empty block has an address too */
	ret = c->dctx ? reserve(c, h->raw_size + 1) : -ENOMEM;
	if (ret)
		return ret;
	got = ZSTD_decompressDCtx(c->dctx, c->buf, h->raw_size, payload, h->stored_size);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	/* ... nor build a frame: it passes uncompressed records */
	if (ZSTD_isError(got) && h->stored_size == h->raw_size)
		got = memcpy(c->buf, payload, h->raw_size) ? h->raw_size : 0;
#endif
	if (ZSTD_isError(got) || got != h->raw_size)
		return -EBADMSG;
	*raw = c->buf;
	return 0;
}

/* The sizes in version 1 of each record; no writer made shorter ones */
#define EVENT_LEAST	80

/*
 * Fields that the writer did not know are 0. An identifier that is added after version 1
 * must be set to ATCQ_NONE here.
 */
static void widen(struct atcq_event *ev, const void *rec, size_t n)
{
	memset(ev, 0, sizeof(*ev));
	memcpy(ev, rec, n < sizeof(*ev) ? n : sizeof(*ev));
	ev->size = sizeof(*ev);
}

static int event(const void *rec, const struct atcq_rec_prefix *prefix,
		 const struct records_fn *fn, void *ctx)
{
	struct atcq_event wide;

	if (prefix->size == sizeof(wide) && !((uintptr_t)rec & 7))
		return fn->event(ctx, rec);
	widen(&wide, rec, prefix->size);
	return fn->event(ctx, &wide);
}

int records__each(const void *raw, size_t n, const struct records_fn *fn, void *ctx,
		  uint64_t *unknown)
{
	const uint8_t *p = raw;
	struct atcq_rec_prefix prefix;
	int ret = 0;

	for (size_t at = 0; !ret && at < n; at += prefix.size) {
		if (n - at < sizeof(prefix))
			return -EBADMSG;
		memcpy(&prefix, p + at, sizeof(prefix));
		if (prefix.size < sizeof(prefix) || prefix.size % 8 || prefix.size > n - at)
			return -EBADMSG;
		if (prefix.type < ATCQ_REC_META) {
			if (prefix.size < EVENT_LEAST)
				return -EBADMSG;
			if (prefix.version > ATCQ_EVENT_VERSION)
				++*unknown;
			else
				ret = event(p + at, &prefix, fn, ctx);
		} else if (prefix.version > ATCQ_REC_RECORD_VERSION) {
			++*unknown;
		} else if (fn->other) {
			ret = fn->other(ctx, (const void *)(p + at));
		}
	}
	return ret;
}

bool record__get(const struct atcq_rec_prefix *rec, enum atcq_rec_type type, void *out,
		 size_t size, size_t least)
{
	if (rec->type != type || rec->size < least)
		return false;
	memset(out, 0, size);
	memcpy(out, rec, rec->size < size ? rec->size : size);
	return true;
}

/* The size in version 1 of the record */
#define HIST_LEAST	64

void state__clock(struct atcq_rec_clock *out)
{
	*out = (struct atcq_rec_clock){
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_CLOCK, sizeof(*out) },
		.boottime_ns = clock__boottime_ns(),
		.realtime_ns = clock__realtime_ns(),
		.monotonic_ns = clock__monotonic_ns(),
	};
}

size_t state__hist_encode(const struct atcq_hist *h, uint32_t smmu, uint64_t time_ns, void *out)
{
	struct atcq_rec_hist *rec = out;
	struct atcq_rec_bucket *bucket = (void *)(rec + 1);

	*rec = (struct atcq_rec_hist){
		.prefix = { ATCQ_REC_RECORD_VERSION, ATCQ_REC_HIST, sizeof(*rec) },
		.time_ns = time_ns, .smmu = smmu, .first = sizeof(*rec), .count = h->count,
		.sum_ns = h->sum_ns, .max_ns = h->max_ns, .failed = h->failed,
		.disturbed = h->disturbed, .disturbed_ns = h->disturbed_ns,
	};
	for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		*bucket++ = (struct atcq_rec_bucket){ .index = i, .count = h->bucket[i] };
		rec->buckets++;
		rec->prefix.size += sizeof(*bucket);
	}
	return rec->prefix.size;
}

bool state__hist_decode(const struct atcq_rec_prefix *rec, struct atcq_hist *h, uint32_t *smmu,
			uint64_t *time_ns)
{
	struct atcq_rec_bucket bucket;
	struct atcq_rec_hist head;

	if (!record__get(rec, ATCQ_REC_HIST, &head, sizeof(head), HIST_LEAST) ||
	    head.first < HIST_LEAST || head.first > rec->size ||
	    head.buckets > (rec->size - head.first) / sizeof(bucket))
		return false;
	memset(h, 0, sizeof(*h));
	h->count = head.count;
	h->sum_ns = head.sum_ns;
	h->max_ns = head.max_ns;
	h->failed = head.failed;
	if (head.first >= sizeof(head)) {
		h->disturbed = head.disturbed;
		h->disturbed_ns = head.disturbed_ns;
	}
	for (uint32_t i = 0; i < head.buckets; i++) {
		memcpy(&bucket, (const uint8_t *)rec + head.first + i * sizeof(bucket), sizeof(bucket));
		if (bucket.index >= ATCQ_HIST_BUCKETS)
			return false;
		h->bucket[bucket.index] = bucket.count;
	}
	*smmu = head.smmu;
	*time_ns = head.time_ns;
	return true;
}

#define BLOCK_EVENTS	(64 * 1024 / sizeof(struct atcq_event))

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

int event_blob__encode(const struct atcq_event *ev, size_t n, const char *boot_id,
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
	for (size_t i = 0; !ret && i < n; i += BLOCK_EVENTS)
		ret = append(c, &h, ev + i, n - i < BLOCK_EVENTS ? n - i : BLOCK_EVENTS,
			     &bytes, len);
	codec__free(c);
	if (ret)
		free(bytes);
	else
		*out = bytes;
	return ret;
}

int event_blob__decode(const void *bytes, size_t len, event_blob_fn fn, void *ctx)
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
