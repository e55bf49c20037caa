// SPDX-License-Identifier: GPL-2.0-only
/* `atcq run`: what makes things happen and judges what comes of them. */
#include <stddef.h>

#include "command.h"
#include "lib/log.h"
#include "scenario/run.h"
#include "sweep/sweep.h"

struct run_opts {
	bool sweep, bisect;
	struct sweep_opts s;
	struct scenario_opts c;		/* json, force, device and max_devices are the sweep's */
};

static const struct run_opts run_defaults = {
	.s = { .up_to = 1, .limit = 30000000000ull, .domains = 1, .max_devices = 8 },
};

#define S(field) offsetof(struct run_opts, s.field)
#define C(field) offsetof(struct run_opts, c.field)

static const struct opt run_options[] = {
	{ "check", 0, OPT_FLAG, NULL, "only say whether the scenarios make sense", C(check), 0, 0, NULL, false },
	{ "list", 0, OPT_FLAG, NULL, "only list them", C(list), 0, 0, NULL, false },
	{ "filter", 0, OPT_STRING, "GLOB", "only those whose name fits", C(filter), 0, 0, NULL, false },
	{ "quick", 0, OPT_FLAG, NULL, "not those that say they are slow", C(quick), 0, 0, NULL, false },
	{ "shard", 0, OPT_STRING, "N/M", "only part N of M", C(shard), 0, 0, NULL, false },
	{ "repeat", 0, OPT_UINT, "N", "repeat each N times, whatever it says itself", C(repeat), 1, 100000, NULL, false },
	{ "ktap", 0, OPT_FLAG, NULL, "say it as KTAP, as it does anyway", C(ktap), 0, 0, NULL, false },
	{ "junit", 0, OPT_STRING, "FILE", "also write JUnit's XML", C(junit), 0, 0, NULL, false },
	{ "github", 0, OPT_FLAG, NULL, "also GitHub's annotations, and the step's summary", C(github), 0, 0, NULL, false },
	{ "record", 0, OPT_STRING, "DIR", "keep a recording, a report and the log of what fails", C(record), 0, 0, NULL, false },
	{ "baseline", 0, OPT_STRING, "FILE", "compare what was measured with FILE (or folder), a --json of before", C(baseline), 0, 0, NULL, false },
	{ "bisect", 0, OPT_FLAG, NULL, "exit status 125, not 3 or 5, for git bisect run", offsetof(struct run_opts, bisect), 0, 0, NULL, false },
	{ "sweep", 0, OPT_FLAG, NULL, "run COMMAND once for each way into each fault point", offsetof(struct run_opts, sweep), 0, 0, NULL, false },
	{ "fault", 0, OPT_LIST, "NAME", "only this fault point (all)", S(fault), 0, 0, NULL, false },
	{ "device", 0, OPT_LIST, "BDF", "sweep: faults for this device (all with ATS on); scenario: NAME=BDF", S(device), 0, 0, NULL, false },
	{ "up-to", 0, OPT_UINT, "K", "of each call stack try the first K occurrences (1)", S(up_to), 1, 1000, NULL, false },
	{ "stacks", 0, OPT_UINT, "N", "of each fault point try at most N call stacks (all)", S(stacks), 1, 1024, NULL, false },
	{ "only", 0, OPT_LIST, "ID", "only this run, as 'repeat' lines have it", S(only), 0, 0, NULL, false },
	{ "limit", 0, OPT_DURATION, "TIME", "end a workload that takes longer (30s)", S(limit), 100000000, 3600000000000ull, NULL, false },
	{ "domains", 0, OPT_UINT, "N", "so many IOMMU domains, PASIDs' included, a device is in (1)", S(domains), 1, 1024, NULL, false },
	{ "resume", 0, OPT_STRING, "FILE", "keep what was done in FILE (or folder), and go on from there", S(resume), 0, 0, NULL, false },
	{ "json", 0, OPT_STRING, "FILE", "write all results to FILE, or of this boot into a folder", S(json), 0, 0, NULL, false },
	{ "max-devices", 0, OPT_UINT, "N", "refuse to affect more devices than that (8)", S(max_devices), 1, 65536, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "only say which devices would be affected", S(dry_run), 0, 0, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the host uses one of the devices, or may use it", S(force), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static int do_scenarios(const struct run_opts *o, int argc, char **argv)
{
	struct scenario_opts c = o->c;
	int ret;

	c.json = o->s.json;
	c.force = o->s.force;
	c.max_devices = o->s.max_devices;
	c.device = &o->s.device;
	ret = run__scenarios(&c, argc, argv);
	return o->bisect && (ret == EXIT_ENVIRONMENT || ret == EXIT_NO_DATA) ? 125 : ret;
}

static int do_run(const void *opts, int argc, char **argv, char **command)
{
	const struct run_opts *o = opts;

	log__init(LOG_WARN, "run", false);
	if (argc && (o->sweep || command)) {
		log__error("scenarios and a sweep exclude each other");
		return EXIT_USAGE;
	}
	if (argc && o->s.dry_run) {
		log__error("--dry-run is for a sweep, scenarios would run; --check only reads them");
		return EXIT_USAGE;
	}
	if (argc)
		return do_scenarios(o, argc, argv);
	if (!o->sweep) {
		log__error("what to run? Give scenarios or, for a sweep, --sweep and a workload behind --");
		return EXIT_USAGE;
	}
	if (o->c.check || o->c.list) {
		log__error("--check and --list are for scenarios, a sweep would run; --dry-run says what it affects");
		return EXIT_USAGE;
	}
	if (!command && !o->s.dry_run) {
		log__error("a sweep needs a workload: atcq run --sweep -- COMMAND");
		return EXIT_USAGE;
	}
	return sweep__main(&o->s, command);
}

const struct cmd cmd_run = {
	.usage.name = "run",
	.usage.summary = "run scenarios, or a workload with every fault",
	.usage.args = "[SCENARIO...]",
	.usage.about =
		"Runs scenarios (YAML files, or all of a folder; docs/scenarios.md) one after the\n"
		"other, each from a clean state, and tells in KTAP how they ended. One that needs\n"
		"what this machine or kernel has not is skipped, with the reason. A device that is\n"
		"given by --device NAME=BDF is taken, and none in its place: nothing is run if a\n"
		"scenario has no such name, or the device is not there or not what the scenario\n"
		"asks for. The exit status is 0 if all that ran were ok, 1 if one was not, 2 if one makes no sense, 3 if one\n"
		"could not be run, 4 if --baseline finds a regression, 5 if none ran, or --baseline\n"
		"needs more boots: give --json a folder, and run it again after a reboot.\n\n"
		"With --sweep: runs COMMAND once without a fault, to learn from which call stacks\n"
		"it reaches the fault points, and then once for each of them (and for each of its\n"
		"first K occurrences) with a fault exactly there. Each run is judged by what the\n"
		"kernel does: the invariants that 'atcq report' lists, the end of each incident,\n"
		"its log, and COMMAND's exit status, which may only tell of a failure if a device\n"
		"was taken away. Between runs the devices are reset, and have to work.\n"
		"The output is KTAP; what is left out is said, and for a run that is not ok how to\n"
		"repeat it. The exit status is 0 if all were ok, 1 if one was not, 5 if a run could\n"
		"not be judged, none fired, or the sweep was interrupted. Safety is that of inject.",
	.usage.opts = run_options,
	.usage.opts_size = sizeof(struct run_opts),
	.usage.defaults = &run_defaults,
	.usage.max_args = 1000,
	.usage.trailing_command = true,
	.run = do_run,
};
