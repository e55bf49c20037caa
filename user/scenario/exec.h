/* SPDX-License-Identifier: GPL-2.0-only */
/* A scenario while it runs on this machine. */
#ifndef ATCQ_SCENARIO_EXEC_H
#define ATCQ_SCENARIO_EXEC_H

#include <jansson.h>
#include <sys/types.h>

#include "given.h"
#include "inject/arm.h"
#include "inject/armed.h"
#include "scenario.h"
#include "source/monitor.h"
#include "verify/results.h"

#define EXEC_DEVICES	80
#define EXEC_OPS	96
#define EXEC_WHYS	8

/* A device that a name stands for */
struct bound {
	char bdf[16];
	uint32_t segment, addr;
	size_t want;			/* index of its name */
	uint32_t received, timeouts;	/* when the repetition began */
	unsigned int seen[PHASE_MAX];	/* phases of its incidents in this repetition */
	unsigned int before[PHASE_MAX];	/* ... when a step last did something to it */
};

/* What goes on in a process of its own: a write to sysfs that may take long, or a command */
struct op {
	pid_t pid;			/* 0: over */
	const struct step *step;
	const char *bdf;		/* NULL: a command */
	int output;			/* of a command, or -1 */
};

struct running {
	pid_t pid;
	int output;
};

/* The rules of one inject step */
struct armed_step {
	const struct step *step;
	struct plan plan;
	struct rule *rule;
	struct arm *arm;
	uint64_t fired;
};

struct latencies {
	double *v;
	size_t n;
};

struct exec {
	const struct scenario *s;
	struct watch *watch;
	int kmsg;
	bool force;
	uint64_t max_devices;
	/* this scenario */
	struct bound dev[EXEC_DEVICES];
	size_t ndev;
	char by[16];			/* the test device by whose registers others are broken, "" = none */
	struct inventory inv;		/* when it began */
	struct latencies latency[LAT_MAX];
	struct latencies errors, timeouts;	/* CMDQ errors and ATC time-outs of each repetition */
	/* this repetition */
	struct op op[EXEC_OPS];
	struct running work[SCENARIO_WORKLOADS];
	struct armed_step *armed[SCENARIO_STEPS];
	size_t narmed;
	struct armed_file *file;
	uint64_t began_ns, longest_unmap_ns;
	uint64_t incomplete;
	uint64_t resets_failed;		/* that no step asked for */
	struct tracker_totals totals;	/* when it ended, before anything is mended */
	uint64_t open;
	bool first;			/* of the run: nothing was broken yet */
	bool interrupted, judged;
	json_t *log;			/* lines of the kernel's */
	/* what is wrong with it: the first few, in words */
	char why[EXEC_WHYS][256];
	size_t nwhy;
	bool environment;		/* ... and it is no fault of the kernel's */
};

/* One more thing that is wrong; the first is what is told first */
void exec__fail(struct exec *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Watches for so long, unless time is over or a signal comes: false, after exec__fail() */
bool exec__watch(struct exec *x, uint64_t ns);

/*
 * Names of the scenario to devices of this machine, @x->dev. 0, or with a sentence: -ENODEV it
 * is to be skipped, as this machine has no devices for it, -EINVAL a device of @given cannot be
 * the one that it was given for.
 */
int bind__devices(struct exec *x, const struct given *given, char *why, size_t len);
/* Has the machine what the scenario needs? False with a reason */
bool bind__needs(const struct exec *x, char *why, size_t len);

/* Is the device in that condition now? */
bool condition__holds(struct exec *x, const struct bound *b, enum condition what);

/* One step; false: the repetition is over */
bool step__do(struct exec *x, const struct step *st);
bool ops__start(struct exec *x, const struct step *st, const struct bound *b);
bool ops__wait(struct exec *x, const struct step *st);	/* for those of @st; NULL: all */
void ops__kill(struct exec *x);
/* A command sees the devices by their names: $a is "0000:02:00.0 ..." */
void ops__environment(const struct exec *x);

bool inject__step(struct exec *x, const struct step *st);
void inject__disarm(struct exec *x, const struct fault_point *point);	/* NULL: all; counts what fired */
void inject__judge(struct exec *x);
void inject__end(struct exec *x);

bool work__start(struct exec *x, names_t names);	/* 0: all */
void work__stop(struct exec *x, names_t names);
/* DMA writes since it began of the device @bdf; false: no workload has it do DMA */
bool work__dma(struct exec *x, const char *bdf, uint64_t *written, uint64_t *lost);

/* What must be so at the end of a repetition, while everything still runs */
void judge__repetition(struct exec *x);
void judge__log(struct exec *x);

/* One repetition; its verdict is in @x->nwhy.  False: the devices do not work any more */
bool trial__repetition(struct exec *x);

#endif
