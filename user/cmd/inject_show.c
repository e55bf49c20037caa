// SPDX-License-Identifier: GPL-2.0-only
/* What of `atcq inject` arms nothing. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"
#include "inject/arm.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"
#include "source/kernel.h"

/* Which of the options that not all faults take, takes this one? */
static void options_of(const struct fault_point *f, char *out, size_t len)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < RULE_KEY_MAX && n < len; i++)
		if (rule_keys[i].takes && f->takes & rule_keys[i].takes)
			n += snprintf(out + n, len - n, "%s--%s", n ? " " : "", rule_keys[i].name);
}

int inject__list(bool json)
{
	json_t *list = json ? json_array() : NULL;
	bool known = probe__has_btf();
	char options[128];

	for (size_t i = 0; i < fault_points_n; i++) {
		const struct fault_point *f = &fault_points[i];
		bool here = known && probe__has_function(f->function);

		options_of(f, options, sizeof(options));
		if (json) {
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}",
				"fault", f->name, "function", f->function,
				"blast_radius", blast_radius__name(f->blast),
				"options", options, "summary", f->summary, "available", here));
			continue;
		}
		printf("%s: %s\n", f->name, f->summary);
		printf("    kernel function %s%s; affects %s\n", f->function,
		       here ? "" : known ? " (not in this kernel)" : " (this kernel has no BTF to tell)",
		       blast_radius__name(f->blast));
		if (*options)
			printf("    takes %s\n", options);
	}
	if (!json)
		printf("All of these take --smmu --cpu --context, --times --probability --seed --interval --space --nth.\n");
	inject__list_link(list);
	return json && json__line(stdout, list) ? EXIT_ENVIRONMENT : 0;
}

struct status {
	json_t *json;		/* array, or NULL for text */
	uint64_t now;
};

static void join(const json_t *list, char *out, size_t len)
{
	size_t i, n = 0;
	json_t *s;

	*out = '\0';
	json_array_foreach(list, i, s)
		if (n < len)
			n += snprintf(out + n, len - n, "%s%s", n ? " " : "", json_string_value(s));
}

static int show_armed(void *ctx, const struct armed *what)
{
	struct atcq_rule_state st[ATCQ_MAX_RULES] = { 0 };
	struct status *s = ctx;
	char left[32], devices[256];
	size_t i, n = json_array_size(what->rules);
	json_t *rule;
	bool known;

	n = n < ATCQ_MAX_RULES ? n : ATCQ_MAX_RULES;
	known = arm__foreign_states(what->states_id, st, n) >= 0;
	duration__format(what->deadline_ns > s->now ? what->deadline_ns - s->now : 0, DURATION_EXACT, left, sizeof(left));
	json_array_foreach(what->rules, i, rule) {
		const char *fault = json_string_value(json_object_get(rule, "fault"));

		if (i >= n)
			break;
		if (s->json) {
			json_t *o = json_pack("{s:i, s:i, s:s, s:O, s:I}", "id", (int)what->pid,
				"rule", (int)i + 1, "fault", fault ? fault : "?",
				"devices", json_object_get(rule, "devices"),
				"left_ns", (json_int_t)(what->deadline_ns > s->now ?
							what->deadline_ns - s->now : 0));

			if (known)
				json_object_update_new(o, json_pack("{s:I, s:I, s:I}",
					"considered", (json_int_t)st[i].considered,
					"matched", (json_int_t)st[i].matched,
					"fired", (json_int_t)st[i].fired));
			json_array_append_new(s->json, o);
			continue;
		}
		join(json_object_get(rule, "devices"), devices, sizeof(devices));
		printf("%-8d %-18s ", (int)what->pid, fault ? fault : "?");
		if (known)
			printf("%10" PRIu64 " %10" PRIu64 " %8" PRIu64, (uint64_t)st[i].fired,
			       (uint64_t)st[i].matched, (uint64_t)st[i].considered);
		else
			printf("%10s %10s %8s", "?", "?", "?");
		printf(" %10s  %s\n", left, devices);
	}
	return 0;
}

int inject__status(bool json)
{
	struct status s = { .json = json ? json_array() : NULL, .now = clock__boottime_ns() };
	int n;

	if (!json && armed__each(ARMED_DIR, NULL, NULL) > 0)
		printf("%-8s %-18s %10s %10s %8s %10s  %s\n", "ID", "FAULT", "FIRED", "MATCHED", "ASKED",
		       "LEFT", "DEVICES");
	n = armed__each(ARMED_DIR, show_armed, &s);
	if (n < 0) {
		log__error("%s: %s", ARMED_DIR, strerror(-n));
		json_decref(s.json);
		return EXIT_ENVIRONMENT;
	}
	if (json)
		return json__line(stdout, s.json) ? EXIT_ENVIRONMENT : 0;
	if (!n)
		printf("Nothing is armed.\n");
	return 0;
}

int inject__stop(const struct inject_opts *o, const char *id)
{
	uint64_t pid = 0;
	int n;

	if (!!id == o->all || (id && (number__parse(id, &pid) || !pid || pid > INT32_MAX))) {
		log__error("--stop takes the ID that --status shows, or --all");
		return EXIT_USAGE;
	}
	n = armed__stop(ARMED_DIR, pid);
	if (n < 0) {
		log__error("stop: %s%s", strerror(-n), n == -EPERM ? " (it is another user's)" : "");
		return EXIT_ENVIRONMENT;
	}
	if (id && !n) {
		log__error("nothing is armed by %s; 'atcq inject --status' shows what is", id);
		return EXIT_USAGE;
	}
	printf("%d injector(s) stopped\n", n);
	return 0;
}
