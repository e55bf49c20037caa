// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "internal.h"
#include "lib/text.h"
#include "reader.h"

const yaml_node_t *reader__node(struct reader *r, int id)
{
	return yaml_document_get_node(&r->y.doc, id);
}

/* "key:" and "key: ~" */
bool reader__is_nothing(const yaml_node_t *value)
{
	const char *text = yaml__scalar(value);

	return text && value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

int reader__unknown(struct reader *r, const yaml_node_t *at, const char *what, const char *name,
		   const char *const *names)
{
	const char *hint = text__suggest(name, names);

	return yaml__fail(&r->y, &at->start_mark, "unknown %s '%.64s'%s%s%s", what, name,
			  hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

int reader__text(struct reader *r, const char *name, const yaml_node_t *value, const char **out)
{
	*out = yaml__scalar(value);
	return *out ? 0 : yaml__fail(&r->y, &value->start_mark, "%s: takes one text", name);
}

/* Each pair of @map once; @fn gets the key's text */
int reader__each_pair(struct reader *r, const char *what, const yaml_node_t *map, value_fn fn)
{
	yaml_node_pair_t *first = map->data.mapping.pairs.start, *p;
	const yaml_node_t *key;
	int ret = 0;

	if (reader__is_nothing(map))
		return 0;
	if (map->type != YAML_MAPPING_NODE)
		return yaml__fail(&r->y, &map->start_mark, "%s: takes keys with values", what);
	for (p = first; p < map->data.mapping.pairs.top && !ret; p++) {
		key = reader__node(r, p->key);
		if (!yaml__scalar(key))
			return yaml__fail(&r->y, &key->start_mark, "%s: a key is a word", what);
		for (yaml_node_pair_t *q = first; q < p; q++)
			if (!strcmp(yaml__scalar(reader__node(r, q->key)), yaml__scalar(key)))
				return yaml__fail(&r->y, &key->start_mark, "'%.64s' is there twice", yaml__scalar(key));
		ret = fn(r, yaml__scalar(key), key, reader__node(r, p->value));
	}
	return ret;
}

int reader__by_table(struct reader *r, const struct row *rows, const char *name, const yaml_node_t *key,
		    const yaml_node_t *value)
{
	const char *names[24] = { NULL };

	for (size_t i = 0; rows[i].key; i++) {
		names[i] = rows[i].key;
		if (!strcmp(rows[i].key, name))
			return rows[i].fn(r, name, key, value);
	}
	return reader__unknown(r, key, "key", name, names);
}

int reader__keep(struct reader *r, const char *name, const yaml_node_t *value, char **out)
{
	const char *text;
	int ret = reader__text(r, name, value, &text);

	if (ret || reader__is_nothing(value))
		return ret;
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

/* A relative path is one from the folder of the web-config */
int reader__keep_file(struct reader *r, const char *name, const yaml_node_t *value, char **out)
{
	const char *slash = strrchr(r->c->path, '/'), *text;
	int ret = reader__text(r, name, value, &text);

	if (ret || reader__is_nothing(value) || !*text)
		return ret;
	if (*text == '/' || !slash)
		*out = strdup(text);
	else if (asprintf(out, "%.*s/%s", (int)(slash - r->c->path), r->c->path, text) < 0)
		*out = NULL;
	return *out ? 0 : -ENOMEM;
}

int reader__bool(struct reader *r, const char *name, const yaml_node_t *value, bool *out)
{
	static const char *const yes[] = { "true", "yes", "on", NULL }, *const no[] = { "false", "no", "off", NULL };
	const char *text = yaml__scalar(value);

	for (size_t i = 0; text && yes[i]; i++) {
		if (strcasecmp(text, yes[i]) && strcasecmp(text, no[i]))
			continue;
		*out = !strcasecmp(text, yes[i]);
		return 0;
	}
	return yaml__fail(&r->y, &value->start_mark, "%s: true or false", name);
}

/* Each text of a list goes to @fn with the item as its key */
int reader__each_item(struct reader *r, const char *name, const yaml_node_t *list, value_fn fn)
{
	int ret = 0;

	if (reader__is_nothing(list))
		return 0;
	if (list->type != YAML_SEQUENCE_NODE)
		return yaml__fail(&r->y, &list->start_mark, "%s: takes a list", name);
	for (yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top && !ret; i++) {
		const yaml_node_t *item = reader__node(r, *i);
		const char *text;

		ret = reader__text(r, name, item, &text);
		if (!ret)
			ret = fn(r, text, item, item);
	}
	return ret;
}
