// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml_file.h"

#define MAX_DEPTH 64

int yaml__fail(struct yaml_file *y, const yaml_mark_t *at, const char *fmt, ...)
{
	int n = snprintf(y->err, y->errlen, "%s:%zu:%zu: ", y->path, at ? at->line + 1 : 1, at ? at->column + 1 : 1);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < y->errlen)
		vsnprintf(y->err + n, y->errlen - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const char *yaml__scalar(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

/*
 * libyaml takes time that grows with the square of the depth of [ and {.  Those in
 * quotes count as well: they are globs and the like, and so come in pairs.
 */
static int check_depth(struct yaml_file *y, const char *what, const unsigned char *text, size_t len)
{
	yaml_mark_t at = { 0, 0, 0 };
	unsigned int depth = 0;

	for (size_t i = 0; i < len; i++, at.column++) {
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth)
			depth--;
		if (depth > MAX_DEPTH)
			return yaml__fail(y, &at, "nested too deeply for a %s", what);
		if (text[i] == '\n') {
			at.line++;
			at.column = (size_t)-1;
		}
	}
	return 0;
}

static int read_all(struct yaml_file *y, const char *what, unsigned char *text, size_t *len)
{
	FILE *f = strcmp(y->path, "-") ? fopen(y->path, "re") : stdin;
	int ret = 0;

	if (!f || (*len = fread(text, 1, YAML_FILE_MAX + 1, f), ferror(f))) {
		ret = -errno;
		snprintf(y->err, y->errlen, "%s: %s", y->path, strerror(errno));
	}
	if (f && f != stdin)
		fclose(f);
	if (!ret && *len > YAML_FILE_MAX) {
		snprintf(y->err, y->errlen, "%s: larger than any %s", y->path, what);
		ret = -EINVAL;
	}
	return ret;
}

static int parse(struct yaml_file *y, const unsigned char *text, size_t len)
{
	yaml_parser_t parser;
	int ret = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text, len);
	if (!yaml_parser_load(&parser, &y->doc))
		ret = yaml__fail(y, &parser.problem_mark, "%s", parser.problem ? parser.problem : "not YAML");
	yaml_parser_delete(&parser);
	return ret;
}

int yaml_file__open(struct yaml_file *y, const char *what)
{
	unsigned char *text = malloc(YAML_FILE_MAX + 1);
	size_t len = 0;
	int ret;

	if (!text)
		return -ENOMEM;
	ret = read_all(y, what, text, &len);
	if (!ret)
		ret = check_depth(y, what, text, len);
	if (!ret)
		ret = parse(y, text, len);
	free(text);
	return ret;
}

void yaml_file__close(struct yaml_file *y)
{
	yaml_document_delete(&y->doc);
}
