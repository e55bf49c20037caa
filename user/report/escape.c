// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "escape.h"

/* How many bytes the UTF-8 character at @s has; 0: it is none (RFC 3629, table 3-7 of Unicode) */
static size_t utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;	/* else overlong */
	else if (s[0] == 0xed)
		high = 0x9f;	/* else a surrogate */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;	/* else beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
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
		size_t n = utf8_length((const unsigned char *)s);
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

void utf8__clean(char *text)
{
	for (char *s = text; *s;) {
		size_t n = utf8_length((const unsigned char *)s);

		if (!n)
			*s = '?';
		s += n ? n : 1;
	}
}

static void quote_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

char *shell__quote(const char *words, size_t len)
{
	char *line = NULL;
	size_t size, n;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	for (size_t at = 0; at < len; at += n + 1) {
		n = strnlen(words + at, len - at);
		if (at + n == len)
			break;	/* cut off: no end */
		if (at)
			fputc(' ', out);
		quote_word(out, words + at);
	}
	if (fclose(out)) {
		free(line);
		return NULL;
	}
	utf8__clean(line);
	return line;
}
