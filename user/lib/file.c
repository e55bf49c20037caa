// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

int file__read_stream(FILE *in, size_t limit, char **text, size_t *len)
{
	size_t capacity = 0, n = 0;
	char *grown;

	*text = NULL;
	do {
		capacity = capacity ? 2 * capacity : 16384;
		capacity = capacity > limit + 2 ? limit + 2 : capacity;
		grown = realloc(*text, capacity);
		if (!grown)
			goto out_of_memory;
		*text = grown;
		errno = 0;
		n += fread(*text + n, 1, capacity - 1 - n, in);
	} while (n == capacity - 1 && n <= limit);
	if (ferror(in) || n > limit) {
		free(*text);
		*text = NULL;
		return n > limit ? -EFBIG : errno ? -errno : -EIO;
	}
	(*text)[n] = '\0';
	*len = n;
	return 0;

out_of_memory:
	free(*text);
	*text = NULL;
	return -ENOMEM;
}

int file__read(const char *path, size_t limit, char **text, size_t *len)
{
	FILE *in = fopen(path, "re");
	int ret;

	*text = NULL;
	if (!in)
		return -errno;
	ret = file__read_stream(in, limit, text, len);
	fclose(in);
	return ret;
}

int file__flush(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		data += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : n;
	}
	return 0;
}

/* A new file in the folder of @path, its name in @tmp */
static int open_beside(const char *path, unsigned int flags, char tmp[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? slash - path + 1 : 0, fd;

	if (!(flags & FILE_SOLE_WRITER)) {
		if (snprintf(tmp, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = mkostemp(tmp, O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (snprintf(tmp, PATH_MAX, "%.*s.%s.tmp", folder, path, path + folder) >= PATH_MAX)
		return -ENAMETOOLONG;
	/* Left by a writer that was killed */
	if (unlink(tmp) && errno != ENOENT)
		return -errno;
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int file__replace(const char *path, const void *data, size_t len, mode_t mode, unsigned int flags)
{
	char tmp[PATH_MAX];
	int fd = open_beside(path, flags, tmp), ret;

	if (fd < 0)
		return fd;
	ret = write_all(fd, data, len);
	if (!ret && (fchmod(fd, mode) || (flags & FILE_DURABLE && fsync(fd))))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(tmp, path))
		ret = -errno;
	if (ret)
		unlink(tmp);
	return ret;
}

static const char *html_name(unsigned char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f ? "\xef\xbf\xbd" : NULL;
	}
}

void html__text(FILE *out, const char *text)
{
	for (const char *s = text; *s;) {
		size_t n = utf8__length(s);
		const char *name = n ? html_name(*s) : "\xef\xbf\xbd";

		if (name)
			fputs(name, out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

void csv__field(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void template__fill(FILE *out, const char *template, void (*part)(void *ctx, const char *name), void *ctx)
{
	const char *open, *close;
	char name[32];

	while ((open = strstr(template, "{{")) && (close = strstr(open, "}}"))) {
		fwrite(template, 1, open - template, out);
		snprintf(name, sizeof(name), "%.*s", (int)(close - open - 2), open + 2);
		part(ctx, name);
		template = close + 2;
	}
	fputs(template, out);
}

json_t *json__number_or_null(bool known, uint64_t value)
{
	return known ? json_integer(value) : json_null();
}

int json__line(FILE *out, json_t *obj)
{
	int ret;

	if (!obj)
		return -ENOMEM;
	errno = 0;
	ret = json_dumpf(obj, out, JSON_COMPACT);
	json_decref(obj);
	if (ret || fputc('\n', out) == EOF)
		return errno ? -errno : -EIO;
	return file__flush(out);
}
