// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "block.h"

/* Level 3 stores an event in a fifth less, at half the speed: disks are cheap, CPUs busy */
#define LEVEL	1

struct codec {
	ZSTD_CCtx *cctx;
	ZSTD_DCtx *dctx;
	uint8_t *buf;
	size_t room;
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

	if (n <= c->room)
		return 0;
	buf = realloc(c->buf, n);
	if (!buf)
		return -ENOMEM;
	c->buf = buf;
	c->room = n;
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

/* A fuzzer would spend its life on guessing sums */
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
	size_t room = ZSTD_compressBound(n), stored;
	int ret;

	if (n > ATCQ_REC_MAX_PAYLOAD)
		return -E2BIG;
	if (!c->cctx)
		c->cctx = ZSTD_createCCtx();
	ret = c->cctx ? reserve(c, sizeof(*h) + room) : -ENOMEM;
	if (ret)
		return ret;
	stored = ZSTD_compressCCtx(c->cctx, c->buf + sizeof(*h), room, raw, n, LEVEL);
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
	/* ... nor on what makes a frame: the records as they are will do */
	if (ZSTD_isError(got) && h->stored_size == h->raw_size)
		got = memcpy(c->buf, payload, h->raw_size) ? h->raw_size : 0;
#endif
	if (ZSTD_isError(got) || got != h->raw_size)
		return -EBADMSG;
	*raw = c->buf;
	return 0;
}
