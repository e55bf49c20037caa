// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording.h"

#define READ_AT_ONCE	(256u * 1024)
/* A file without a block in its first part is no recording */
#define GIVE_UP		(16u << 20)

struct recording_reader {
	int fd;
	bool eof;
	uint8_t *buf;
	size_t pos, len, capacity;
	struct codec *codec;
	struct atcq_rec_block head;
	/* The expected next block; not known after one of a newer version */
	bool known, any;
	uint64_t recording, seq, index;
	struct recording_reader_status status;
};

int recording_reader__open(struct recording_reader **out, int fd)
{
	struct recording_reader *r = calloc(1, sizeof(*r));

	*out = r;
	if (!r) {
		close(fd);
		return -ENOMEM;
	}
	r->fd = fd;
	r->known = true;
	r->codec = codec__new();
	if (r->codec)
		return 0;
	recording_reader__free(r);
	*out = NULL;
	return -ENOMEM;
}

void recording_reader__free(struct recording_reader *r)
{
	if (!r)
		return;
	close(r->fd);
	codec__free(r->codec);
	free(r->buf);
	free(r);
}

const struct recording_reader_status *recording_reader__status(const struct recording_reader *r)
{
	return &r->status;
}

static size_t avail(const struct recording_reader *r)
{
	return r->len - r->pos;
}

/* Makes @want bytes available, or fewer at the end; 0 or -errno */
static int fill(struct recording_reader *r, size_t needed)
{
	while (avail(r) < needed && !r->eof) {
		ssize_t n;

		if (r->pos)
			memmove(r->buf, r->buf + r->pos, avail(r));
		r->len -= r->pos;
		r->pos = 0;
		if (r->capacity < needed + READ_AT_ONCE) {
			uint8_t *buf = realloc(r->buf, needed + READ_AT_ONCE);

			if (!buf)
				return -ENOMEM;
			r->buf = buf;
			r->capacity = needed + READ_AT_ONCE;
		}
		n = read(r->fd, r->buf + r->len, r->capacity - r->len);
		if (n < 0)
			return -errno;
		r->eof = !n;
		r->len += n;
		r->status.bytes += n;
	}
	return 0;
}

/* Moves to the next possible start of a block; keeps a partial one at the end */
static void resync(struct recording_reader *r)
{
	const uint8_t *from = r->buf + r->pos + 1;
	size_t n = avail(r) - 1;
	const uint8_t *found = memmem(from, n, ATCQ_REC_MAGIC, ATCQ_REC_MAGIC_SIZE);
	size_t keep = n < ATCQ_REC_MAGIC_SIZE ? n : ATCQ_REC_MAGIC_SIZE - 1;

	if (!found)
		found = from + n - keep;
	r->status.tail += found - (r->buf + r->pos);
	r->pos = found - r->buf;
}

static void count_gap(struct recording_reader *r, const struct atcq_rec_block *h, bool *gap)
{
	if (r->known && h->seq > r->seq)
		r->status.lost_blocks += h->seq - r->seq;
	if (r->known && h->index > r->index) {
		r->status.lost_events += h->index - r->index;
		*gap = true;
	}
	*gap |= !r->known;
	r->known = r->any = true;
	r->recording = h->recording;
	r->seq = h->seq + 1;
	r->index = h->index + h->events;
	/* The skipped bytes are accounted for now */
	r->status.tail = 0;
}

/* Reads the payload after an intact header. 0, -ENODATA: truncated, -EBADMSG or an error */
static int payload(struct recording_reader *r, const struct atcq_rec_block *h, const void **raw)
{
	size_t whole = h->header_size + h->stored_size;
	int ret = fill(r, whole);

	if (ret)
		return ret;
	if (avail(r) < whole)
		return -ENODATA;
	return block__decode(r->codec, h, r->buf + r->pos + h->header_size, raw);
}

/* Reads the block at the current position; -EBADMSG: try again further on */
static int read_block(struct recording_reader *r, const void **raw, bool *gap)
{
	struct atcq_rec_block *h = &r->head;
	int ret = block__header(r->buf + r->pos, avail(r), h);

	if (ret == -EAGAIN)
		return -EBADMSG;
	if (ret == -EPROTONOSUPPORT) {
		r->status.newer_blocks++;
		r->status.newer_version = h->version;
		r->known = false;
		return -EBADMSG;
	}
	if (ret)
		return ret;
	if (r->any && h->recording != r->recording) {
		r->status.foreign_at = r->status.bytes - avail(r);
		return -ENODATA;
	}
	if (r->any && r->known && h->seq < r->seq)
		return -EBADMSG;
	ret = payload(r, h, raw);
	if (ret && ret != -ENODATA && ret != -EBADMSG)
		return ret;
	count_gap(r, h, gap);
	if (!ret) {
		r->pos += h->header_size + h->stored_size;
		r->status.blocks++;
		r->status.events += h->events;
		return 0;
	}
	*gap |= h->events > 0;
	r->status.lost_events += h->events;
	if (ret == -ENODATA) {
		r->status.tail = avail(r);
		r->pos = r->len;
	} else {
		r->status.lost_blocks++;
	}
	return ret;
}

int recording_reader__next(struct recording_reader *r, const struct atcq_rec_block **h, const void **raw, bool *gap)
{
	int ret;

	*gap = false;
	for (;;) {
		ret = fill(r, ATCQ_REC_MAX_HEADER);
		if (ret)
			return ret;
		if (!r->status.magic && r->status.bytes == r->len && !r->pos)
			r->status.magic = r->len >= ATCQ_REC_MAGIC_SIZE &&
					  !memcmp(r->buf, ATCQ_REC_MAGIC, ATCQ_REC_MAGIC_SIZE);
		if (avail(r) < sizeof(r->head)) {
			r->status.tail += avail(r);
			r->pos = r->len;
			return -ENODATA;
		}
		ret = read_block(r, raw, gap);
		*h = &r->head;
		if (ret != -EBADMSG)
			return ret;
		if (!r->any && r->status.bytes - avail(r) > GIVE_UP)
			return -ENODATA;
		resync(r);
	}
}
