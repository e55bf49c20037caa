// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "command.h"
#include "inject.h"
#include "inject/arm.h"
#include "inject/fault.h"
#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/text.h"
#include "source/inventory.h"
#include "source/kernel.h"

/* Of the options that not all faults take: those that this one takes */
static void options_of(const struct fault_point *f, char *out, size_t len)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < RULE_KEY_MAX && n < len; i++)
		if (rule_keys[i].takes && f->takes & rule_keys[i].takes)
			n += snprintf(out + n, len - n, "%s--%s", n ? " " : "", rule_keys[i].name);
}

static int inject__list(bool json)
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
		       here ? "" : known ? " (not in this kernel)" : " (unknown: this kernel has no BTF)",
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

static int show_armed(void *ctx, const struct registry_entry *what)
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

static int inject__status(bool json)
{
	struct status s = { .json = json ? json_array() : NULL, .now = clock__boottime_ns() };
	int n;

	if (!json && registry__each(REGISTRY_DIR, NULL, NULL) > 0)
		printf("%-8s %-18s %10s %10s %8s %10s  %s\n", "ID", "FAULT", "FIRED", "MATCHED", "ASKED",
		       "LEFT", "DEVICES");
	n = registry__each(REGISTRY_DIR, show_armed, &s);
	if (n < 0) {
		log__error("%s: %s", REGISTRY_DIR, strerror(-n));
		json_decref(s.json);
		return EXIT_ENVIRONMENT;
	}
	if (json)
		return json__line(stdout, s.json) ? EXIT_ENVIRONMENT : 0;
	if (!n)
		printf("Nothing is armed.\n");
	return 0;
}

