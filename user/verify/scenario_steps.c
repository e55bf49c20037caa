// SPDX-License-Identifier: GPL-2.0-only
/* Steps: one of the keys below, and its parameters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "scenario_internal.h"

#define MAX_WAIT_NS	60000000000ull
#define SILENT_NS	200000000ull

/* The value of the key */
enum takes { TAKES_NAMES, TAKES_NAME_TIME, TAKES_STATES, TAKES_WAIT, TAKES_FAULT, TAKES_TEXT, TAKES_WORD };

static const struct {
	const char *name;
	enum takes takes;
} kinds[STEP_KINDS] = {
	[STEP_DEAD] = { "dead", TAKES_NAMES }, [STEP_HEAL] = { "heal", TAKES_NAMES },
	[STEP_SLOW] = { "slow", TAKES_NAME_TIME }, [STEP_STUBBORN] = { "stubborn", TAKES_NAMES },
	[STEP_INJECT] = { "inject", TAKES_FAULT }, [STEP_DISARM] = { "disarm", TAKES_FAULT },
	[STEP_RESET] = { "reset", TAKES_NAMES }, [STEP_REMOVE] = { "remove", TAKES_NAMES },
	[STEP_FIND] = { "find", TAKES_NAMES }, [STEP_SLOT_OFF] = { "slot-off", TAKES_NAMES },
	[STEP_SLOT_ON] = { "slot-on", TAKES_NAMES }, [STEP_WAIT] = { "wait", TAKES_WAIT },
	[STEP_CHECK] = { "check", TAKES_STATES }, [STEP_SILENT] = { "silent", TAKES_NAME_TIME },
	[STEP_BUSY] = { "busy", TAKES_NAME_TIME }, [STEP_DMA] = { "dma", TAKES_STATES },
	[STEP_START] = { "start", TAKES_NAMES }, [STEP_STOP] = { "stop", TAKES_NAMES },
	[STEP_RUN] = { "run", TAKES_TEXT }, [STEP_FINISH] = { "finish", TAKES_WORD },
};

const char *step_kind__name(enum step_kind k)
{
	return kinds[k].name;
}

/* "a", or "a 200ms" */
static int name_time(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	const char *text, *at;
	size_t len;
	int ret;

	if (n->kind == YAML_LIST && st->kind != STEP_SLOW)
		return values__names(y, n, &st->names);
	ret = yaml__text(y, n, &text);
	if (ret)
		return ret;
	len = strcspn(text, " ");
	at = text + len + strspn(text + len, " ");
	ret = values__name(y, n, text, len, &st->names);
	if (ret || (!*at && st->kind != STEP_SLOW))
		return ret;
	if (duration__parse(at, &st->time_ns) || st->time_ns < 1000 || st->time_ns > MAX_WAIT_NS)
		return yaml__fail(y, n, "'%.40s': a device and a time of at most 60s, like 'a 200ms'", text);
	return 0;
}

static int states(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	size_t max = sizeof(st->state) / sizeof(st->state[0]), count = n->kind == YAML_LIST ? n->n : 1;
	int ret = 0;

	if (!count || count > max)
		return yaml__fail(y, n, "from one to %zu devices and their states", max);
	for (size_t i = 0; i < count && !ret; i++) {
		ret = values__state(y, n->kind == YAML_LIST ? n->item[i] : n, &st->state[i]);
		st->names |= st->state[i].names;
		st->nstates++;
	}
	return ret;
}

