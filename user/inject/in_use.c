// SPDX-License-Identifier: GPL-2.0-only
/* Which devices are in use, and whether a plan may be carried out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "in_use.h"
#include "in_use_internal.h"
#include "lib/file.h"
#include "lib/log.h"

void in_use__check(struct in_use *out, const char *bdf, const char *sysfs, const char *proc)
{
	struct check c = { .out = out, .bdf = bdf, .sysfs = sysfs, .proc = proc };

	memset(out, 0, sizeof(*out));
	in_use__below(&c);
	in_use__users(&c);
}

const char *in_use__how(const struct in_use *s, size_t i)
{
	return s->assumed[i] ? "counts as in use" : "is in use";
}

int in_use__refusal(const char *bdf, bool force)
{
	void (*print)(const char *fmt, ...) = force ? log__warn : log__error;
	struct in_use s;

	in_use__check(&s, bdf, "/sys", "/proc");
	for (size_t i = 0; i < s.n; i++)
		print("%s %s: %s", bdf, in_use__how(&s, i), s.use[i]);
	if (s.more)
		print("%s is in use: and in more ways than are listed here", bdf);
	if (!s.n || force)
		return 0;
	log__error("%s: not touched; --force overrides this", bdf);
	return s.blind == s.n && !s.more ? EXIT_ENVIRONMENT : EXIT_USAGE;
}

int in_use__worse(int a, int b)
{
	return a == EXIT_USAGE || !b ? a : b;
}

int plan__refusal(const struct plan *plan, uint64_t max_devices, bool force)
{
	size_t n = plan__affected(plan);
	int ret = 0, one;

	if (n > max_devices) {
		log__error("this affects %zu devices, more than --max-devices %" PRIu64 "; --dry-run shows which",
			   n, max_devices);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < plan->inv->ndev; i++) {
		one = plan->affected[i] ? in_use__refusal(plan->inv->dev[i].bdf, force) : 0;
		ret = in_use__worse(ret, one);
	}
	return ret;
}

json_t *plan__rules(const struct plan *plan)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < plan->nrules; i++) {
		json_t *devices = json_array();

		for (size_t d = 0; d < plan->inv->ndev; d++)
			if (plan->hit[d] >> i & 1)
				json_array_append_new(devices, json_string(plan->inv->dev[d].bdf));
		json_array_append_new(rules, json_pack("{s:s, s:o}", "fault",
						       plan->rule[i]->point->name, "devices", devices));
	}
	return rules;
}

json_t *in_use__json(const struct in_use *use)
{
	json_t *uses = json_array();

	for (size_t i = 0; i < use->n; i++)
		json_array_append_new(uses, json_string(use->use[i]));
	return uses;
}

/* One device in the blast radius, and how it is used; sets @in_use if it is */
static void print_affected(const struct plan *plan, size_t i, json_t *list, bool *in_use)
{
	const struct device *d = &plan->inv->dev[i];
	struct in_use use;

	in_use__check(&use, d->bdf, "/sys", "/proc");
	*in_use |= use.n;
	if (list) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:o}", "device", d->bdf,
			"name", d->name, "target", plan->hit[i] != 0, "uses", in_use__json(&use)));
		return;
	}
	printf("  %s (%s): %s\n", d->bdf, d->name, plan->hit[i] ? "target" : "in the blast radius");
	for (size_t k = 0; k < use.n; k++)
		printf("    %s: %s\n", in_use__how(&use, k), use.use[k]);
}

int plan__print(const struct plan *plan, uint64_t max_devices, bool force, bool json)
{
	json_t *devices = json ? json_array() : NULL, *rules = json ? json_array() : NULL;
	bool in_use = false, refuse;
	char what[512];
	int ret = 0;

	for (size_t i = 0; i < plan->nrules; i++) {
		plan__describe(plan, i, what, sizeof(what));
		if (json)
			json_array_append_new(rules, json_pack("{s:s, s:s, s:s}", "fault",
				plan->rule[i]->point->name, "on", what, "blast_radius",
				blast_radius__name(plan->rule[i]->point->blast)));
		else
			printf("would arm %s on %s; affects %s\n", plan->rule[i]->point->name, what,
			       blast_radius__name(plan->rule[i]->point->blast));
	}
	for (size_t i = 0; i < plan->inv->ndev; i++)
		if (plan->affected[i])
			print_affected(plan, i, devices, &in_use);
	refuse = plan__affected(plan) > max_devices || (in_use && !force);
	if (!json)
		printf("%zu device(s) affected%s\n", plan__affected(plan),
		       refuse ? "; it would be refused" : "");
	if (json)
		ret = json__line(stdout, json_pack("{s:O, s:O, s:b}", "rules", rules, "affected", devices,
						   "would_refuse", refuse)) ? EXIT_ENVIRONMENT : 0;
	json_decref(rules);
	json_decref(devices);
	return ret;
}
