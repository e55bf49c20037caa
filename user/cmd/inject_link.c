// SPDX-License-Identifier: GPL-2.0-only
/* `atcq inject link-disable`: no fault point, so that it works on any kernel. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "inject.h"
#include "inject/arm.h"
#include "inject/in_use.h"
#include "inject/link.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/monitor.h"

#define SUMMARY	"the link above the device is down: it answers nothing"
#define DEVICE_REMOVED "device removed"
#define BLAST	"all below the port above the device"

bool inject__names_link(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], LINK_FAULT))
			return true;
	return false;
}

void inject__list_link(json_t *list)
{
	if (list) {
		json_array_append_new(list, json_pack("{s:s, s:n, s:s, s:s, s:s, s:b}", "fault", LINK_FAULT,
			"function", "blast_radius", BLAST, "options", "--device", "summary", SUMMARY,
			"available", 1));
		return;
	}
	printf("%s: %s\n", LINK_FAULT, SUMMARY);
	printf("    function: none, needs no kernel patch; affects %s\n", BLAST);
	printf("    takes one --device, and --ttl --max-devices --dry-run --force\n");
}

/* 0, or -EINVAL after an error message that names the invalid option */
static int check_options(const struct inject_opts *o, int faults)
{
	if (faults > 1 || o->from) {
		log__error("%s cannot be armed together with other faults; start one injector for each", LINK_FAULT);
		return -EINVAL;
	}
	for (size_t k = 0; k < RULE_KEY_MAX; k++) {
		if (k == RULE_KEY_device || !o->key[k].n)
			continue;
		log__error("--%s %s: '%s' does not take this", rule_keys[k].name, o->key[k].v[0], LINK_FAULT);
		return -EINVAL;
	}
	if (o->explain) {
		log__error("--explain: '%s' decides nothing, the link is down all the time", LINK_FAULT);
		return -EINVAL;
	}
	if (o->key[RULE_KEY_device].n == 1)
		return 0;
	log__error("%s: %s", LINK_FAULT, o->key[RULE_KEY_device].n ? "one --device at a time" :
		   "which device? Give --device BDF; 'atcq list' shows all devices");
	return -EINVAL;
}

static json_t *functions_json(const struct link *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < link__count(l); i++)
		json_array_append_new(list, json_string(link__function(l, i)));
	return list;
}

/* The devices that would be cut off, and how they are used */
static int dry_run(const struct inject_opts *o, const struct link *l, const char *bdf)
{
	json_t *devices = json_array();
	bool refuse = link__count(l) > o->max_devices;
	struct in_use use;

	if (!o->json)
		printf("would disable the link below port %s for %s; affects %s\n", link__port(l), bdf, BLAST);
	for (size_t i = 0; i < link__count(l); i++) {
		const char *function = link__function(l, i);

		in_use__check(&use, function, "/sys", "/proc");
		refuse |= use.n && !o->force;
		json_array_append_new(devices, json_pack("{s:s, s:b, s:o}", "device", function, "target",
						  !strcmp(function, bdf), "uses", in_use__json(&use)));
		if (o->json)
			continue;
		printf("  %s: %s\n", function, strcmp(function, bdf) ? "in the blast radius" : "target");
		for (size_t k = 0; k < use.n; k++)
			printf("    %s: %s\n", in_use__how(&use, k), use.use[k]);
	}
	if (o->json)
		return json__line(stdout, json_pack("{s:s, s:s, s:o, s:b}", "fault", LINK_FAULT, "port",
			link__port(l), "affected", devices, "would_refuse", refuse)) ? EXIT_ENVIRONMENT : 0;
	json_decref(devices);
	printf("%zu device(s) affected%s\n", link__count(l), refuse ? "; it would be refused" : "");
	return 0;
}

/* 0, or an exit code after an error message */
static int refusal(const struct inject_opts *o, const struct link *l)
{
	int ret = 0;

	if (link__count(l) > o->max_devices) {
		log__error("this affects %zu devices, more than --max-devices %" PRIu64 "; --dry-run shows which",
			   link__count(l), o->max_devices);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < link__count(l); i++)
		ret = in_use__worse(ret, in_use__refusal(link__function(l, i), o->force));
	return ret;
}