static int fault(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	const char *text, *names[32] = { NULL }, *hint;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	if (st->kind == STEP_DISARM && !strcmp(text, "all"))
		return 0;
	st->point = fault_point__find(text);
	if (st->point && st->kind == STEP_DISARM)
		return 0;
	if (st->point) {
		st->rule = calloc(1, sizeof(*st->rule));
		if (!st->rule)
			return -ENOMEM;
		rule__init(st->rule, st->point);
		st->rule->line = n->line;
		return 0;
	}
	for (size_t i = 0; i < fault_points_n && i < 31; i++)
		names[i] = fault_points[i].name;
	hint = text__suggest(text, names);
	return yaml__fail(y, n, "unknown fault '%.40s'%s%s%s; 'atcq inject --list' shows all", text,
			    hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'" : "");
}

static int value(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	const char *text;
	int ret;

	switch (kinds[st->kind].takes) {
	case TAKES_NAMES:
		return values__names(y, n, &st->names);
	case TAKES_NAME_TIME:
		return name_time(y, n, st);
	case TAKES_STATES:
		return states(y, n, st);
	case TAKES_WAIT:
		if (n->kind == YAML_SCALAR && !duration__parse(n->text, &st->time_ns))
			return yaml__duration(y, n, 1000, MAX_WAIT_NS, &st->time_ns);
		return states(y, n, st);
	case TAKES_FAULT:
		return fault(y, n, st);
	case TAKES_TEXT:
		return yaml__copy(y, n, &st->command);
	case TAKES_WORD:
		ret = yaml__text(y, n, &text);
		if (!ret && strcmp(text, "background"))
			ret = yaml__fail(y, n, "what can be finished is 'background'");
		return ret;
	}
	return -EINVAL;
}

static int into(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	if (st->kind != STEP_INJECT)
		return yaml__fail(y, n, "only a fault is injected 'into' a device");
	return values__names(y, n, &st->names);
}

static int result(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	const char *text;
	uint64_t status;
	int ret;

	if (st->kind == STEP_RUN) {
		ret = yaml__number(y, n, 0, 255, &status);
		st->result = status;
		return ret;
	}
	if (st->kind != STEP_RESET)
		return yaml__fail(y, n, "only a reset or what is run has a result");
	ret = yaml__text(y, n, &text);
	if (ret || !strcmp(text, "ok"))
		return ret;
	st->result = errno__by_name(text);
	return st->result ? 0 : yaml__fail(y, n, "'%.40s' is not ok, nor the name of an error, like EIO", text);
}

static int method(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	const char *text;
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	if (st->kind != STEP_RESET)
		return yaml__fail(y, n, "only a reset has a method");
	if (strlen(text) >= sizeof(st->method) || strspn(text, "abcdefghijklmnopqrstuvwxyz_") != strlen(text))
		return yaml__fail(y, n, "'%.40s' is not a method: flr, bus, pm, ..., subordinate, aer", text);
	snprintf(st->method, sizeof(st->method), "%s", text);
	return 0;
}

/* A key of a step beside its word; -ENOENT: it is none */
static int modifier(struct yaml *y, const struct yaml_node *key, const struct yaml_node *n, struct step *st)
{
	const char *name = key->text, *text;
	struct error reason;
	int ret;

	if (!strcmp(name, "after"))
		return yaml__duration(y, n, 1000, MAX_WAIT_NS, &st->after_ns);
	if (!strcmp(name, "when"))
		return values__state(y, n, &st->when);
	if (!strcmp(name, "into"))
		return into(y, n, st);
	if (!strcmp(name, "result"))
		return result(y, n, st);
	if (!strcmp(name, "method"))
		return method(y, n, st);
	if (!strcmp(name, "background")) {
		if (st->kind != STEP_RESET && st->kind != STEP_REMOVE && st->kind != STEP_RUN)
			return yaml__fail(y, key, "'%s' is over at once, there is no background to it", kinds[st->kind].name);
		return yaml__bool(y, n, &st->background);
	}
	if (!st->rule)
		return -ENOENT;
	if (!strcmp(name, "fires"))
		return yaml__number(y, n, 0, 1000000, &st->fires);
	for (size_t k = 0; k < RULE_KEY_MAX; k++) {
		if (strcmp(rule_keys[k].name, name) || !strcmp(name, "device"))
			continue;
		ret = yaml__text(y, n, &text);
		if (!ret && rule__set(st->rule, name, text, &reason))
			ret = yaml__fail(y, n, "%s %s: %s", name, text, reason.text);
		return ret;
	}
	return -ENOENT;
}

static int unknown(struct yaml *y, const struct yaml_node *key)
{
	const char *names[STEP_KINDS + RULE_KEY_MAX + 8] = { "after", "when", "into", "result", "method", "background", "fires" };
	size_t n = 7;

	for (size_t k = 0; k < STEP_KINDS; k++)
		names[n++] = kinds[k].name;
	for (size_t k = 1; k < RULE_KEY_MAX; k++)
		names[n++] = rule_keys[k].name;
	return yaml__unknown_key(y, key, "a step", names);
}

/* Finds the key that selects the kind of step; its index, or -EINVAL */
static int find_kind(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	int at = -1;

	for (size_t i = 0; i < n->n; i += 2) {
		for (int k = 0; k < STEP_KINDS; k++) {
			if (strcmp(n->item[i]->text, kinds[k].name))
				continue;
			if (at >= 0)
				return yaml__fail(y, n->item[i], "'%s' and '%s' are two steps", kinds[st->kind].name, kinds[k].name);
			st->kind = k;
			at = i;
		}
	}
	if (at < 0 && n->n)
		return unknown(y, n->item[0]);
	return at;
}

int values__step(struct yaml *y, const struct yaml_node *n, struct step *st)
{
	int at, ret;

	*st = (struct step) { .when.what = COND_NONE, .line = n->line, .column = n->column,
			      .fires = SCENARIO_ANY };
	if (n->kind != YAML_MAP || !n->n)
		return yaml__fail(y, n, "a step is one word with what it is about, like 'dead: a'");
	at = find_kind(y, n, st);
	if (at < 0)
		return at;
	st->time_ns = st->kind == STEP_SILENT || st->kind == STEP_BUSY ? SILENT_NS : 0;
	ret = value(y, n->item[at + 1], st);
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		if ((int)i == at)
			continue;
		ret = modifier(y, n->item[i], n->item[i + 1], st);
		if (ret == -ENOENT)
			ret = unknown(y, n->item[i]);
	}
	return ret;
}
