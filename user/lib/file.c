// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "file.h"
#include "text.h"

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

int json__line(FILE *out, json_t *obj)
{
	int ret;

	if (!obj)
		return -ENOMEM;
	errno = 0;
	ret = json_dumpf(obj, out, JSON_COMPACT);
	json_decref(obj);
	if (ret || fputc('\n', out) == EOF || fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
