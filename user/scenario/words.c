// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "words.h"

#define MAX_KEYS 40
#define MAX_TEXT 2000

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

int words__fail(struct reader *r, const struct node *at, const char *fmt, ...)
{
	int n = snprintf(r->err, r->errlen, "%s:%u:%u: ", r->path, at->line, at->column);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->errlen)
		vsnprintf(r->err + n, r->errlen - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int words__unknown(struct reader *r, const struct node *key, const char *what, const char *const *names)
{
	const char *hint = text__suggest(key->text, names);

	return words__fail(r, key, "unknown key '%.40s' in %s%s%s%s", key->text, what,
			    hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

int words__map(struct reader *r, const struct node *n, const char *what, const struct key *keys, void *to)
{
	const char *names[MAX_KEYS + 1] = { NULL };
	int ret = 0;

	if (n->kind != NODE_MAP)
		return words__fail(r, n, "%s has keys with values, like 'key: value'", what);
	for (size_t k = 0; keys[k].name && k < MAX_KEYS; k++)
		names[k] = keys[k].name;
	for (size_t i = 0; i < n->n && !ret; i += 2) {
		const struct key *k = keys;

		while (k->name && strcmp(k->name, n->item[i]->text))
			k++;
		ret = k->name ? k->read(r, n->item[i + 1], to) :
				words__unknown(r, n->item[i], what, names);
	}
	return ret;
}

int words__text(struct reader *r, const struct node *n, const char **out)
{
	if (n->kind != NODE_SCALAR || !*n->text)
		return words__fail(r, n, "this takes a text");
	if (strlen(n->text) > MAX_TEXT)
		return words__fail(r, n, "a text of more than %d bytes", MAX_TEXT);
	*out = n->text;
	return 0;
}

int words__copy(struct reader *r, const struct node *n, char **out)
{
	const char *text = NULL;
	int ret = words__text(r, n, &text);

	if (!ret)
		*out = strdup(text);
	return ret || *out ? ret : -ENOMEM;
}

int words__copies(struct reader *r, const struct node *n, char **out, size_t *count)
{
	int ret = 0;

	if (n->kind != NODE_LIST) {
		if (*count == SCENARIO_TEXTS)
			return words__fail(r, n, "one too many, there can be %d", SCENARIO_TEXTS);
		ret = words__copy(r, n, &out[*count]);
		*count += !ret;
		return ret;
	}
	for (size_t i = 0; i < n->n && !ret; i++)
		ret = n->item[i]->kind == NODE_LIST ? words__fail(r, n->item[i], "a list in a list") :
			words__copies(r, n->item[i], out, count);
	return ret;
}

int words__time(const char *text, uint64_t *ns)
{
	return isdigit((unsigned char)*text) && !duration__parse(text, ns) ? 0 : -EINVAL;
}

int words__duration(struct reader *r, const struct node *n, uint64_t min, uint64_t max, uint64_t *ns)
{
	const char *text = NULL;
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	if (words__time(text, ns))
		return words__fail(r, n, "'%.40s' is not a duration like 200ms or 2s", text);
	if (*ns < min || *ns > max)
		return words__fail(r, n, "%s must be between %" PRIu64 " us and %" PRIu64 " s", text,
				    min / 1000, max / 1000000000);
	return 0;
}

int words__number(struct reader *r, const struct node *n, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *text = NULL;
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	if (number__parse(text, out))
		return words__fail(r, n, "'%.40s' is not a number", text);
	if (*out < min || *out > max)
		return words__fail(r, n, "must be between %" PRIu64 " and %" PRIu64, min, max);
	return 0;
}

int words__bool(struct reader *r, const struct node *n, bool *out)
{
	const char *text = NULL;
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	*out = !strcmp(text, "yes") || !strcmp(text, "true");
	if (!*out && strcmp(text, "no") && strcmp(text, "false"))
		return words__fail(r, n, "must be yes or no");
	return 0;
}

int words__range(struct reader *r, const struct node *n, struct range *out)
{
	const char *text = NULL, *dots;
	char first[24];
	int ret = words__text(r, n, &text);

	if (ret)
		return ret;
	*out = (struct range) { 0, SCENARIO_ANY };
	if (!strcmp(text, "any"))
		return 0;
	dots = strstr(text, "..");
	snprintf(first, sizeof(first), "%.*s", dots ? (int)(dots - text) : 23, text);
	if (number__parse(first, &out->min) || (dots && dots[2] && number__parse(dots + 2, &out->max)))
		return words__fail(r, n, "'%.40s' is not a count: 3, 1..5, 2.. or any", text);
	if (!dots)
		out->max = out->min;
	if (out->max < out->min)
		return words__fail(r, n, "%.40s: no number is in there", text);
	return 0;
}

int words__name(struct reader *r, const struct node *at, const char *word, size_t len, names_t *out)
{
	const char *names[SCENARIO_DEVICES + 1] = { NULL }, *hint;
	char copy[40];

	for (size_t i = 0; i < r->s->nwants; i++) {
		names[i] = r->s->want[i].name;
		if (strlen(names[i]) == len && !strncmp(names[i], word, len)) {
			*out |= 1u << i;
			return 0;
		}
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < 39 ? len : 39), word);
	hint = text__suggest(copy, names);
	return words__fail(r, at, "'%s' is not one of the scenario's devices%s%s%s", copy,
			    hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

int words__names(struct reader *r, const struct node *n, names_t *out)
{
	const char *text;
	int ret = 0;

	for (size_t i = 0; n->kind == NODE_LIST && i < n->n && !ret; i++)
		ret = n->item[i]->kind == NODE_SCALAR ? words__names(r, n->item[i], out) :
			words__fail(r, n->item[i], "the name of a device, or a list of names");
	if (n->kind == NODE_LIST)
		return ret || *out ? ret : words__fail(r, n, "an empty list of devices");
	ret = words__text(r, n, &text);
	return ret ? ret : words__name(r, n, text, strlen(text), out);
}

int words__state(struct reader *r, const struct node *n, struct state_of *out)
{
	const char *text = NULL, *word;
	int ret = words__text(r, n, &text);
	size_t len;

	if (ret)
		return ret;
	len = strcspn(text, " ");
	word = text + len + strspn(text + len, " ");
	ret = words__name(r, n, text, len, &out->names);
	if (ret)
		return ret;
	for (int c = 0; c < COND_NONE; c++) {
		if (strcmp(condition_names[c], word))
			continue;
		out->what = c;
		return 0;
	}
	word = text__suggest(word, condition_names);
	return words__fail(r, n, "'%.60s' is not a device and its state, like 'a broken'%s%s%s", text,
			    word ? ", did you mean '" : "", word ? word : "", word ? "'?" : "");
}
