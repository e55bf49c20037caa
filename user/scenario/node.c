// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "node.h"

struct builder {
	const char *path;
	yaml_parser_t parser;
	struct node *stack[NODE_MAX_DEPTH];
	size_t depth, nodes, documents;
	struct node *root;
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 4, 5)))
fail(struct builder *b, int code, const yaml_mark_t *at, const char *fmt, ...)
{
	int n = snprintf(b->err, b->errlen, "%s:%zu:%zu: ", b->path, at->line + 1, at->column + 1);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < b->errlen)
		vsnprintf(b->err + n, b->errlen - n, fmt, ap);
	va_end(ap);
	return code;
}

void node__free(struct node *n)
{
	for (size_t i = 0; n && i < n->n; i++)
		node__free(n->item[i]);
	if (n) {
		free(n->item);
		free(n->text);
	}
	free(n);
}

const struct node *node__get(const struct node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i + 1 < map->n; i += 2)
		if (!strcmp(map->item[i]->text, key))
			return map->item[i + 1];
	return NULL;
}

/* Into the innermost list or map, which owns it from then on */
static int append(struct builder *b, struct node *n, const yaml_mark_t *at)
{
	struct node *in = b->depth ? b->stack[b->depth - 1] : NULL, **more;

	if (!in) {
		b->root = n;
		return 0;
	}
	more = realloc(in->item, (in->n + 1) * sizeof(*more));
	if (!more) {
		node__free(n);
		return -ENOMEM;
	}
	in->item = more;
	in->item[in->n++] = n;
	if (in->kind != NODE_MAP || in->n % 2 == 0)
		return 0;
	if (n->kind != NODE_SCALAR)
		return fail(b, -EINVAL, at, "a key is a word");
	for (size_t i = 0; i + 1 < in->n; i += 2)
		if (!strcmp(in->item[i]->text, n->text))
			return fail(b, -EINVAL, at, "'%s' is there twice", n->text);
	return 0;
}

static int add(struct builder *b, const yaml_event_t *ev, enum node_kind kind,
	       const char *text, size_t len, struct node **out)
{
	struct node *n;

	if (++b->nodes > NODE_MAX_NODES)
		return fail(b, -E2BIG, &ev->start_mark, "larger than any scenario");
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->kind = kind;
	n->line = ev->start_mark.line + 1;
	n->column = ev->start_mark.column + 1;
	if (text && !(n->text = strndup(text, len))) {
		free(n);
		return -ENOMEM;
	}
	*out = n;
	return append(b, n, &ev->start_mark);
}

static int open_node(struct builder *b, const yaml_event_t *ev, enum node_kind kind)
{
	struct node *n = NULL;
	int ret;

	if (b->depth == NODE_MAX_DEPTH)
		return fail(b, -EINVAL, &ev->start_mark, "nested too deeply for a scenario");
	ret = add(b, ev, kind, NULL, 0, &n);
	if (!ret)
		b->stack[b->depth++] = n;
	return ret;
}

static int scalar(struct builder *b, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	struct node *n;

	if (ev->data.scalar.anchor)
		return fail(b, -EINVAL, &ev->start_mark, "anchors (&) have no place in a scenario");
	if (ev->data.scalar.tag)
		return fail(b, -EINVAL, &ev->start_mark, "tags (!) have no place in a scenario");
	if (strlen(text) != ev->data.scalar.length)
		return fail(b, -EINVAL, &ev->start_mark, "a text with a zero byte in it");
	return add(b, ev, NODE_SCALAR, text, ev->data.scalar.length, &n);
}

static int take(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return b->documents++ ? fail(b, -EINVAL, &ev->start_mark, "a second document: one scenario a file") : 0;
	case YAML_ALIAS_EVENT:
		return fail(b, -EINVAL, &ev->start_mark, "aliases (*) have no place in a scenario");
	case YAML_SCALAR_EVENT:
		return scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor || ev->data.sequence_start.tag)
			return fail(b, -EINVAL, &ev->start_mark, "anchors (&) and tags (!) have no place in a scenario");
		return open_node(b, ev, NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor || ev->data.mapping_start.tag)
			return fail(b, -EINVAL, &ev->start_mark, "anchors (&) and tags (!) have no place in a scenario");
		return open_node(b, ev, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	default:
		return 0;
	}
}

int node__parse(struct node **out, const char *path, const char *text, size_t len,
		char *err, size_t errlen)
{
	struct builder b = { .path = path, .err = err, .errlen = errlen };
	static const yaml_mark_t top = { 0, 0, 0 };
	yaml_event_t ev;
	bool over = false;
	int ret = 0;

	*out = NULL;
	*err = '\0';
	if (len > NODE_MAX_BYTES)
		return fail(&b, -E2BIG, &top, "larger than any scenario (%d KiB)", NODE_MAX_BYTES / 1024);
	if (!yaml_parser_initialize(&b.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	while (!ret && !over) {
		if (!yaml_parser_parse(&b.parser, &ev)) {
			ret = fail(&b, -EINVAL, &b.parser.problem_mark, "%s",
				   b.parser.problem ? b.parser.problem : "not YAML");
			break;
		}
		over = ev.type == YAML_STREAM_END_EVENT;
		ret = take(&b, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&b.parser);
	if (!ret && !b.root)
		ret = fail(&b, -EINVAL, &top, "there is nothing in it");
	if (ret)
		node__free(b.root);
	else
		*out = b.root;
	if (ret && !*err)
		snprintf(err, errlen, "%s: %s", path, strerror(-ret));
	return ret;
}