static int inject__stop(const struct inject_opts *o, const char *id)
{
	uint64_t pid = 0;
	int n;

	if (!!id == o->all || (id && (number__parse(id, &pid) || !pid || pid > INT32_MAX))) {
		log__error("--stop takes the ID that --status shows, or --all");
		return EXIT_USAGE;
	}
	n = registry__stop(REGISTRY_DIR, pid);
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

#define MAX_FAULTS 16	/* named on the command line */

static const struct inject_opts inject_defaults = { .ttl = 10000000000ull, .max_devices = 8 };

static const struct opt inject_options[] = {
#define X(name, letter, arg, help, list, takes) \
	{ #name, letter, OPT_LIST, arg, help, \
	  offsetof(struct inject_opts, key) + RULE_KEY_##name * sizeof(struct opt_list), 0, 0, NULL, false },
	RULE_KEYS(X)
#undef X
	{ "from", 0, OPT_STRING, "FILE", "take rules from this YAML file", offsetof(struct inject_opts, from), 0, 0, NULL, false },
	{ "ttl", 0, OPT_DURATION, "TIME", "disarm after this time at the latest (10s)", offsetof(struct inject_opts, ttl), 1000000, 3600000000000ull, NULL, false },
	{ "max-devices", 0, OPT_UINT, "N", "refuse to affect more devices than that (8)", offsetof(struct inject_opts, max_devices), 1, 65536, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "show what would be done and which devices are affected, but change nothing", offsetof(struct inject_opts, dry_run), 0, 0, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the host uses one of the devices, or may use it", offsetof(struct inject_opts, force), 0, 0, NULL, false },
	{ "explain", 0, OPT_FLAG, NULL, "show what is decided each time", offsetof(struct inject_opts, explain), 0, 0, NULL, false },
	{ "list", 0, OPT_FLAG, NULL, "list the faults", offsetof(struct inject_opts, list), 0, 0, NULL, false },
	{ "status", 0, OPT_FLAG, NULL, "show which faults are armed, and by which process", offsetof(struct inject_opts, status), 0, 0, NULL, false },
	{ "stop", 0, OPT_FLAG, NULL, "end the injector with the ID that follows", offsetof(struct inject_opts, stop), 0, 0, NULL, false },
	{ "all", 0, OPT_FLAG, NULL, "with --stop: end all injectors", offsetof(struct inject_opts, all), 0, 0, NULL, false },
	{ "json", 0, OPT_FLAG, NULL, "JSON instead of text", offsetof(struct inject_opts, json), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

/* A rule from the options; the same for each fault that is named */
static int rule_from_options(const struct inject_opts *o, const char *fault, struct rule *r)
{
	const struct fault_point *point = fault_point__find(fault);
	struct error err;

	if (!point) {
		log__error("unknown fault '%s'; 'atcq inject --list' shows all faults", fault);
		return -EINVAL;
	}
	rule__init(r, point);
	for (size_t k = 0; k < RULE_KEY_MAX; k++) {
		if (o->key[k].n > 1 && !rule_keys[k].list) {
			log__error("--%s is given twice", rule_keys[k].name);
			return -EINVAL;
		}
		for (size_t i = 0; i < o->key[k].n; i++) {
			if (rule__set(r, rule_keys[k].name, o->key[k].v[i], &err)) {
				log__error("--%s %s: %s", rule_keys[k].name, o->key[k].v[i], err.text);
				return -EINVAL;
			}
		}
	}
	if (rule__check(r, &err)) {
		log__error("%s", err.text);
		return -EINVAL;
	}
	return 0;
}

/* So that it can be printed, and given again with --seed */
static void choose_seed(struct rule *r)
{
	if (r->probability < 100 && !r->seed &&
	    getrandom(&r->seed, sizeof(r->seed), 0) == sizeof(r->seed))
		r->seed = (r->seed >> 33) + 1;
}

/* From the command line and the file, into @rules; 0 or -errno after an error message */
static int collect(const struct inject_opts *o, int argc, char **argv, struct rule *rules, size_t *n)
{
	struct error err;
	int ret = 0;

	if (!argc && !o->from) {
		log__error("which fault? 'atcq inject --list' shows all faults");
		return -EINVAL;
	}
	for (int i = 0; i < argc && !ret; i++)
		ret = rule_from_options(o, argv[i], &rules[(*n)++]);
	if (!ret && o->from) {
		ret = rule_file__read(o->from, rules, ATCQ_MAX_RULES, n, &err);
		if (ret)
			log__error("%s", err.text);
	}
	for (size_t i = 0; i < *n; i++)
		choose_seed(&rules[i]);
	return ret;
}

static int with_plan(const struct inject_opts *o, const struct inventory *inv,
		     const struct rule *rules, size_t n)
{
	struct error err = { "" };
	char line[32] = "";
	struct plan plan;
	int ret = plan__init(&plan, inv);

	for (size_t i = 0; i < n && !ret; i++) {
		ret = plan__add(&plan, &rules[i], &err);
		if (ret && rules[i].line)
			snprintf(line, sizeof(line), ":%u: ", rules[i].line);
	}
	if (ret) {
		log__error("%s%s%s", *line ? o->from : "", line, *err.text ? err.text : strerror(-ret));
		ret = ret == -EINVAL || ret == -ENOSPC ? EXIT_USAGE : EXIT_ENVIRONMENT;
	} else if (arm__check(&plan, &err)) {
		log__error("%s", err.text);
		ret = EXIT_ENVIRONMENT;
	} else if (o->dry_run) {
		ret = plan__print(&plan, o->max_devices, o->force, o->json);
	} else {
		process__catch_signals();
		ret = inject__run(o, &plan);
	}
	plan__free(&plan);
	return ret;
}

static int do_inject(const void *opts, int argc, char **argv, char **command)
{
	static struct rule rules[ATCQ_MAX_RULES];
	const struct inject_opts *o = opts;
	struct inventory inv;
	size_t n = 0;
	int ret;

	(void)command;
	log__init(LOG_WARN, "inject", o->json);
	if (o->list)
		return inject__list(o->json);
	if (o->status)
		return inject__status(o->json);
	if (o->stop || o->all)
		return inject__stop(o, argc && o->stop ? argv[0] : NULL);
	if (inject__names_link(argc, argv))
		return inject__link(o, argc);
	ret = collect(o, argc, argv, rules, &n);
	if (ret)
		return ret == -EINVAL ? EXIT_USAGE : EXIT_ENVIRONMENT;
	ret = inventory__read(&inv, "/sys");
	if (ret) {
		log__error("/sys: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	if (inv.nsmmu) {
		ret = with_plan(o, &inv, rules, n);
	} else {
		log__error("this machine has no SMMUv3 in use (nothing in /sys/class/iommu): no fault can be armed");
		ret = EXIT_ENVIRONMENT;
	}
	inventory__free(&inv);
	return ret;
}

const struct cmd cmd_inject = {
	.usage.name = "inject",
	.usage.summary = "make faults happen to a device",
	.usage.args = "[FAULT...]",
	.usage.about =
		"Arms the faults until all have fired often enough, their time is over, or\n"
		"Ctrl-C; then disarms them and prints how often they fired. They are disarmed\n"
		"also if this process is killed. Refuses, unless forced, if the host itself\n"
		"uses a device that is affected (mounted file system, swap, configured interface,\n"
		"open device node, VFIO user), or if this cannot be determined: to look into all\n"
		"processes needs CAP_SYS_PTRACE and all of /proc, and users of some kinds of\n"
		"devices and drivers are not seen at all. --dry-run shows what was found. The exit\n"
		"status is 5 if a fault never fired.\n"
		"Where several devices share an IOMMU domain, the driver asks a device that\n"
		"timed out once more, alone: give --times 2, or the device counts as not at fault.\n"
		"A rule's selectors narrow each other; one that names a device, Stream ID or group\n"
		"which is not there, or which the others leave out, is refused. --from takes a list\n"
		"of rules whose keys are 'fault' and the names of these options.\n"
		"link-disable needs no kernel patch: it takes down the link of the port above the\n"
		"device, so that all below answer nothing. Hot-plug slots are refused. A watchdog\n"
		"enables the link if this process is killed; with both killed, or after a crash\n"
		"of the host, it stays down until 'setpci -s PORT CAP_EXP+10.w=0:10'.",
	.usage.opts = inject_options,
	.usage.opts_size = sizeof(struct inject_opts),
	.usage.defaults = &inject_defaults,
	.usage.max_args = MAX_FAULTS,
	.run = do_inject,
};
