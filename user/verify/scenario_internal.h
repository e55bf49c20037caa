/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to the scenarios: their values, which ones a run is of, and one while it runs. */
#ifndef ATCQ_VERIFY_SCENARIO_INTERNAL_H
#define ATCQ_VERIFY_SCENARIO_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "inject/arm.h"
#include "lib/options.h"
#include "lib/yaml.h"
#include "results.h"
#include "scenario.h"
#include "source/inventory.h"
#include "source/monitor.h"

/*
 * The values of a scenario's file; for its readers only. y->ctx is the scenario. All
 * return 0, -EINVAL with an error message in y->err, or -ENOMEM without.
 */

#define SCENARIO_MAX_BYTES	65536

/* Texts, one or a list of them, behind the *count that @out has already */
int values__copies(struct yaml *y, const struct yaml_node *n, char **out, size_t *count);
int values__range(struct yaml *y, const struct yaml_node *n, struct range *out);	/* "3", "1..5", "2..", "any" */
/* A name or a list of them */
int values__names(struct yaml *y, const struct yaml_node *n, names_t *out);
/* "a broken": a name and a condition */
int values__state(struct yaml *y, const struct yaml_node *n, struct state_of *out);
int values__name(struct yaml *y, const struct yaml_node *at, const char *word, size_t len, names_t *out);

/* Readers in files of their own */
int values__step(struct yaml *y, const struct yaml_node *n, struct step *st);
int values__expect(struct yaml *y, const struct yaml_node *n, void *to);
int values__workload(struct yaml *y, const struct yaml_node *n, void *to);

/* The scenarios of a run: files, or all *.yaml of folders. */

struct list {
	struct scenario **s;
	size_t n;
};

/* Reads all, prints the error of each invalid one, and keeps what --filter and --shard select; 0 or an exit code */
int list__read(struct list *list, const struct scenario_opts *o, int argc, char **argv);
void list__print(const struct list *list);
void list__free(struct list *list);

/* The files of a failed scenario: its recording, a report, the kernel's log. */

struct artifact {
	char base[512];		/* path without its ending; "" = nothing is kept */
	pid_t recorder;
};

/* Starts to record to @dir, and creates it if needed; failures are logged as warnings */
void artifact__start(struct artifact *a, const char *dir, const char *name);

/* Stops it; deletes the files of a scenario that passed. The paths go to @out->artifacts */
void artifact__stop(struct artifact *a, struct outcome *out, const json_t *log);

/* `atcq diff @baseline @results`; its exit code */
int baseline__compare(const char *baseline, const char *results);

/* How devices of the lab's machine answer ATC invalidations: set and counted by the registers of a test device. */

enum testdev_answer { TESTDEV_ANSWER, TESTDEV_SLOW, TESTDEV_NEVER, TESTDEV_AS_IT_IS };

bool testdev__is(const struct device *d);

/*
 * By the registers of the test device @by, which must not be reset at the same time, for the function
 * @addr (bus << 8 | devfn).  @heals: does a reset make it answer; -1: as it is.  0 or -errno.
 */
int testdev__set(const char *by, uint32_t addr, enum testdev_answer answer, uint32_t delay_us, int heals);

/* ATC invalidations that it was sent, and those that it did not answer in time; mod 2^32 */
int testdev__counters(const char *by, uint32_t addr, uint32_t *received, uint32_t *timeouts);

/* The devices that --device NAME=BDF gives to the names of scenarios: exactly these, or none. */

struct given {
	struct {
		char name[24];
		char bdf[16];
	} dev[OPT_LIST_MAX];
	size_t n;
};

/* Reads the values of --device; 0, or -EINVAL with an error message: no NAME=BDF, or one of both twice */
int given__parse(struct given *g, const struct opt_list *list, struct error *err);

/* Does @s have each given name, for one device? 0, or -EINVAL with an error message */
int given__check_names(const struct given *g, const struct scenario *s, struct error *err);

/* Is each device there, and of the kind that @s requires? 0, or -EINVAL with an error message */
int given__check_devices(const struct given *g, const struct scenario *s, const struct inventory *inv,
			 struct error *err);

