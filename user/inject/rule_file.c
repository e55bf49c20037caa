// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "rule_file.h"
#include "yaml_file.h"

static const struct rule_key *find_key(const char *name)
{
	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		if (!strcmp(rule_keys[i].name, name))
			return &rule_keys[i];
	return NULL;
}

static int unknown_key(struct yaml_file *y, const yaml_node_t *key)
{
	const char *names[RULE_KEY_MAX + 2] = { "fault" }, *hint;

	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		names[i + 1] = rule_keys[i].name;
	hint = text__suggest(yaml__scalar(key), names);
	return yaml__fail(y, &key->start_mark, "unknown key '%s'%s%s%s", yaml__scalar(key),
		    hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

static int set_scalar(struct yaml_file *y, struct rule *rule, const char *key, const yaml_node_t *value)
{
	const char *text = yaml__scalar(value);
	char why[256];

	if (!text)
		return yaml__fail(y, &value->start_mark, "%s: takes one value", key);
	if (rule__set(rule, key, text, why, sizeof(why)))
		return yaml__fail(y, &value->start_mark, "%s %s: %s", key, text, why);
	return 0;
}

static int set_key(struct yaml_file *y, struct rule *rule, const yaml_node_t *key,
		   const yaml_node_t *value)
{
	const struct rule_key *k = find_key(yaml__scalar(key));
	int ret = 0;

	if (!k)
		return unknown_key(y, key);
	if (value->type != YAML_SEQUENCE_NODE || !k->list)
		return set_scalar(y, rule, k->name, value);
	for (yaml_node_item_t *i = value->data.sequence.items.start;
	     i < value->data.sequence.items.top && !ret; i++)
		ret = set_scalar(y, rule, k->name, yaml_document_get_node(&y->doc, *i));
	return ret;
}

static int find_fault(struct yaml_file *y, const yaml_node_t *map, struct rule *rule)
{
	const struct fault_point *point;
	const yaml_node_t *value;
	const char *key;

	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		key = yaml__scalar(yaml_document_get_node(&y->doc, p->key));
		value = yaml_document_get_node(&y->doc, p->value);
		if (!key || strcmp(key, "fault"))
			continue;
		point = yaml__scalar(value) ? fault_point__find(yaml__scalar(value)) : NULL;
		if (!point)
			return yaml__fail(y, &value->start_mark, "unknown fault '%s'; 'atcq inject --list' shows those there are",
				    yaml__scalar(value) ? yaml__scalar(value) : "");
		rule__init(rule, point);
		rule->line = map->start_mark.line + 1;
		return 0;
	}
	return yaml__fail(y, &map->start_mark, "a rule needs the key 'fault'");
}

static int read_rule(struct yaml_file *y, const yaml_node_t *map, struct rule *rule)
{
	const yaml_node_t *key;
	uint64_t seen = 0, bit;
	char why[256];
	int ret;

	if (map->type != YAML_MAPPING_NODE)
		return yaml__fail(y, &map->start_mark, "a rule is a mapping, like 'fault: atc-timeout'");
	ret = find_fault(y, map, rule);
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top && !ret; p++) {
		key = yaml_document_get_node(&y->doc, p->key);
		if (!yaml__scalar(key))
			return yaml__fail(y, &key->start_mark, "a key is a word");
		bit = find_key(yaml__scalar(key)) ? 1ull << (find_key(yaml__scalar(key)) - rule_keys) : 1ull << 63;
		if (seen & bit && (bit != 1ull << 63 || !strcmp(yaml__scalar(key), "fault")))
			return yaml__fail(y, &key->start_mark, "'%s' is there twice", yaml__scalar(key));
		seen |= bit;
		if (strcmp(yaml__scalar(key), "fault"))
			ret = set_key(y, rule, key, yaml_document_get_node(&y->doc, p->value));
	}
	if (!ret && rule__check(rule, why, sizeof(why)))
		ret = yaml__fail(y, &map->start_mark, "%s", why);
	return ret;
}

static int read_rules(struct yaml_file *y, struct rule *rules, size_t max, size_t *n)
{
	yaml_node_t *root = yaml_document_get_root_node(&y->doc), *node;
	int ret = 0;

	if (!root)
		return yaml__fail(y, NULL, "there is no rule in it");
	if (root->type != YAML_SEQUENCE_NODE)
		return yaml__fail(y, &root->start_mark, "not a list of rules: each begins with '- fault: NAME'");
	for (yaml_node_item_t *i = root->data.sequence.items.start;
	     i < root->data.sequence.items.top && !ret; i++) {
		node = yaml_document_get_node(&y->doc, *i);
		if (*n == max)
			return yaml__fail(y, &node->start_mark, "one rule too many, there can be %zu", max);
		ret = read_rule(y, node, &rules[(*n)++]);
	}
	return ret || *n ? ret : yaml__fail(y, NULL, "there is no rule in it");
}

int rule_file__read(const char *path, struct rule *rules, size_t max, size_t *n,
		    char *err, size_t errlen)
{
	struct yaml_file y = { .path = path, .err = err, .errlen = errlen };
	char what[48];
	int ret;

	snprintf(what, sizeof(what), "list of %zu rules", max);
	ret = yaml_file__open(&y, what);
	if (ret)
		return ret;
	ret = read_rules(&y, rules, max, n);
	yaml_file__close(&y);
	return ret;
}
