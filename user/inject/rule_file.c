// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "opts.h"
#include "rule_file.h"

/* More than this is no list of at most 64 rules */
#define MAX_FILE (1 << 20)
#define MAX_DEPTH 64

struct reader {
	const char *path;
	yaml_document_t doc;
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct reader *r, const yaml_mark_t *at, const char *fmt, ...)
{
	int n = snprintf(r->err, r->errlen, "%s:%zu:%zu: ", r->path, at->line + 1, at->column + 1);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->errlen)
		vsnprintf(r->err + n, r->errlen - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static const struct rule_key *find_key(const char *name)
{
	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		if (!strcmp(rule_keys[i].name, name))
			return &rule_keys[i];
	return NULL;
}

static int unknown_key(struct reader *r, const yaml_node_t *key)
{
	const char *names[RULE_KEY_MAX + 2] = { "fault" }, *hint;

	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		names[i + 1] = rule_keys[i].name;
	hint = suggest(scalar(key), names);
	return fail(r, &key->start_mark, "unknown key '%s'%s%s%s", scalar(key),
		    hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

static int set_scalar(struct reader *r, struct rule *rule, const char *key, const yaml_node_t *value)
{
	const char *text = scalar(value);
	char why[256];

	if (!text)
		return fail(r, &value->start_mark, "%s: takes one value", key);
	if (rule__set(rule, key, text, why, sizeof(why)))
		return fail(r, &value->start_mark, "%s %s: %s", key, text, why);
	return 0;
}

static int set_key(struct reader *r, struct rule *rule, const yaml_node_t *key,
		   const yaml_node_t *value)
{
	const struct rule_key *k = find_key(scalar(key));
	int ret = 0;

	if (!k)
		return unknown_key(r, key);
	if (value->type != YAML_SEQUENCE_NODE || !k->list)
		return set_scalar(r, rule, k->name, value);
	for (yaml_node_item_t *i = value->data.sequence.items.start;
	     i < value->data.sequence.items.top && !ret; i++)
		ret = set_scalar(r, rule, k->name, yaml_document_get_node(&r->doc, *i));
	return ret;
}

static int find_fault(struct reader *r, const yaml_node_t *map, struct rule *rule)
{
	const struct fault_point *point;
	const yaml_node_t *value;
	const char *key;

	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		key = scalar(yaml_document_get_node(&r->doc, p->key));
		value = yaml_document_get_node(&r->doc, p->value);
		if (!key || strcmp(key, "fault"))
			continue;
		point = scalar(value) ? fault_point__find(scalar(value)) : NULL;
		if (!point)
			return fail(r, &value->start_mark, "unknown fault '%s'; 'atcq inject --list' shows those there are",
				    scalar(value) ? scalar(value) : "");
		rule__init(rule, point);
		rule->line = map->start_mark.line + 1;
		return 0;
	}
	return fail(r, &map->start_mark, "a rule needs the key 'fault'");
}

static int read_rule(struct reader *r, const yaml_node_t *map, struct rule *rule)
{
	const yaml_node_t *key;
	uint64_t seen = 0, bit;
	char why[256];
	int ret;

	if (map->type != YAML_MAPPING_NODE)
		return fail(r, &map->start_mark, "a rule is a mapping, like 'fault: atc-timeout'");
	ret = find_fault(r, map, rule);
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top && !ret; p++) {
		key = yaml_document_get_node(&r->doc, p->key);
		if (!scalar(key))
			return fail(r, &key->start_mark, "a key is a word");
		bit = find_key(scalar(key)) ? 1ull << (find_key(scalar(key)) - rule_keys) : 1ull << 63;
		if (seen & bit && (bit != 1ull << 63 || !strcmp(scalar(key), "fault")))
			return fail(r, &key->start_mark, "'%s' is there twice", scalar(key));
		seen |= bit;
		if (strcmp(scalar(key), "fault"))
			ret = set_key(r, rule, key, yaml_document_get_node(&r->doc, p->value));
	}
	if (!ret && rule__check(rule, why, sizeof(why)))
		ret = fail(r, &map->start_mark, "%s", why);
	return ret;
}

static int read_rules(struct reader *r, struct rule *rules, size_t max, size_t *n)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc), *node;
	static const yaml_mark_t top = { 0, 0, 0 };
	int ret = 0;

	if (!root)
		return fail(r, &top, "there is no rule in it");
	if (root->type != YAML_SEQUENCE_NODE)
		return fail(r, &root->start_mark, "not a list of rules: each begins with '- fault: NAME'");
	for (yaml_node_item_t *i = root->data.sequence.items.start;
	     i < root->data.sequence.items.top && !ret; i++) {
		node = yaml_document_get_node(&r->doc, *i);
		if (*n == max)
			return fail(r, &node->start_mark, "one rule too many, there can be %zu", max);
		ret = read_rule(r, node, &rules[(*n)++]);
	}
	return ret || *n ? ret : fail(r, &top, "there is no rule in it");
}

/*
 * libyaml takes time that grows with the square of the depth of [ and {; a rule
 * needs two.  Those in quotes count as well: they are globs, and so come in pairs.
 */
static int check_depth(struct reader *r, const unsigned char *text, size_t len)
{
	yaml_mark_t at = { 0, 0, 0 };
	unsigned int depth = 0;

	for (size_t i = 0; i < len; i++, at.column++) {
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth)
			depth--;
		if (depth > MAX_DEPTH)
			return fail(r, &at, "nested too deeply for a list of rules");
		if (text[i] == '\n') {
			at.line++;
			at.column = (size_t)-1;
		}
	}
	return 0;
}

int rule_file__read(const char *path, struct rule *rules, size_t max, size_t *n,
		    char *err, size_t errlen)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct reader r = { .path = path, .err = err, .errlen = errlen };
	static unsigned char text[MAX_FILE + 1];
	yaml_parser_t parser;
	size_t len;
	int ret;

	if (!f || (len = fread(text, 1, sizeof(text), f), ferror(f))) {
		ret = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		if (f && f != stdin)
			fclose(f);
		return ret;
	}
	if (f != stdin)
		fclose(f);
	if (len > MAX_FILE) {
		snprintf(err, errlen, "%s: larger than any list of %zu rules", path, max);
		return -EINVAL;
	}
	if (check_depth(&r, text, len))
		return -EINVAL;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text, len);
	if (yaml_parser_load(&parser, &r.doc)) {
		ret = read_rules(&r, rules, max, n);
		yaml_document_delete(&r.doc);
	} else {
		ret = fail(&r, &parser.problem_mark, "%s", parser.problem ? parser.problem : "not YAML");
	}
	yaml_parser_delete(&parser);
	return ret;
}