/* The address that was given to @name, or NULL */
const char *given__bdf(const struct given *g, const char *name);
/* Was @bdf given, to whatever name? */
bool given__has(const struct given *g, const char *bdf);

/* Can @d be what a scenario asks for? */
bool device_request__fits(const struct device_request *w, const struct device *d);

#define RUN_DEVICES	80
#define RUN_OPS	96
#define RUN_REASONS	8

/* A device that a name stands for */
struct resolved_device {
	char bdf[16];
	uint32_t segment, addr;
	size_t request;			/* index of its name */
	uint32_t received, timeouts;	/* when the repetition began */
	unsigned int seen[PHASE_MAX];	/* phases of its incidents in this repetition */
	unsigned int before[PHASE_MAX];	/* ... and before the last step that acted on it */
};

/* A process of its own: a write to sysfs that may take long, or a command */
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
struct active_faults {
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

struct scenario_run {
	const struct scenario *s;
	struct monitor *monitor;
	int kmsg;
	bool force;
	uint64_t max_devices;
	/* this scenario */
	struct resolved_device dev[RUN_DEVICES];
	size_t ndev;
	char by[16];			/* the test device by whose registers others are broken, "" = none */
	struct inventory inv;		/* when it began */
	struct latencies latency[LAT_MAX];
	struct latencies errors, timeouts;	/* CMDQ errors and ATC timeouts of each repetition */
	/* this repetition */
	struct op op[RUN_OPS];
	struct running work[SCENARIO_WORKLOADS];
	struct active_faults *active[SCENARIO_STEPS];
	size_t nactive;
	struct registry_file *file;
	uint64_t started_ns, longest_unmap_ns;
	uint64_t incomplete;
	uint64_t resets_failed;		/* that no step asked for */
	struct tracker_totals totals;	/* when it ended, before devices are recovered */
	uint64_t open;
	bool first;			/* of the run: nothing was broken yet */
	bool interrupted, events_complete;
	json_t *log;			/* lines of the kernel's */
	/* why it failed: the first few reasons */
	char reasons[RUN_REASONS][256];
	size_t nreasons;
	bool environment;		/* ... and the kernel is not at fault */
};

/* The scenario's name of a device */
static inline const char *run__device_name(const struct scenario_run *x, const struct resolved_device *b)
{
	return x->s->request[b->request].name;
}

/* Adds a reason why the repetition failed; they are printed in this order */
void run__fail(struct scenario_run *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Polls the monitor for @ns; false after run__fail(): the time limit, or a signal */
bool run__wait(struct scenario_run *x, uint64_t ns);

/*
 * Binds names of the scenario to devices of this machine, @x->dev. 0, or with a message in @err:
 * -ENODEV it is skipped, as this machine has no devices for it, -EINVAL a device of @given cannot
 * be the one that it was given for.
 */
int bind__devices(struct scenario_run *x, const struct given *given, struct error *err);
/* Does the machine have what the scenario needs? 0, or -EOPNOTSUPP with a message in @err: no */
int bind__needs(const struct scenario_run *x, struct error *err);

/* Is the device in that condition now? */
bool condition__holds(struct scenario_run *x, const struct resolved_device *b, enum condition what);

/* One step; false: the repetition is over */
bool step__do(struct scenario_run *x, const struct step *st);
bool ops__start(struct scenario_run *x, const struct step *st, const struct resolved_device *b);
bool ops__wait(struct scenario_run *x, const struct step *st);	/* for those of @st; NULL: all */
void ops__kill(struct scenario_run *x);
/* A command sees the devices by their names: $a is "0000:02:00.0 ..." */
void ops__environment(const struct scenario_run *x);

void inject__disarm(struct scenario_run *x, const struct fault_point *point);	/* NULL: all; counts what fired */
void inject__check(struct scenario_run *x);
void inject__end(struct scenario_run *x);

bool work__start(struct scenario_run *x, names_t names);	/* 0: all */
void work__stop(struct scenario_run *x, names_t names);
/* DMA writes since it began of the device @bdf; false: no workload has it do DMA */
bool work__dma(struct scenario_run *x, const char *bdf, uint64_t *written, uint64_t *lost);

/* One repetition; it failed if @x->nreasons rose.  False: the devices do not work any more */
bool repetition__run(struct scenario_run *x);

#endif
