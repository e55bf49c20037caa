// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "text.h"

static const struct opt *find_long(const struct usage *usage, const char *name, size_t len)
{
	for (const struct opt *o = usage->opts; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct opt *find_short(const struct usage *usage, char letter)
{
	for (const struct opt *o = usage->opts; o->name; o++)
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

static int check_range(const struct opt *o, uint64_t v, const char *text, struct error *err)
{
	char min[32], max[32];

	if (v >= o->min && (!o->max || v <= o->max))
		return 0;
	if (o->max)
		error__describe(err, "--%s %s: must be between %s and %s", o->name, text,
				limit(o, o->min, min), limit(o, o->max, max));
	else
		error__describe(err, "--%s %s: must be at least %s", o->name, text,
				limit(o, o->min, min));
	return -EINVAL;
}

static int store(const struct opt *o, char *base, const char *text, struct error *err)
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
		if (list->n == OPT_LIST_MAX)
			return error__set(err, -EINVAL, "--%s: more than %d of them", o->name, OPT_LIST_MAX);
		list->v[list->n++] = text;
		return 0;
	case OPT_CHOICE:
		for (const char *const *c = o->choices; *c; c++) {
			if (!strcmp(*c, text)) {
				*(const char **)field = *c;
				return 0;
			}
		}
		return error__set(err, -EINVAL, "--%s %s: not one of its choices, see --help", o->name, text);
	case OPT_UINT:
		ret = number__parse(text, &v);
		break;
	case OPT_DURATION:
		ret = duration__parse(text, &v);
		break;
	case OPT_SIZE:
		ret = size__parse(text, &v);
		break;
	default:
		return -EINVAL;
	}
	if (ret)
		return error__set(err, -EINVAL, "--%s %s: %s", o->name, text,
				  ret == -ERANGE ? "too large" :
				  o->type == OPT_DURATION ? "not a duration like 500us, 10s or 2m" :
				  o->type == OPT_SIZE ? "not a size like 512K, 64M or 1G" : "not a whole number");
	ret = check_range(o, v, text, err);
	if (!ret)
		*(uint64_t *)field = v;
	return ret;
}

/* One option at argv[*i]; @seen gets its bit */
static int parse_option(const struct usage *usage, int argc, char **argv, int *i,
			struct parsed_options *out, uint64_t *seen, struct error *err)
{
	const char *arg = argv[*i], *value = NULL, *eq;
	const char *names[64];
	const struct opt *o;
	size_t n = 0;

	if (arg[1] == '-') {
		eq = strchr(arg, '=');
		o = find_long(usage, arg + 2, eq ? (size_t)(eq - arg - 2) : strlen(arg + 2));
		value = eq ? eq + 1 : NULL;
	} else {
		o = find_short(usage, arg[1]);
		value = arg[2] ? arg + 2 : NULL;
	}
	if (!o) {
		for (o = usage->opts; o->name && n < 63; o++)
			names[n++] = o->name;
		names[n] = NULL;
		value = arg[1] == '-' ? text__suggest(arg + 2, names) : NULL;
		return error__set(err, -EINVAL, "unknown option '%s'%s%s%s, see 'atcq %s --help'", arg,
				  value ? ", did you mean --" : "", value ? value : "",
				  value ? "?" : "", usage->name);
	}
	if (o->type == OPT_FLAG && value)
		return error__set(err, -EINVAL, "--%s takes no value", o->name);
	if (o->type != OPT_FLAG && !value) {
		if (*i + 1 >= argc)
			return error__set(err, -EINVAL, "--%s needs a value (%s)", o->name, o->arg);
		value = argv[++*i];
	}
	/* The second device would replace the first, although the user named both */
	if (o->type == OPT_STRING && !strcmp(o->arg, "BDF") && *seen >> (o - usage->opts) & 1)
		return error__set(err, -EINVAL, "--%s %s: this command takes one device, and another was given before",
				  o->name, value);
	*seen |= 1ull << (o - usage->opts);
	return store(o, out->opts, value, err);
}

int options__parse(const struct usage *usage, int argc, char **argv, struct parsed_options *out,
		   struct error *err)
{
	uint64_t seen = 0;
	int n = 0, ret;

	memset(out, 0, sizeof(*out));
	out->opts = calloc(1, usage->opts_size ? usage->opts_size : 1);
	if (!out->opts)
		return error__set(err, -ENOMEM, "out of memory");
	if (usage->defaults)
		memcpy(out->opts, usage->defaults, usage->opts_size);
	out->argv = argv;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			out->command = argv[i + 1] ? &argv[i + 1] : NULL;
			if (out->command && !usage->trailing_command)
				return error__set(err, -EINVAL, "takes no command after --");
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
		ret = parse_option(usage, argc, argv, &i, out, &seen, err);
		if (ret)
			return ret;
	}
	out->argc = n;
	if ((unsigned int)n > usage->max_args)
		return error__set(err, -EINVAL, "unexpected argument '%s', see 'atcq %s --help'",
				  out->argv[usage->max_args], usage->name);
	for (const struct opt *o = usage->opts; o->name; o++) {
		if (o->required && !(seen & 1ull << (o - usage->opts)))
			return error__set(err, -EINVAL, "--%s %s is required", o->name, o->arg);
	}
	return 0;
}

void options__free(struct parsed_options *p)
{
	free(p->opts);
	p->opts = NULL;
}

static void options__print_synopsis(FILE *out, const struct usage *usage)
{
	fprintf(out, "atcq %s", usage->name);
	if (usage->args && *usage->args)
		fprintf(out, " %s", usage->args);
	for (const struct opt *o = usage->opts; o->name; o++) {
		const char *open = o->required ? "" : "[", *close = o->required ? "" : "]";

		if (o->type == OPT_FLAG)
			fprintf(out, " %s--%s%s", open, o->name, close);
		else
			fprintf(out, " %s--%s %s%s", open, o->name, o->arg, close);
	}
	fprintf(out, "%s\n", usage->trailing_command ? " [-- COMMAND [ARG...]]" : "");
}

void options__print_help(FILE *out, const struct usage *usage)
{
	char left[64];

	fprintf(out, "Usage: ");
	options__print_synopsis(out, usage);
	fprintf(out, "\n%s.\n", usage->summary);
	if (usage->about)
		fprintf(out, "\n%s\n", usage->about);
	fprintf(out, "\nOptions:\n");
	for (const struct opt *o = usage->opts; o->name; o++) {
		char letter[5] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->type == OPT_FLAG ? "" : " ", o->type == OPT_FLAG ? "" : o->arg);
		fprintf(out, "  %-26s %s", left, o->help);
		if (o->type == OPT_CHOICE)
			for (const char *const *c = o->choices; *c; c++)
				fprintf(out, "%s%s", c == o->choices ? ": " : ", ", *c);
		fprintf(out, "\n");
	}
	fprintf(out, "  %-26s %s\n", "-h, --help", "this text");
}
