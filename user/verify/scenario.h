/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario: what goes wrong, when, and what is expected then; read from a YAML file.
 * No I/O on devices: scenario_select.c binds it to those of this machine. docs/scenarios.md explains
 * the language, tests/scenarios/schema.json describes it to editors.
 */
#ifndef ATCQ_VERIFY_SCENARIO_H
#define ATCQ_VERIFY_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/incident.h"
#include "inject/fault.h"
#include "lib/log.h"
#include "lib/options.h"
#include "results.h"

#define SCENARIO_DEVICES	16	/* names; one may stand for several devices */
#define SCENARIO_STEPS		64
#define SCENARIO_WORKLOADS	8
#define SCENARIO_TEXTS		8
#define SCENARIO_ANY		UINT64_MAX

/* Which device a name stands for */
enum device_request_kind { REQUEST_TESTDEV, REQUEST_DISK, REQUEST_ID };
struct device_request {
	char name[24];
	enum device_request_kind kind;
	uint16_t vendor, device;	/* REQUEST_ID */
	unsigned int count;		/* so many devices */
	unsigned int line, column;
};

/* Bits by index of struct device_request */
typedef uint32_t names_t;

enum workload_kind { WORK_UNMAPS, WORK_RUN };
struct workload {
	enum workload_kind kind;
	names_t names;
	uint64_t every_ns, size, threads;
	bool dma;
	char *command;			/* WORK_RUN */
	unsigned int line;
};

enum step_kind {
	STEP_DEAD, STEP_HEAL, STEP_SLOW, STEP_STUBBORN,		/* how a test device answers */
	STEP_INJECT, STEP_DISARM,
	STEP_RESET, STEP_REMOVE, STEP_FIND, STEP_SLOT_OFF, STEP_SLOT_ON,
	STEP_WAIT, STEP_CHECK, STEP_SILENT, STEP_BUSY, STEP_DMA,
	STEP_START, STEP_STOP, STEP_RUN, STEP_FINISH,
	STEP_KINDS
};

/* Conditions to wait or check for: first by sysfs, then by events */
enum condition {
	COND_HEALTHY, COND_RESETTING, COND_RESET_FAILED, COND_BROKEN, COND_REMOVED,
	COND_ATS_ON, COND_ATS_OFF, COND_ATS_BROKEN, COND_DMA_WORKS, COND_DMA_REFUSED,
	COND_RAISED, COND_DETECTED, COND_BLOCKED, COND_FENCED, COND_RECOVERED,
	COND_NONE
};

/* @names are in the condition @what */
struct state_of {
	names_t names;
	enum condition what;
};

struct step {
	enum step_kind kind;
	unsigned int line, column;
	uint64_t after_ns;		/* waits so long first */
	struct state_of when;		/* ... and for that, COND_NONE: for nothing */
	names_t names;
	struct state_of state[4];	/* WAIT, CHECK, DMA */
	size_t nstates;
	uint64_t time_ns;		/* WAIT, SILENT, BUSY: how long; SLOW: until it answers */
	struct rule *rule;		/* INJECT; its devices are @names */
	uint64_t fires;			/* ... so often exactly, SCENARIO_ANY: at least once */
	const struct fault_point *point;	/* DISARM; NULL: all */
	char method[24];		/* RESET, "" = the kernel's choice */
	int result;			/* RESET: errno that it must end with, 0; RUN: exit status */
	bool background;
	char *command;			/* RUN */
};

/* A count has to be within both, included */
struct range {
	uint64_t min, max;
};

