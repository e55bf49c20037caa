// SPDX-License-Identifier: GPL-2.0-only
/* `atcq run`: what makes things happen and judges what comes of them. */
#include <stddef.h>

#include "cmd.h"
#include "log.h"
#include "sweep/sweep.h"

struct run_opts {
	bool sweep;
	struct sweep_opts s;
};

static const struct run_opts run_defaults = {
	.s = { .up_to = 1, .limit = 30000000000ull, .domains = 1, .max_devices = 8 },
};

#define S(field) offsetof(struct run_opts, s.field)

static const struct opt run_options[] = {
	{ "sweep", 0, OPT_FLAG, NULL, "run COMMAND once for each way into each fault point", offsetof(struct run_opts, sweep), 0, 0, NULL, false },
	{ "fault", 0, OPT_LIST, "NAME", "only this fault point (all)", S(fault), 0, 0, NULL, false },
	{ "device", 0, OPT_LIST, "BDF", "faults for this device (all with ATS on)", S(device), 0, 0, NULL, false },
	{ "up-to", 0, OPT_UINT, "K", "of each call stack try the first K occurrences (1)", S(up_to), 1, 1000, NULL, false },
	{ "stacks", 0, OPT_UINT, "N", "of each fault point try at most N call stacks (all)", S(stacks), 1, 1024, NULL, false },
	{ "only", 0, OPT_LIST, "ID", "only this run, as 'repeat' lines have it", S(only), 0, 0, NULL, false },
	{ "limit", 0, OPT_DURATION, "TIME", "end a workload that takes longer (30s)", S(limit), 100000000, 3600000000000ull, NULL, false },
	{ "domains", 0, OPT_UINT, "N", "so many IOMMU domains, PASIDs' included, a device is in (1)", S(domains), 1, 1024, NULL, false },
	{ "resume", 0, OPT_STRING, "FILE", "keep what was done in FILE (or folder), and go on from there", S(resume), 0, 0, NULL, false },
	{ "json", 0, OPT_STRING, "FILE", "write all results to FILE", S(json), 0, 0, NULL, false },
	{ "max-devices", 0, OPT_UINT, "N", "refuse to affect more devices than that (8)", S(max_devices), 1, 65536, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "only say which devices would be affected", S(dry_run), 0, 0, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the host uses one of the devices", S(force), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

static int do_run(const void *opts, int argc, char **argv, char **command)
{
	const struct run_opts *o = opts;

	(void)argc, (void)argv;
	log__init(LOG_WARN, "run", false);
	if (!o->sweep) {
		log__error("what to run? Give --sweep and, behind --, a workload");
		return EXIT_USAGE;
	}
	if (!command && !o->s.dry_run) {
		log__error("a sweep needs a workload: atcq run --sweep -- COMMAND");
		return EXIT_USAGE;
	}
	return sweep__main(&o->s, command);
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "try a workload with every fault",
	.args = "",
	.about =
		"With --sweep: runs COMMAND once without a fault, to learn from which call stacks\n"
		"it reaches the fault points, and then once for each of them (and for each of its\n"
		"first K occurrences) with a fault exactly there. Each run is judged by what the\n"
		"kernel does: the invariants that 'atcq report' lists, the end of each incident,\n"
		"its log, and COMMAND's exit status, which may only tell of a failure if a device\n"
		"was taken away. Between runs the devices are reset, and have to work.\n"
		"The output is KTAP; what is left out is said, and for a run that is not ok how to\n"
		"repeat it. The exit status is 0 if all were ok, 1 if one was not, 5 if a run could\n"
		"not be judged, none fired, or the sweep was interrupted. Safety is that of inject.",
	.opts = run_options,
	.opts_size = sizeof(struct run_opts),
	.defaults = &run_defaults,
	.max_args = 0,
	.trailing_command = true,
	.run = do_run,
};
