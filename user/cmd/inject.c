// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "core/stats.h"
#include "inject/arm.h"
#include "inject/armed.h"
#include "inject/safety.h"
#include "log.h"
#include "sink/sink.h"
#include "watch.h"

struct inject_opts {
	bool list, dry_run, force, json;
	const char *device;
	uint64_t times, ttl;
};

static const struct inject_opts inject_defaults = { .times = 1, .ttl = 10000000000ull };

static const struct opt inject_options[] = {
	{ "device", 0, OPT_STRING, "BDF", "the PCI device that is to fail", offsetof(struct inject_opts, device), 0, 0, NULL, false },
	{ "times", 'n', OPT_UINT, "N", "how often it fails (1)", offsetof(struct inject_opts, times), 1, 1000000, NULL, false },
	{ "ttl", 0, OPT_DURATION, "TIME", "disarm after this time at the latest (10s)", offsetof(struct inject_opts, ttl), 1000000, 3600000000000ull, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "only say what would be done", offsetof(struct inject_opts, dry_run), 0, 0, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the host uses the device", offsetof(struct inject_opts, force), 0, 0, NULL, false },
	{ "list", 0, OPT_FLAG, NULL, "list the faults", offsetof(struct inject_opts, list), 0, 0, NULL, false },
	{ "json", 0, OPT_FLAG, NULL, "JSON instead of text", offsetof(struct inject_opts, json), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static int list_faults(bool json)
{
	json_t *list = json ? json_array() : NULL;

	for (size_t i = 0; i < fault_points_n; i++) {
		const struct fault_point *f = &fault_points[i];

		if (json)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "fault", f->name,
				"function", f->function, "blast_radius", blast_radius__name(f->blast),
				"summary", f->summary));
		else
			printf("%-14s %s (kernel function %s; affects %s)\n", f->name, f->summary,
			       f->function, blast_radius__name(f->blast));
	}
	return json && json__line(stdout, list) ? EXIT_ENVIRONMENT : 0;
}

/* The device, or NULL after saying why not; @ret gets the exit code */
static const struct device *choose(const struct inventory *inv, const char *text, int *ret)
{
	const struct device *d;
	uint32_t seg, addr;
	char bdf[16];

	*ret = EXIT_USAGE;
	if (bdf__parse(text, bdf, &seg, &addr)) {
		log__error("'%s' is not a PCI address like 0000:01:00.0", text);
		return NULL;
	}
	if (!inv->nsmmu) {
		log__error("this machine has no SMMUv3 in use: %s cannot be behind one", bdf);
		*ret = EXIT_ENVIRONMENT;
		return NULL;
	}
	d = inventory__by_bdf(inv, bdf);
	if (!d)
		log__error("%s is no device behind an SMMUv3; 'atcq list' shows those there are", bdf);
	else if (d->ats == ATS_UNSUPPORTED)
		log__error("%s (%s) does not have ATS: it is never sent an ATC invalidation", bdf, d->name);
	else
		return d;
	return NULL;
}

static int finish(const struct inject_opts *o, const struct arm_request *req,
		  const struct atcq_rule_state *st, const char *why)
{
	if (o->json)
		json__line(stdout, json_pack("{s:s, s:s, s:I, s:I, s:I, s:s}", "fault", req->point->name,
			"device", req->dev->bdf, "fired", (json_int_t)st->fired,
			"matched", (json_int_t)st->matched, "seen", (json_int_t)st->seen, "end", why));
	else
		printf("%s on %s: fired %llu time(s) (%s); disarmed\n", req->point->name, req->dev->bdf,
		       (unsigned long long)st->fired, why);
	return st->fired ? 0 : EXIT_NO_DATA;
}

/* How far it is, on a terminal; @last: when that was last said */
static void progress(const struct arm_request *req, const struct arm *arm,
		     const struct atcq_rule_state *st, uint64_t *last)
{
	uint64_t now = watch__now_ns(), deadline = arm__deadline_ns(arm);

	if (!isatty(STDERR_FILENO) || now - *last < 200000000)
		return;
	*last = now;
	fprintf(stderr, "\r\033[Kfired %llu of %llu, %llu s left ", (unsigned long long)st->fired,
		(unsigned long long)req->times,
		(unsigned long long)(deadline > now ? (deadline - now) / 1000000000 : 0));
}

/* Until it has fired often enough, its time is over, or a signal comes */
static int wait_fired(const struct inject_opts *o, const struct arm_request *req, struct arm *arm)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	struct atcq_rule_state st = { 0 };
	uint64_t last = 0;
	const char *why;

	for (;;) {
		if (arm__state(arm, &st)) {
			log__error("%s: its state cannot be read", req->point->name);
			arm__free(arm);
			return EXIT_ENVIRONMENT;
		}
		if (st.fired >= req->times)
			why = "done";
		else if (watch__now_ns() >= arm__deadline_ns(arm))
			why = "time is over";
		else if (stop__requested())
			why = "interrupted";
		else {
			progress(req, arm, &st, &last);
			nanosleep(&tick, NULL);
			continue;
		}
		break;
	}
	if (last)
		fputs("\r\033[K", stderr);
	/* A last look: it may have fired until the very end */
	arm__state(arm, &st);
	arm__free(arm);
	return finish(o, req, &st, why);
}