/* Counts: the name in "expect", and the default */
#define EXPECT_COUNTS(X)								\
	X(incidents, "incidents", 0)		/* of devices that did not answer */	\
	X(injected, "injected", 0)		/* ... by a fault point */		\
	X(recovered, "recovered", SCENARIO_ANY)	/* default: all of them */		\
	X(removed, "removed", 0)							\
	X(open, "open", 0)			/* not over at the end */		\
	X(incomplete, "incomplete", 0)		/* a phase is not known */		\
	X(cleared, "innocents", 0)		/* suspected, but answered when asked alone */	\
	X(timeouts, "timeouts", 0)		/* counted by the test devices */	\
	X(atc_timeouts, "atc-timeouts", SCENARIO_ANY)					\
	X(cmdq_errors, "cmdq-errors", SCENARIO_ANY)					\
	X(resets_failed, "resets-failed", 0)						\
	X(stalls, "stalls", 0)			/* polling for a CMD_SYNC timed out */

enum expect_count {
#define X(id, name, def) COUNT_##id,
	EXPECT_COUNTS(X)
#undef X
	COUNT_MAX
};

struct allowed_log {
	char *text, *because;
};

struct expect {
	struct range count[COUNT_MAX];
	bool given[COUNT_MAX];
	uint64_t limit_ns[LAT_MAX];	/* 0 = none */
	uint64_t longest_unmap_ns;
	struct state_of ends[SCENARIO_DEVICES];	/* default: healthy */
	size_t nends;
	names_t untouched;		/* besides those that no step is about */
	char *log[SCENARIO_TEXTS], *no_log[SCENARIO_TEXTS];
	size_t nlog, nno_log;
	struct allowed_log allow[SCENARIO_TEXTS];
	size_t nallow;
};

struct scenario {
	char *path, *name, *proves;
	/* needs */
	bool any_kernel;		/* else: of patches/linux */
	unsigned int cpus_min, cpus_max;	/* 0 = no matter */
	char *programs[SCENARIO_TEXTS];
	size_t nprograms;
	char *lab;			/* options of tests/lab/vm, not for this program */
	bool slow;			/* not one of the quick ones */
	struct device_request request[SCENARIO_DEVICES];
	size_t nrequests;
	struct workload workload[SCENARIO_WORKLOADS];
	size_t nworkloads;
	struct step step[SCENARIO_STEPS];
	size_t nsteps;
	struct expect expect;
	uint64_t repeat, limit_ns;
	bool measure[LAT_MAX];
};

/*
 * Reads and checks a file; free with scenario__free(). 0, or -errno with an error message
 * that names path, line and column: -EINVAL it is invalid.
 */
int scenario__read(struct scenario **out, const char *path, struct error *err);
int scenario__parse(struct scenario **out, const char *path, const char *text, size_t len,
		    struct error *err);
void scenario__free(struct scenario *s);	/* NULL is fine */

/* Names that a step breaks, resets or removes: all other devices must stay as they are */
names_t scenario__hurt(const struct scenario *s);

const char *condition__name(enum condition c);
const char *step_kind__name(enum step_kind k);
extern const char *const expect_count_names[];

/* `atcq run SCENARIO...`: runs scenarios one after the other and prints how they ended */
struct scenario_opts {
	const char *junit, *json, *baseline, *record, *filter, *shard;
	const struct opt_list *device;	/* NAME=BDF */
	uint64_t repeat, max_devices;
	bool check, list, github, ktap, force, quick;
};

/* How one ended */
struct outcome {
	const struct scenario *s;
	enum scenario_verdict verdict;
	char **reasons;			/* what was wrong, or why it was skipped */
	size_t nreasons;
	uint64_t repetitions, took_ns;
	char *artifacts;		/* paths, or NULL */
};

/* The whole command; an exit code */
int run__scenarios(const struct scenario_opts *o, int argc, char **argv);

/* Output while they run; @number from 1 */
void scenario_output__plan(size_t n);
void scenario_output__outcome(const struct outcome *out, size_t number);
void scenario_output__summary(const struct outcome *out, size_t n);

/* At the end; 0 or -errno */
int junit__write(const char *path, const struct outcome *out, size_t n);
void github__write(const struct outcome *out, size_t n);	/* annotations, and the step's summary */

#endif
