// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "fault.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/yaml.h"

const struct rule_key rule_keys[RULE_KEY_MAX] = {
#define X(name, letter, arg, help, list, takes) { #name, list, takes },
	RULE_KEYS(X)
#undef X
};

#define E(name) { #name, name }
static const struct { const char *name; int number; } errnos[] = {
	E(EPERM), E(ENOENT), E(EIO), E(ENXIO), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY),
	E(EEXIST), E(ENODEV), E(EINVAL), E(ENOTTY), E(ENOSPC), E(ERANGE), E(EDEADLK), E(ENODATA),
	E(ETIME), E(EOPNOTSUPP), E(ENOBUFS), E(ETIMEDOUT), E(ECONNRESET), E(EREMOTEIO), E(ECANCELED),
};

int errno__by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (!strcmp(errnos[i].name, name))
			return errnos[i].number;
	return 0;
}

void rule__init(struct rule *r, const struct fault_point *point)
{
	memset(r, 0, sizeof(*r));
	r->point = point;
	r->smmu = ATCQ_NONE;
	r->ssid = ATCQ_NONE;
	r->any_cpu = true;
	r->times = 1;
	r->probability = 100;
}

static int number(const char *text, uint64_t min, uint64_t max, uint64_t *out, struct error *err)
{
	uint64_t v;
	char *end;
	int ret;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && isxdigit((unsigned char)text[2])) {
		errno = 0;
		v = strtoull(text, &end, 16);
		ret = errno ? -ERANGE : *end ? -EINVAL : 0;
	} else {
		ret = number__parse(text, &v);
	}
	if (ret)
		return error__set(err, -EINVAL, ret == -ERANGE ? "too large" : "not a whole number");
	if (v < min || v > max)
		return error__set(err, -EINVAL, "must be between %llu and %llu", (unsigned long long)min,
				  (unsigned long long)max);
	*out = v;
	return 0;
}

static int number32(const char *text, uint32_t max, uint32_t *out, struct error *err)
{
	uint64_t v;
	int ret = number(text, 0, max, &v, err);

	if (!ret)
		*out = v;
	return ret;
}

static int list32(const char *text, uint32_t max, uint32_t *list, size_t *n, struct error *err)
{
	int ret;

	if (*n == RULE_MAX_LIST)
		return error__set(err, -EINVAL, "one too many, a rule lists at most %d", RULE_MAX_LIST);
	ret = number32(text, max, &list[*n], err);
	if (!ret)
		++*n;
	return ret;
}

static int set_device(struct rule *r, const char *text, struct error *err)
{
	uint32_t segment, addr;
	char whole[16];

	if (r->ndevice == RULE_MAX_LIST)
		return error__set(err, -EINVAL, "one too many, a rule lists at most %d", RULE_MAX_LIST);
	if (!*text || strlen(text) >= sizeof(r->device[0]) ||
	    strspn(text, "0123456789abcdefABCDEF:." RULE_GLOB "]-!") != strlen(text) ||
	    (!strpbrk(text, RULE_GLOB) && bdf__parse(text, whole, &segment, &addr)))
		return error__set(err, -EINVAL, "not a PCI address like 0000:01:00.0, nor a glob of them");
	for (char *to = r->device[r->ndevice++]; *text; text++)
		*to++ = tolower((unsigned char)*text);
	return 0;
}