static int finish(const struct inject_opts *o, const struct link *l, const char *bdf,
		  const struct link_watchdog_end *end, const char *reason)
{
	const struct link_result *r = &end->found;
	char down[32];

	duration__format(end->down_ns, DURATION_EXACT, down, sizeof(down));
	if (end->err)
		log__error("%s", end->error.text);
	else if (*end->error.text)
		log__warn("%s", end->error.text);
	if (r->partial)
		log__warn("%u function(s) below port %s: not all of their configuration could be written back",
			  r->partial, link__port(l));
	if (r->removed)
		log__warn("%u function(s) below port %s were removed while the link was down; 'echo 1 >/sys/bus/pci/rescan' looks for them",
			  r->removed, link__port(l));
	if (o->json)
		json__line(stdout, json_pack("{s:s, s:s, s:s, s:I, s:b, s:i, s:s}", "fault", LINK_FAULT,
			"device", bdf, "port", link__port(l), "down_ns", (json_int_t)end->down_ns,
			"up", !end->err, "functions_rewritten", (int)r->rewritten, "end", reason));
	else if (!end->err)
		printf("%s on %s: the link below port %s was down for %s (%s); up again%s\n", LINK_FAULT, bdf,
		       link__port(l), down, reason, r->rewritten ? ", what its reset had cleared is written back" : "");
	if (r->rewritten && !o->json)
		fprintf(stderr, "The functions below the port were reset with their link: 'atcq reset BDF' sets up the rest.\n");
	if (end->err)
		return EXIT_BEHAVIOUR;
	return strcmp(reason, DEVICE_REMOVED) ? 0 : EXIT_ENVIRONMENT;
}

static const char *wait_over(struct link_watchdog *k, const struct present *p, uint64_t deadline_ns)
{
	while (!process__interrupted()) {
		if (link_watchdog__wait(k, 50))
			return clock__boottime_ns() >= deadline_ns ? "time is over" : "the watchdog died";
		if (present__removed(p))
			return DEVICE_REMOVED;
	}
	return "interrupted";
}

static int run(const struct inject_opts *o, struct link *l, const char *bdf)
{
	struct registry_entry what = { .pid = getpid(), .started_ns = clock__boottime_ns() };
	struct registry_file *file = NULL;
	struct present present = { .sysfs = "/sys" };
	struct link_watchdog *k = NULL;
	struct link_watchdog_end end;
	struct error err = { "out of memory" };
	char ttl[32];
	const char *reason;
	int ret;

	what.deadline_ns = what.started_ns + o->ttl;
	what.rules = json_pack("[{s:s, s:o}]", "fault", LINK_FAULT, "devices", functions_json(l));
	ret = present__add(&present, bdf);
	if (!ret)
		ret = registry__create(&file, REGISTRY_DIR, &what, &err);
	if (!ret)
		ret = link_watchdog__start(&k, l, what.deadline_ns, &err);
	json_decref(what.rules);
	if (ret) {
		log__error("%s", err.text);
		registry__remove(file);
		present__free(&present);
		return EXIT_ENVIRONMENT;
	}
	duration__format(o->ttl, DURATION_EXACT, ttl, sizeof(ttl));
	if (!o->json)
		fprintf(stderr, "Armed %s on %s: the link below port %s is down, at most %s. Ctrl-C disarms.\n",
			LINK_FAULT, bdf, link__port(l), ttl);
	reason = wait_over(k, &present, what.deadline_ns);
	link_watchdog__stop(k, &end);
	registry__remove(file);
	present__free(&present);
	return finish(o, l, bdf, &end, reason);
}

int inject__link(const struct inject_opts *o, int faults)
{
	struct error err = { "" };
	char bdf[16];
	uint32_t segment, addr;
	struct link *l;
	int ret = check_options(o, faults);

	if (ret)
		return EXIT_USAGE;
	if (bdf__parse(o->key[RULE_KEY_device].v[0], bdf, &segment, &addr)) {
		log__error("'%s' is not a PCI address like 0000:01:00.0", o->key[RULE_KEY_device].v[0]);
		return EXIT_USAGE;
	}
	ret = link__open(&l, bdf, "/sys", &err);
	if (ret) {
		log__error("%s", *err.text ? err.text : strerror(-ret));
		return ret == -EINVAL || ret == -ENOENT ? EXIT_USAGE : EXIT_ENVIRONMENT;
	}
	ret = o->dry_run ? dry_run(o, l, bdf) : refusal(o, l);
	if (!ret && !o->dry_run) {
		process__catch_signals();
		ret = run(o, l, bdf);
	}
	link__free(l);
	return ret;
}
