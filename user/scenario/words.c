// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "words.h"

static const char *const condition_names[] = {
	[COND_HEALTHY] = "healthy", [COND_RESETTING] = "resetting",
	[COND_RESET_FAILED] = "reset-failed", [COND_BROKEN] = "broken", [COND_GONE] = "gone",
	[COND_ATS_ON] = "ats-on", [COND_ATS_OFF] = "ats-off", [COND_ATS_BROKEN] = "ats-broken",
	[COND_DMA_WORKS] = "works", [COND_DMA_REFUSED] = "refused",
	[COND_RAISED] = "raised", [COND_DETECTED] = "detected", [COND_BLOCKED] = "blocked",
	[COND_FENCED] = "fenced", [COND_RECOVERED] = "recovered", [COND_NONE] = NULL,
};

const char *condition__name(enum condition c)
{
	return condition_names[c];
}

int values__copies(struct yaml *y, const struct yaml_node *n, char **out, size_t *count)
{
	int ret = 0;

	if (n->kind != YAML_LIST) {
		if (*count == SCENARIO_TEXTS)
			return yaml__fail(y, n, "one too many, there can be %d", SCENARIO_TEXTS);
		ret = yaml__copy(y, n, &out[*count]);
		*count += !ret;
		return ret;
	}
	for (size_t i = 0; i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_LIST ? yaml__fail(y, n->item[i], "a list in a list") :
			values__copies(y, n->item[i], out, count);
	return ret;
}

int values__range(struct yaml *y, const struct yaml_node *n, struct range *out)
{
	const char *text = NULL, *dots;
	char first[24];
	int ret = yaml__text(y, n, &text);

	if (ret)
		return ret;
	*out = (struct range) { 0, SCENARIO_ANY };
	if (!strcmp(text, "any"))
		return 0;
	dots = strstr(text, "..");
	snprintf(first, sizeof(first), "%.*s", dots ? (int)(dots - text) : 23, text);
	if (number__parse(first, &out->min) || (dots && dots[2] && number__parse(dots + 2, &out->max)))
		return yaml__fail(y, n, "'%.40s' is not a count: 3, 1..5, 2.. or any", text);
	if (!dots)
		out->max = out->min;
	if (out->max < out->min)
		return yaml__fail(y, n, "%.40s: no number is in there", text);
	return 0;
}

int values__name(struct yaml *y, const struct yaml_node *at, const char *word, size_t len, names_t *out)
{
	const char *names[SCENARIO_DEVICES + 1] = { NULL };
	const struct scenario *s = y->ctx;
	char copy[40];

	for (size_t i = 0; i < s->nwants; i++) {
		names[i] = s->want[i].name;
		if (strlen(names[i]) == len && !strncmp(names[i], word, len)) {
			*out |= 1u << i;
			return 0;
		}
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < 39 ? len : 39), word);
	return yaml__fail_word(y, at, copy, names, "'%s' is not one of the scenario's devices", copy);
}

int values__names(struct yaml *y, const struct yaml_node *n, names_t *out)
{
	const char *text;
	int ret = 0;

	for (size_t i = 0; n->kind == YAML_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == YAML_SCALAR ? values__names(y, n->item[i], out) :
			yaml__fail(y, n->item[i], "the name of a device, or a list of names");
	if (n->kind == YAML_LIST)
		return ret || *out ? ret : yaml__fail(y, n, "an empty list of devices");
	ret = yaml__text(y, n, &text);
	return ret ? ret : values__name(y, n, text, strlen(text), out);
}

int values__state(struct yaml *y, const struct yaml_node *n, struct state_of *out)
{
	const char *text = NULL, *word;
	int ret = yaml__text(y, n, &text);
	size_t len;

	if (ret)
		return ret;
	len = strcspn(text, " ");
	word = text + len + strspn(text + len, " ");
	ret = values__name(y, n, text, len, &out->names);
	if (ret)
		return ret;
	for (int c = 0; c < COND_NONE; c++) {
		if (strcmp(condition_names[c], word))
			continue;
		out->what = c;
		return 0;
	}
	return yaml__fail_word(y, n, word, condition_names, "'%.60s' is not a device and its state, like 'a broken'",
			       text);
}
