// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"

int opts__uint(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	return *end ? -EINVAL : 0;
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* @units ends with NULL */
static int with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	for (; units->suffix; units++) {
		if (strcmp(end, units->suffix))
			continue;
		return __builtin_mul_overflow(value, units->factor, out) ? -ERANGE : 0;
	}
	return -EINVAL;
}

int opts__duration(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 },
	};

	return with_unit(text, units, ns);
}

int opts__size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "K", 1ull << 10 }, { "M", 1ull << 20 }, { "G", 1ull << 30 },
		{ "T", 1ull << 40 }, { NULL, 0 },
	};

	return with_unit(text, units, bytes);
}

static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[64], diag, up;

	if (la >= 64 || lb >= 64)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			up = row[j];
			row[j] = a[i - 1] == b[j - 1] ? diag :
				 1 + (diag < up ? (diag < row[j - 1] ? diag : row[j - 1]) :
						  (up < row[j - 1] ? up : row[j - 1]));
			diag = up;
		}
	}
	return row[lb];
}

const char *suggest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t least = 3, d;

	for (; *candidates; candidates++) {
		d = distance(word, *candidates);
		if (d < least) {
			least = d;
			best = *candidates;
		}
	}
	return best;
}

static const struct opt *find_long(const struct cmd *cmd, const char *name, size_t len)
{
	for (const struct opt *o = cmd->opts; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct opt *find_short(const struct cmd *cmd, char letter)
{
	for (const struct opt *o = cmd->opts; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

/* A limit in the largest unit that divides it: "1 ms", "3600 s", "100" */
static const char *limit(const struct opt *o, uint64_t v, char buf[32])
{
	unsigned long long n = v;

	if (o->type == OPT_SIZE && n && n % (1ull << 20) == 0)
		snprintf(buf, 32, "%lluM", n >> 20);
	else if (o->type == OPT_SIZE && n && n % 1024 == 0)
		snprintf(buf, 32, "%lluK", n >> 10);
	else if (o->type != OPT_DURATION)
		snprintf(buf, 32, "%llu", n);
	else if (n % 1000000000 == 0)
		snprintf(buf, 32, "%llu s", n / 1000000000);
	else if (n % 1000000 == 0)
		snprintf(buf, 32, "%llu ms", n / 1000000);
	else
		snprintf(buf, 32, "%llu ns", n);
	return buf;
}

static int check_range(const struct opt *o, uint64_t v, const char *text, char *err, size_t errlen)
{
	char min[32], max[32];

	if (v >= o->min && (!o->max || v <= o->max))
		return 0;
	if (o->max)
		snprintf(err, errlen, "--%s %s: must be between %s and %s", o->name, text,
			 limit(o, o->min, min), limit(o, o->max, max));
	else
		snprintf(err, errlen, "--%s %s: must be at least %s", o->name, text,
			 limit(o, o->min, min));
	return -EINVAL;
}

static int store(const struct opt *o, char *base, const char *text, char *err, size_t errlen)
{
	void *field = base + o->offset;
	struct opt_list *list = field;
	uint64_t v = 0;
	int ret;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_STRING:
		*(const char **)field = text;
		return 0;
	case OPT_LIST:
		if (list->n == OPT_LIST_MAX) {
			snprintf(err, errlen, "--%s: more than %d of them", o->name, OPT_LIST_MAX);
			return -EINVAL;
		}
		list->v[list->n++] = text;
		return 0;
	case OPT_CHOICE:
		for (const char *const *c = o->choices; *c; c++) {
			if (!strcmp(*c, text)) {
				*(const char **)field = *c;
				return 0;
			}
		}
		snprintf(err, errlen, "--%s %s: not one of its choices, see --help", o->name, text);
		return -EINVAL;
	case OPT_UINT:
		ret = opts__uint(text, &v);
		break;
	case OPT_DURATION:
		ret = opts__duration(text, &v);
		break;
	case OPT_SIZE:
		ret = opts__size(text, &v);
		break;
	default:
		return -EINVAL;
	}
	if (ret) {
		snprintf(err, errlen, "--%s %s: %s", o->name, text,
			 ret == -ERANGE ? "too large" :
			 o->type == OPT_DURATION ? "not a duration like 500us, 10s or 2m" :
			 o->type == OPT_SIZE ? "not a size like 512K, 64M or 1G" : "not a whole number");
		return -EINVAL;
	}
	ret = check_range(o, v, text, err, errlen);
	if (!ret)
		*(uint64_t *)field = v;
	return ret;
}

/* One option at argv[*i]; @seen gets its bit */
static int parse_option(const struct cmd *cmd, int argc, char **argv, int *i,
			struct parsed *out, uint64_t *seen, char *err, size_t errlen)
{
	const char *arg = argv[*i], *value = NULL, *eq;
	const char *names[64];
	const struct opt *o;
	size_t n = 0;

	if (arg[1] == '-') {
		eq = strchr(arg, '=');
		o = find_long(cmd, arg + 2, eq ? (size_t)(eq - arg - 2) : strlen(arg + 2));
		value = eq ? eq + 1 : NULL;
	} else {
		o = find_short(cmd, arg[1]);
		value = arg[2] ? arg + 2 : NULL;
	}
	if (!o) {
		for (o = cmd->opts; o->name && n < 63; o++)
			names[n++] = o->name;
		names[n] = NULL;
		value = arg[1] == '-' ? suggest(arg + 2, names) : NULL;
		snprintf(err, errlen, "unknown option '%s'%s%s%s, see 'atcq %s --help'", arg,
			 value ? ", did you mean --" : "", value ? value : "",
			 value ? "?" : "", cmd->name);
		return -EINVAL;
	}
	if (o->type == OPT_FLAG && value) {
		snprintf(err, errlen, "--%s takes no value", o->name);
		return -EINVAL;
	}
	if (o->type != OPT_FLAG && !value) {
		if (*i + 1 >= argc) {
			snprintf(err, errlen, "--%s needs a value (%s)", o->name, o->arg);
			return -EINVAL;
		}
		value = argv[++*i];
	}
	/* The second device would take the place of the first, which the user thinks is meant */
	if (o->type == OPT_STRING && !strcmp(o->arg, "BDF") && *seen >> (o - cmd->opts) & 1) {
		snprintf(err, errlen, "--%s %s: this command takes one device, and another was given before", o->name, value);
		return -EINVAL;
	}
	*seen |= 1ull << (o - cmd->opts);
	return store(o, out->opts, value, err, errlen);
}

int opts__parse(const struct cmd *cmd, int argc, char **argv, struct parsed *out,
		char *err, size_t errlen)
{
	uint64_t seen = 0;
	int n = 0, ret;

	memset(out, 0, sizeof(*out));
	out->opts = calloc(1, cmd->opts_size ? cmd->opts_size : 1);
	if (!out->opts) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	if (cmd->defaults)
		memcpy(out->opts, cmd->defaults, cmd->opts_size);
	out->argv = argv;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			out->command = argv[i + 1] ? &argv[i + 1] : NULL;
			if (out->command && !cmd->trailing_command) {
				snprintf(err, errlen, "takes no command after --");
				return -EINVAL;
			}
			break;
		}
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			out->help = true;
			return 0;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			out->argv[n++] = argv[i];
			continue;
		}
		ret = parse_option(cmd, argc, argv, &i, out, &seen, err, errlen);
		if (ret)
			return ret;
	}
	out->argc = n;
	if ((unsigned int)n > cmd->max_args) {
		snprintf(err, errlen, "unexpected argument '%s', see 'atcq %s --help'",
			 out->argv[cmd->max_args], cmd->name);
		return -EINVAL;
	}
	for (const struct opt *o = cmd->opts; o->name; o++) {
		if (o->required && !(seen & 1ull << (o - cmd->opts))) {
			snprintf(err, errlen, "--%s %s is required", o->name, o->arg);
			return -EINVAL;
		}
	}
	return 0;
}

void parsed__free(struct parsed *p)
{
	free(p->opts);
	p->opts = NULL;
}
