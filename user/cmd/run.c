// SPDX-License-Identifier: GPL-2.0-only
/* `atcq run`: runs scenarios and sweeps, and checks their results. */
#include <stddef.h>

#include "command.h"
#include "lib/log.h"
#include "verify/scenario.h"
#include "verify/sweep.h"

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
	{ "check", 0, OPT_FLAG, NULL, "only check that the scenarios are valid", C(check), 0, 0, NULL, false },
	{ "list", 0, OPT_FLAG, NULL, "only list them", C(list), 0, 0, NULL, false },
	{ "filter", 0, OPT_STRING, "GLOB", "only those whose name matches", C(filter), 0, 0, NULL, false },
	{ "quick", 0, OPT_FLAG, NULL, "not those marked as slow", C(quick), 0, 0, NULL, false },
	{ "shard", 0, OPT_STRING, "N/M", "only part N of M", C(shard), 0, 0, NULL, false },
	{ "repeat", 0, OPT_UINT, "N", "repeat each N times, instead of as often as it asks for", C(repeat), 1, 100000, NULL, false },
	{ "ktap", 0, OPT_FLAG, NULL, "print KTAP, which is the default", C(ktap), 0, 0, NULL, false },
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
	{ "resume", 0, OPT_STRING, "FILE", "keep progress in FILE (or folder), and continue from it", S(resume), 0, 0, NULL, false },
	{ "json", 0, OPT_STRING, "FILE", "write all results to FILE, or of this boot into a folder", S(json), 0, 0, NULL, false },
	{ "max-devices", 0, OPT_UINT, "N", "refuse to affect more devices than that (8)", S(max_devices), 1, 65536, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "show which devices would be affected, but change nothing", S(dry_run), 0, 0, NULL, false },
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
		log__error("--check and --list are for scenarios, a sweep would run; --dry-run shows what it affects");
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
		"other, each from a clean state, and prints their results as KTAP. A scenario that\n"
		"needs something that this machine or kernel lacks is skipped, with the reason. A\n"
		"device given by --device NAME=BDF is used, and no other in its place: nothing is\n"
		"run if a scenario has no such name, or if the device is missing or does not match\n"
		"the scenario. The exit status is 0 if all that ran were ok, 1 if one was not, 2 if\n"
		"one is invalid, 3 if one could not be run, 4 if --baseline finds a regression, 5 if\n"
		"none ran, or --baseline needs more boots: give --json a folder, and run it again\n"
		"after a reboot.\n\n"
		"With --sweep: runs COMMAND once without a fault, to find from which call stacks\n"
		"it reaches the fault points, and then once for each of them (and for each of its\n"
		"first K occurrences) with a fault exactly there. Each run is checked by what the\n"
		"kernel does: the invariants that 'atcq report' lists, the end of each incident,\n"
		"its log, and COMMAND's exit status, which may only be a failure if a device was\n"
		"removed. Between runs the devices are reset, and have to work. The output is KTAP;\n"
		"it lists what is left out, and for a run that is not ok how to repeat it. The exit\n"
		"status is 0 if all were ok, 1 if one was not, 5 if a run could not be checked, none\n"
		"fired, or the sweep was interrupted. Devices in use are refused as by inject.",
	.usage.opts = run_options,
	.usage.opts_size = sizeof(struct run_opts),
	.usage.defaults = &run_defaults,
	.usage.max_args = 1000,
	.usage.trailing_command = true,
	.run = do_run,
};