static int set_cpus(struct rule *r, const char *text, struct error *err)
{
	unsigned long first, last;
	char *end;

	r->any_cpu = false;
	do {
		if (!isdigit((unsigned char)*text))
			goto bad;
		first = last = strtoul(text, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			last = strtoul(end + 1, &end, 10);
		if (last < first || last >= ATCQ_RULE_CPUS || (*end && *end != ','))
			goto bad;
		for (unsigned long c = first; c <= last; c++)
			r->cpus[c / 64] |= 1ull << c % 64;
		text = end + 1;
	} while (*end);
	return 0;
bad:
	return error__set(err, -EINVAL, "not a list of CPUs like 0-3,8 (CPUs 0 to %d)", ATCQ_RULE_CPUS - 1);
}

static int set_context(struct rule *r, const char *text, struct error *err)
{
	if (!strcmp(text, "irq"))
		r->context = ATCQ_CTX_IRQ;
	else if (!strcmp(text, "task"))
		r->context = ATCQ_CTX_TASK;
	else
		return error__set(err, -EINVAL, "must be irq or task");
	return 0;
}

static int set_delay(struct rule *r, const char *text, struct error *err)
{
	if (duration__parse(text, &r->delay_ns))
		return error__set(err, -EINVAL, "not a duration like 500ms or 2s");
	/* One millisecond is what the kernel takes for "your own" */
	if (r->delay_ns < 2000000 || r->delay_ns > 5000000000ull)
		return error__set(err, -EINVAL, "must be between 2 ms and 5 s");
	return 0;
}

static int set_limit(struct rule *r, const char *key, const char *value, struct error *err)
{
	uint64_t *field, min = 1, max = 1000000;

	if (!strcmp(key, "probability")) {
		field = &r->probability;
		min = 0;
		max = 100;
	} else if (!strcmp(key, "times")) {
		field = &r->times;
		min = 0;
		r->times_set = true;
	} else if (!strcmp(key, "space")) {
		field = &r->space;
		min = 0;
	} else if (!strcmp(key, "nth")) {
		field = &r->nth;
	} else if (!strcmp(key, "interval")) {
		field = &r->interval;
	} else if (!strcmp(key, "seed")) {
		field = &r->seed;
		min = 0;
		max = UINT64_MAX;
	} else
		return error__set(err, -EINVAL, "there is no such key");
	if (strcmp(key, "nth") && strcmp(key, "times") && strcmp(key, "seed"))
		r->limited = true;
	return number(value, min, max, field, err);
}

int rule__set(struct rule *r, const char *key, const char *value, struct error *err)
{
	for (size_t k = 0; k < RULE_KEY_MAX; k++) {
		if (strcmp(rule_keys[k].name, key) || !rule_keys[k].takes ||
		    r->point->takes & rule_keys[k].takes)
			continue;
		return error__set(err, -EINVAL, "'%s' does not take this", r->point->name);
	}
	if (!strcmp(key, "device"))
		return set_device(r, value, err);
	if (!strcmp(key, "sid"))
		return list32(value, UINT32_MAX - 1, r->sid, &r->nsid, err);
	if (!strcmp(key, "group"))
		return list32(value, INT32_MAX, r->group, &r->ngroup, err);
	if (!strcmp(key, "smmu"))
		return number32(value, 1023, &r->smmu, err);
	if (!strcmp(key, "ssid"))
		return number32(value, (1 << 20) - 1, &r->ssid, err);
	if (!strcmp(key, "cpu"))
		return set_cpus(r, value, err);
	if (!strcmp(key, "context"))
		return set_context(r, value, err);
	if (!strcmp(key, "delay"))
		return set_delay(r, value, err);
	if (!strcmp(key, "errno")) {
		r->err = errno__by_name(value);
		if (!r->err)
			error__describe(err, "not the name of an error, like EIO or ENOTTY");
		return r->err ? 0 : -EINVAL;
	}
	return set_limit(r, key, value, err);
}

int rule__check(const struct rule *r, struct error *err)
{
	if (r->nth && (r->limited || (r->times_set && r->times != 1)))
		return error__set(err, -EINVAL, "%s: nth picks one match, which contradicts times, space, interval and probability",
				  r->point->name);
	if (!r->probability)
		return error__set(err, -EINVAL, "%s: with probability 0 it never fires", r->point->name);
	if (r->seed && r->probability == 100)
		return error__set(err, -EINVAL, "%s: a seed without a probability has no dice to throw", r->point->name);
	return 0;
}

int rule__ret(const struct rule *r)
{
	if (r->delay_ns)
		return r->delay_ns / 1000000;
	return r->err ? -r->err : r->point->ret;
}

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
	struct error reason;

	if (!value->text)
		return yaml__fail(y, value, "%s: takes one value", key);
	if (rule__set(rule, key, value->text, &reason))
		return yaml__fail(y, value, "%s %s: %s", key, value->text, reason.text);
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
	struct error reason;
	int ret = 0;

	if (map->kind != YAML_MAP)
		return yaml__fail(y, map, "a rule is a mapping, like 'fault: atc-timeout'");
	if (!fault)
		return yaml__fail(y, map, "a rule needs the key 'fault'");
	point = fault->text ? fault_point__find(fault->text) : NULL;
	if (!point)
		return yaml__fail(y, fault, "unknown fault '%s'; 'atcq inject --list' shows all faults",
				  fault->text ? fault->text : "");
	rule__init(rule, point);
	rule->line = map->line;
	for (size_t i = 1; i < map->n && !ret; i += 2)
		if (map->item[i] != fault)
			ret = set_key(y, rule, map->item[i]);
	if (!ret && rule__check(rule, &reason))
		ret = yaml__fail(y, map, "%s", reason.text);
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
