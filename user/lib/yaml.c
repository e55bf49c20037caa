// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "clock.h"
#include "file.h"
#include "text.h"
#include "yaml.h"

#define MAX_KEYS	40
#define MAX_TEXT	2000
#define MOST_DEPTH	64

struct builder {
	struct yaml *y;
	yaml_parser_t parser;
	struct yaml_node *stack[MOST_DEPTH];
	size_t depth, nodes, documents;
};

static void vfail(struct yaml *y, unsigned int line, unsigned int column, const char *fmt, va_list ap)
{
	char *text = y->err->text;
	int n = snprintf(text, sizeof(y->err->text), "%s:%u:%u: ", y->path, line, column);

	if (n > 0 && (size_t)n < sizeof(y->err->text))
		vsnprintf(text + n, sizeof(y->err->text) - n, fmt, ap);
}

int yaml__fail(struct yaml *y, const struct yaml_node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(y, at ? at->line : 1, at ? at->column : 1, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int yaml__fail_word(struct yaml *y, const struct yaml_node *at, const char *word,
		    const char *const *names, const char *fmt, ...)
{
	const char *hint = text__suggest(word, names);
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	vfail(y, at->line, at->column, fmt, ap);
	va_end(ap);
	n = strlen(y->err->text);
	if (hint)
		snprintf(y->err->text + n, sizeof(y->err->text) - n, ", did you mean '%s'?", hint);
	return -EINVAL;
}

static int __attribute__((format(printf, 3, 4)))
fail(struct builder *b, const yaml_mark_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(b->y, at->line + 1, at->column + 1, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void free_node(struct yaml_node *n)
{
	for (size_t i = 0; n && i < n->n; i++)
		free_node(n->item[i]);
	if (n) {
		free(n->item);
		free(n->text);
	}
	free(n);
}

/* Adds a node to the innermost list or map, which then owns it */
static int append(struct builder *b, struct yaml_node *n, const yaml_mark_t *at)
{
	struct yaml_node *in = b->depth ? b->stack[b->depth - 1] : NULL, **more;

	if (!in) {
		b->y->root = n;
		return 0;
	}
	if (!(in->n & (in->n - 1))) {
		more = realloc(in->item, (in->n ? 2 * in->n : 1) * sizeof(*more));
		if (!more) {
			free_node(n);
			return -ENOMEM;
		}
		in->item = more;
	}
	in->item[in->n++] = n;
	if (in->kind == YAML_MAP && in->n % 2 && n->kind != YAML_SCALAR)
		return fail(b, at, "a key is a word");
	if (in->kind == YAML_MAP && in->n % 2 == 0)
		n->key = in->item[in->n - 2];
	return 0;
}

static int add(struct builder *b, const yaml_event_t *ev, enum yaml_kind kind,
	       const char *text, size_t len, struct yaml_node **out)
{
	struct yaml_node *n;

	if (++b->nodes > b->y->max_nodes)
		return fail(b, &ev->start_mark, "larger than any %s", b->y->what);
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

static int open_node(struct builder *b, const yaml_event_t *ev, enum yaml_kind kind)
{
	struct yaml_node *n = NULL;
	int ret;

	if (b->depth == b->y->max_depth || b->depth == MOST_DEPTH)
		return fail(b, &ev->start_mark, "nested too deeply for a %s", b->y->what);
	ret = add(b, ev, kind, NULL, 0, &n);
	if (!ret)
		b->stack[b->depth++] = n;
	return ret;
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct yaml_node *a = *(struct yaml_node *const *)pa, *b = *(struct yaml_node *const *)pb;
	int d = strcmp(a->text, b->text);

	if (!d)
		d = a->line < b->line ? -1 : a->line > b->line;
	if (!d)
		d = a->column < b->column ? -1 : a->column > b->column;
	return d;
}

/* Refuses a key that occurs twice in a map */
static int check_keys(struct builder *b, const struct yaml_node *map)
{
	const struct yaml_node *first = NULL, **key;
	size_t n = map->n / 2;

	if (n < 2)
		return 0;
	key = malloc(n * sizeof(*key));
	if (!key)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		key[i] = map->item[2 * i];
	qsort(key, n, sizeof(*key), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(key[i]->text, key[i - 1]->text) &&
		    (!first || key[i]->line < first->line ||
		     (key[i]->line == first->line && key[i]->column < first->column)))
			first = key[i];
	free(key);
	return first ? yaml__fail(b->y, first, "'%.64s' is there twice", first->text) : 0;
}

static int scalar(struct builder *b, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	struct yaml_node *n = NULL;
	int ret;

	if (ev->data.scalar.anchor)
		return fail(b, &ev->start_mark, "anchors (&) have no place in a %s", b->y->what);
	if (ev->data.scalar.tag)
		return fail(b, &ev->start_mark, "tags (!) have no place in a %s", b->y->what);
	if (strlen(text) != ev->data.scalar.length)
		return fail(b, &ev->start_mark, "a text with a zero byte in it");
	ret = add(b, ev, YAML_SCALAR, text, ev->data.scalar.length, &n);
	if (!ret)
		n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return ret;
}

static int take(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->documents++)
			return fail(b, &ev->start_mark, "a second document: one %s a file", b->y->what);
		return 0;
	case YAML_ALIAS_EVENT:
		return fail(b, &ev->start_mark, "aliases (*) have no place in a %s", b->y->what);
	case YAML_SCALAR_EVENT:
		return scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor || ev->data.sequence_start.tag)
			return fail(b, &ev->start_mark, "anchors (&) and tags (!) have no place in a %s", b->y->what);
		return open_node(b, ev, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor || ev->data.mapping_start.tag)
			return fail(b, &ev->start_mark, "anchors (&) and tags (!) have no place in a %s", b->y->what);
		return open_node(b, ev, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
		b->depth--;
		return 0;
	case YAML_MAPPING_END_EVENT:
		return check_keys(b, b->stack[--b->depth]);
	default:
		return 0;
	}
}

static int parse(struct yaml *y, const char *text, size_t len)
{
	struct builder b = { .y = y };
	yaml_event_t ev;
	bool end = false;
	int ret = 0;

	if (!yaml_parser_initialize(&b.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	while (!ret && !end) {
		if (!yaml_parser_parse(&b.parser, &ev)) {
			ret = fail(&b, &b.parser.problem_mark, "%s", b.parser.problem ? b.parser.problem : "not YAML");
			break;
		}
		end = ev.type == YAML_STREAM_END_EVENT;
		ret = take(&b, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&b.parser);
	return ret;
}

static int too_large(struct yaml *y)
{
	return yaml__fail(y, NULL, "larger than any %s (%zu KiB)", y->what, y->max_bytes / 1024);
}

int yaml__parse(struct yaml *y, const char *text, size_t len)
{
	int ret;

	y->root = NULL;
	*y->err->text = '\0';
	ret = len > y->max_bytes ? too_large(y) : parse(y, text, len);
	if (ret)
		yaml__free(y);
	if (ret && !*y->err->text)
		error__describe(y->err, "%s: %s", y->path, strerror(-ret));
	return ret;
}

int yaml__read(struct yaml *y)
{
	size_t len;
	char *text;
	int ret;

	y->root = NULL;
	ret = strcmp(y->path, "-") ? file__read(y->path, y->max_bytes, &text, &len) :
				     file__read_stream(stdin, y->max_bytes, &text, &len);
	if (ret == -EFBIG)
		return too_large(y);
	if (ret)
		error__describe(y->err, "%s: %s", y->path, strerror(-ret));
	else
		ret = yaml__parse(y, text, len);
	free(text);
	return ret;
}

void yaml__free(struct yaml *y)
{
	free_node(y->root);
	y->root = NULL;
}

const struct yaml_node *yaml__get(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i + 1 < map->n; i += 2)
		if (!strcmp(map->item[i]->text, key))
			return map->item[i + 1];
	return NULL;
}

bool yaml__is_null(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->plain &&
	       (!*n->text || !strcmp(n->text, "~") || !strcmp(n->text, "null"));
}

int yaml__unknown_key(struct yaml *y, const struct yaml_node *key, const char *what, const char *const *names)
{
	return yaml__fail_word(y, key, key->text, names, "unknown key '%.64s'%s%s", key->text,
			       what ? " in " : "", what ? what : "");
}

int yaml__map(struct yaml *y, const struct yaml_node *n, const char *what, const struct yaml_key *keys,
	      void *to)
{
	const char *names[MAX_KEYS + 1] = { NULL };
	int ret = 0;

	if (n->kind != YAML_MAP)
		return yaml__fail(y, n, "%s has keys with values, like 'key: value'", what ? what : y->what);
	for (size_t k = 0; keys[k].name && k < MAX_KEYS; k++)
		names[k] = keys[k].name;
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		const struct yaml_key *k = keys;

		while (k->name && strcmp(k->name, n->item[i]->text))
			k++;
		ret = k->name ? k->read(y, n->item[i + 1], to) : yaml__unknown_key(y, n->item[i], what, names);
	}
	return ret;
}

int yaml__text(struct yaml *y, const struct yaml_node *n, const char **out)
{
	if (n->kind != YAML_SCALAR || !*n->text)
		return yaml__fail(y, n, "this takes a text");
	if (strlen(n->text) > MAX_TEXT)
		return yaml__fail(y, n, "a text of more than %d bytes", MAX_TEXT);
	*out = n->text;
	return 0;
}

int yaml__copy(struct yaml *y, const struct yaml_node *n, char **out)
{
	const char *text = NULL;
	int ret = yaml__text(y, n, &text);

	if (!ret)
		*out = strdup(text);
	return ret || *out ? ret : -ENOMEM;
}

int yaml__duration(struct yaml *y, const struct yaml_node *n, uint64_t min, uint64_t max, uint64_t *ns)
{
	const char *text = NULL;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	if (duration__parse(text, ns))
		return yaml__fail(y, n, "'%.40s' is not a duration like 200ms or 2s", text);
	if (*ns < min || *ns > max)
		return yaml__fail(y, n, "%s must be between %" PRIu64 " us and %" PRIu64 " s", text,
				  min / 1000, max / 1000000000);
	return 0;
}

int yaml__number(struct yaml *y, const struct yaml_node *n, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *text = NULL;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	if (number__parse(text, out))
		return yaml__fail(y, n, "'%.40s' is not a number", text);
	if (*out < min || *out > max)
		return yaml__fail(y, n, "must be between %" PRIu64 " and %" PRIu64, min, max);
	return 0;
}

int yaml__bool(struct yaml *y, const struct yaml_node *n, bool *out)
{
	const char *text = NULL;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	*out = !strcmp(text, "yes") || !strcmp(text, "true");
	if (!*out && strcmp(text, "no") && strcmp(text, "false"))
		return yaml__fail(y, n, "must be yes or no");
	return 0;
}
