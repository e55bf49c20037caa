// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/yaml.h"
#include "rule_file.h"

static const struct rule_key *find_key(const char *name)
{
	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		if (!strcmp(rule_keys[i].name, name))
			return &rule_keys[i];
	return NULL;
}

static int unknown_key(struct yaml *y, const struct yaml_node *key)
{
	const char *names[RULE_KEY_MAX + 2] = { "fault" };

	for (size_t i = 0; i < RULE_KEY_MAX; i++)
		names[i + 1] = rule_keys[i].name;
	return yaml__unknown_key(y, key, NULL, names);
}

static int set_scalar(struct yaml *y, struct rule *rule, const char *key, const struct yaml_node *value)
{
	struct error why;

	if (!value->text)
		return yaml__fail(y, value, "%s: takes one value", key);
	if (rule__set(rule, key, value->text, &why))
		return yaml__fail(y, value, "%s %s: %s", key, value->text, why.text);
	return 0;
}

static int set_key(struct yaml *y, struct rule *rule, const struct yaml_node *value)
{
	const struct rule_key *k = find_key(value->key->text);
	int ret = 0;

	if (!k)
		return unknown_key(y, value->key);
	if (value->kind != YAML_LIST || !k->list)
		return set_scalar(y, rule, k->name, value);
	for (size_t i = 0; i < value->n && !ret; i++)
		ret = set_scalar(y, rule, k->name, value->item[i]);
	return ret;
}

static int read_rule(struct yaml *y, const struct yaml_node *map, struct rule *rule)
{
	const struct yaml_node *fault = yaml__get(map, "fault");
	const struct fault_point *point;
	struct error why;
	int ret = 0;

	if (map->kind != YAML_MAP)
		return yaml__fail(y, map, "a rule is a mapping, like 'fault: atc-timeout'");
	if (!fault)
		return yaml__fail(y, map, "a rule needs the key 'fault'");
	point = fault->text ? fault_point__find(fault->text) : NULL;
	if (!point)
		return yaml__fail(y, fault, "unknown fault '%s'; 'atcq inject --list' shows those there are",
				  fault->text ? fault->text : "");
	rule__init(rule, point);
	rule->line = map->line;
	for (size_t i = 1; i < map->n && !ret; i += 2)
		if (map->item[i] != fault)
			ret = set_key(y, rule, map->item[i]);
	if (!ret && rule__check(rule, &why))
		ret = yaml__fail(y, map, "%s", why.text);
	return ret;
}

static int read_rules(struct yaml *y, struct rule *rules, size_t max, size_t *n)
{
	const struct yaml_node *root = y->root;
	int ret = 0;

	if (!root)
		return yaml__fail(y, NULL, "there is no rule in it");
	if (root->kind != YAML_LIST)
		return yaml__fail(y, root, "not a list of rules: each begins with '- fault: NAME'");
	for (size_t i = 0; i < root->n && !ret; i++) {
		if (*n == max)
			return yaml__fail(y, root->item[i], "one rule too many, there can be %zu", max);
		ret = read_rule(y, root->item[i], &rules[(*n)++]);
	}
	return ret || *n ? ret : yaml__fail(y, NULL, "there is no rule in it");
}

int rule_file__read(const char *path, struct rule *rules, size_t max, size_t *n,
		    struct error *err)
{
	char what[48];
	struct yaml y = { .path = path, .what = what, .max_bytes = 1 << 20, .max_depth = 64,
			  .max_nodes = 1 << 18, .err = err };
	int ret;

	snprintf(what, sizeof(what), "list of %zu rules", max);
	ret = yaml__read(&y);
	if (ret)
		return ret;
	ret = read_rules(&y, rules, max, n);
	yaml__free(&y);
	return ret;
}
