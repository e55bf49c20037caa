// SPDX-License-Identifier: GPL-2.0-only
/* Is it a recording, and what has to be said about it? */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "record/slice.h"
#include "recording.h"

static int open_fd(const char *path, char *err, size_t errlen)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret = -EINVAL;

	if (fd < 0) {
		ret = -errno;
		snprintf(err, errlen, "%s: %s", name, strerror(errno));
		return ret;
	}
	if (fstat(fd, &st))
		ret = -errno;
	else if (S_ISDIR(st.st_mode))
		snprintf(err, errlen, "%s is a directory, not a recording", name);
	else if (isatty(fd))
		snprintf(err, errlen, "%s is a terminal; 'atcq record -o FILE' makes a recording to read", name);
	else
		return fd;
	close(fd);
	return ret;
}

/* Why nothing of it can be read */
static int refuse(const char *path, const struct reader_status *st, char *err, size_t errlen)
{
	if (!st->bytes)
		snprintf(err, errlen, "%s is empty: no block of a recording reached it", path);
	else if (st->newer_blocks)
		snprintf(err, errlen, "%s was written by a newer atcq (format %u, this one reads up to %u): use that one",
			 path, st->newer_version, ATCQ_REC_VERSION);
	else if (st->magic)
		snprintf(err, errlen, "%s is a recording without a complete block: nothing in it can be read", path);
	else
		snprintf(err, errlen, "%s is not a recording of atcq", path);
	return -EINVAL;
}

static int begin(struct source *src, const char *path, char *err, size_t errlen)
{
	struct recording *rec = src->rec;
	int ret = recording__advance(rec);

	if (ret == -ENODATA)
		return refuse(path, reader__status(rec->reader), err, errlen);
	if (ret) {
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
		return ret;
	}
	boot_id__format(rec->head->boot_id, src->meta.boot_id);
	/* If the description is lost, devices are not known, but any SMMU may be */
	snprintf(src->meta.kernel, sizeof(src->meta.kernel), "unknown");
	src->meta.inv.nsmmu = MAX_SMMUS;
	ret = recording__look(src);
	if (ret)
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
	return ret;
}

int source__open_file(struct source **out, const char *path, char *err, size_t errlen)
{
	struct source *src = calloc(1, sizeof(*src));
	int fd, ret = -ENOMEM;

	*out = NULL;
	snprintf(err, errlen, "%s: %s", path, strerror(ENOMEM));
	if (!src)
		return ret;
	src->ops = &recorded_ops;
	src->kind = SOURCE_UNKNOWN;
	src->rec = calloc(1, sizeof(*src->rec));
	if (!src->rec)
		goto free_source;
	fd = open_fd(path, err, errlen);
	ret = fd < 0 ? fd : reader__open(&src->rec->reader, fd);
	if (!ret)
		ret = begin(src, path, err, errlen);
	if (!ret) {
		*out = src;
		return 0;
	}
free_source:
	source__free(src);
	return ret;
}

uint64_t source__span_ns(const struct source *src)
{
	const struct recording *rec = src->rec;
	uint64_t from;

	if (!rec)
		return 0;
	from = src->meta.start_ns ? src->meta.start_ns : rec->first_ns;
	return rec->last_ns > from ? rec->last_ns - from : 0;
}

uint64_t source__now_ns(const struct source *src)
{
	return src->rec ? src->rec->last_ns : clock__boottime_ns();
}

const struct inventory *source__end_devices(const struct source *src)
{
	return src->rec && src->rec->has_end_meta && src->rec->end.prefix.size ? &src->rec->end_meta.inv : NULL;
}

uint64_t source__realtime(const struct source *src, uint64_t boot_ns)
{
	const struct recording *rec = src->rec;
	size_t i = 0;

	if (!rec)
		return boot_ns + clock__wall_offset_ns();
	if (!rec->nclocks)
		return 0;
	while (i + 1 < rec->nclocks && rec->clock[i + 1].boot_ns <= boot_ns)
		i++;
	return boot_ns + rec->clock[i].offset;
}

static void say(char *text, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(char *text, size_t len, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	if (n && n < len)
		n += snprintf(text + n, len - n, "; ");
	va_start(ap, fmt);
	if (n < len)
		vsnprintf(text + n, len - n, fmt, ap);
	va_end(ap);
}

void source__complaint(const struct source *src, char *text, size_t len)
{
	const struct recording *rec = src->rec;
	const struct reader_status *st;

	*text = '\0';
	if (!rec)
		return;
	st = reader__status(rec->reader);
	if (!rec->end.prefix.size)
		say(text, len, "the recording is cut: it has no end marker");
	else if (rec->end.reason == ATCQ_REC_END_FULL)
		say(text, len, "the recording ends early: it could not be written any further");
	if (st->tail)
		say(text, len, "the last %llu bytes are no complete block", (unsigned long long)st->tail);
	if (st->lost_blocks || st->lost_events)
		say(text, len, "%llu block(s) are damaged or missing, %llu event(s) with them",
		    (unsigned long long)st->lost_blocks, (unsigned long long)st->lost_events);
	if (!rec->has_meta)
		say(text, len, "its description is damaged: kernel and devices are not known");
	if (rec->nonsense)
		say(text, len, "%llu record(s) make no sense", (unsigned long long)rec->nonsense);
	if (rec->unknown || st->newer_blocks)
		say(text, len, "%llu part(s) of it are from a newer atcq and were passed over",
		    (unsigned long long)(rec->unknown + st->newer_blocks));
	if (st->foreign_at)
		say(text, len, "another recording begins at byte %llu: 'tail -c +%llu' gets it",
		    (unsigned long long)st->foreign_at, (unsigned long long)st->foreign_at + 1);
}