static int inject(const struct inject_opts *o, const struct arm_request *req)
{
	struct armed what = { .pid = getpid(), .started_ns = watch__now_ns() };
	struct armed_file *file = NULL;
	struct arm *arm = NULL;
	char err[512] = "", ttl[32];
	int ret;

	snprintf(what.fault, sizeof(what.fault), "%s", req->point->name);
	snprintf(what.device, sizeof(what.device), "%s", req->dev->bdf);
	what.deadline_ns = what.started_ns + req->ttl_ns;
	ret = armed__create(&file, ARMED_DIR, &what);
	if (ret) {
		log__error("%s: %s%s", ARMED_DIR, strerror(-ret), ret == -EACCES ? " (needs root)" : "");
		return EXIT_ENVIRONMENT;
	}
	ret = arm__new(&arm, req, err, sizeof(err));
	if (ret) {
		log__error("%s", err);
		armed__remove(file);
		return EXIT_ENVIRONMENT;
	}
	format_ns(req->ttl_ns, ttl, sizeof(ttl));
	if (!o->json)
		fprintf(stderr, "Armed %s on %s, %llu time(s), at most %s. Ctrl-C disarms.\n",
			req->point->name, req->dev->bdf, (unsigned long long)req->times, ttl);
	ret = wait_fired(o, req, arm);
	armed__remove(file);
	return ret;
}

/* Says what would happen, and what speaks against it */
static int dry_run(const struct inject_opts *o, const struct arm_request *req)
{
	struct safety use;
	json_t *uses;
	int ret;

	if (!o->json) {
		safety__allows(req->dev->bdf, true);
		printf("would arm %s on %s (%s), %llu time(s); affects %s\n", req->point->name,
		       req->dev->bdf, req->dev->name, (unsigned long long)req->times,
		       blast_radius__name(req->point->blast));
		return 0;
	}
	ret = safety__check(&use, req->dev->bdf, "/sys", "/proc");
	if (ret) {
		log__error("%s: cannot tell whether it is in use (%s)", req->dev->bdf, strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	uses = json_array();
	for (size_t i = 0; i < use.n; i++)
		json_array_append_new(uses, json_string(use.use[i]));
	return json__line(stdout, json_pack("{s:s, s:s, s:I, s:s, s:b, s:o}", "fault", req->point->name,
		"device", req->dev->bdf, "times", (json_int_t)req->times, "blast_radius",
		blast_radius__name(req->point->blast), "would_refuse", use.n && !o->force,
		"uses", uses)) ? EXIT_ENVIRONMENT : 0;
}

static int do_inject(const void *opts, int argc, char **argv, char **command)
{
	const struct inject_opts *o = opts;
	struct arm_request req = { .times = o->times, .ttl_ns = o->ttl };
	struct inventory inv;
	char err[512] = "";
	int ret;

	(void)command;
	log__init(LOG_WARN, "inject", o->json);
	if (o->list)
		return list_faults(o->json);
	req.point = argc ? fault_point__find(argv[0]) : NULL;
	if (!req.point) {
		log__error(argc ? "unknown fault '%s'; 'atcq inject --list' shows those there are" :
				  "which fault%s? 'atcq inject --list' shows those there are", argc ? argv[0] : "");
		return EXIT_USAGE;
	}
	if (!o->device) {
		log__error("which device? Give --device BDF; 'atcq list' shows those there are");
		return EXIT_USAGE;
	}
	ret = inventory__read(&inv, "/sys");
	if (ret) {
		log__error("/sys: %s", strerror(-ret));
		return EXIT_ENVIRONMENT;
	}
	req.dev = choose(&inv, o->device, &ret);
	if (req.dev && arm__check(&req, err, sizeof(err))) {
		log__error("%s", err);
		ret = EXIT_ENVIRONMENT;
	} else if (req.dev && o->dry_run) {
		ret = dry_run(o, &req);
	} else if (req.dev) {
		stop__install();
		ret = safety__allows(req.dev->bdf, o->force) ? inject(o, &req) : EXIT_USAGE;
	}
	inventory__free(&inv);
	return ret;
}

const struct cmd cmd_inject = {
	.name = "inject",
	.summary = "make a fault happen to a device",
	.args = "FAULT",
	.about =
		"Arms the fault until it has fired often enough, its time is over, or Ctrl-C;\n"
		"then disarms it and tells how often it fired. The fault is gone with this\n"
		"process, whichever way that ends. Refuses a device that the host itself uses\n"
		"(mounted file system, swap, configured interface, VFIO user) unless forced.\n"
		"The exit status is 5 if it never fired: nothing was invalidated meanwhile.\n"
		"Where several devices share an IOMMU domain, the driver asks a device that\n"
		"timed out once more, alone: give --times 2, or it counts as innocent.",
	.opts = inject_options,
	.opts_size = sizeof(struct inject_opts),
	.defaults = &inject_defaults,
	.max_args = 1,
	.run = do_inject,
};
