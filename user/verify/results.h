/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What scenarios measured and how they ended: `atcq run --json` writes it, `atcq
 * diff` compares two. Small enough to be committed as a baseline and reviewed, so
 * one metric of one boot is one line:
 *
 *   {
 *     "format": "atcq-results",
 *     "version": 1,
 *     "environment": {
 *       "atcq": "0.4", "kernel": "7.3.4", "build": "#1 SMP ...", "config": "5f1c...",
 *       "machine": "aarch64", "cpus": 1, "clock": "icount", "source": "tracepoints",
 *       "tools": { "emulator": "QEMU 7.2 ..." }
 *     },
 *     "scenarios": [ {
 *       "name": "hardware-timeout", "verdict": "ok", "reason": "",
 *       "boots": [ {
 *         "boot_id": "6f1c0c1e-...", "varied": { "kaslr": "4711", "phase": "3" },
 *         "metrics": {
 *           "quarantine_ns": [2128, 2130, 2128],
 *           "cmd_syncs": [9, 9, 9]
 *         }
 *       } ]
 *     } ]
 *   }
 *
 * Metrics are raw values, one an incident (or whatever else was repeated within a
 * boot): nothing is averaged before it is written. A name that ends in _ns is a
 * duration (instructions, if the clock is icount), others are counts; less is better,
 * always. Values are finite and not negative. Names in use: {detection, quarantine,
 * exposure, fence, reset, recovery}_ns of an incident as in user/core/incident.h, one
 * value each; cmd_syncs, atc_invs, atc_timeouts, cmdq_errors, suppressed of an incident
 * or a repetition; cmd_sync_ns and unmap_ns, the mean of a repetition. The boots of a scenario may be in one
 * file or spread over the files of a folder, whose environments are then the same.
 * Version 1 may gain keys; who reads it ignores those that it does not know.
 */
#ifndef ATCQ_VERIFY_RESULTS_H
#define ATCQ_VERIFY_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/log.h"

#define RESULTS_FORMAT	"atcq-results"
#define RESULTS_VERSION	1

enum scenario_verdict {
	SCENARIO_OK,
	SCENARIO_FAILED,		/* the kernel did not behave */
	SCENARIO_SKIPPED,	/* the machine lacks what the reason names */
	SCENARIO_ERROR,		/* could not be checked: the lab, a limit, a guest that hung */
};

struct results_pair {
	char *key, *value;
};

struct results_pairs {
	struct results_pair *v;
	size_t n;
};

struct results_metric {
	char *name;
	double *v;		/* in the order in which they were measured */
	size_t n;
};

struct results_boot {
	char *boot_id;
	struct results_pairs varied;	/* what this boot was given that others were not */
	struct results_metric **metric;
	size_t nmetric;
};

struct results_scenario {
	char *name;
	enum scenario_verdict verdict;
	char *reason;			/* never NULL; "" if there is nothing to say */
	struct results_boot **boot;
	size_t nboot;
};

/* Strings are never NULL, "" is unknown; so is 0 CPUs */
struct results_env {
	char *atcq;		/* version of the program that measured */
	char *kernel;		/* uname -r */
	char *build;		/* uname -v */
	char *config;		/* hash of the kernel's configuration */
	char *machine;		/* uname -m */
	char *clock;		/* "icount" or "wall" */
	char *source;		/* source__kind_name() */
	unsigned int cpus;
	struct results_pairs tools;	/* the emulator, ...: name and version */
};

struct results {
	struct results_env env;
	struct results_scenario **scenario;
	size_t nscenario;
};

/*
 * To build one. What is returned belongs to @r and lives as long; NULL or -ENOMEM:
 * out of memory. Strings are copied; what is not UTF-8 becomes "?".
 */
struct results *results__new(void);
void results__free(struct results *r);

/*
 * Fills in what this machine and this boot are. What a kernel cannot know of itself
 * comes from the variables ATCQ_ENV_CLOCK (default "wall"), ATCQ_ENV_CONFIG (default:
 * of /proc/config.gz, if there is one) and ATCQ_ENV_EMULATOR, which the lab sets.
 */
int results__env_here(struct results *r, const char *source);
int results__tool(struct results *r, const char *name, const char *version);

/* The scenario of that name, or a new one: ok, without a reason, without boots */
struct results_scenario *results__scenario(struct results *r, const char *name);
int results__verdict(struct results_scenario *s, enum scenario_verdict verdict, const char *reason);

/* The boot of that id, or a new one */
struct results_boot *results__boot(struct results_scenario *s, const char *boot_id);
int results__varied(struct results_boot *b, const char *key, const char *value);

/* One more value of a metric; -EINVAL: it is negative or not finite */
int results__value(struct results_boot *b, const char *metric, double value);

/*
 * As a new file that takes the place of @path at once, complete or not at all; "-" is
 * standard output. In a folder the file is BOOT_ID.json, so that a boot counts once,
 * however often it is measured; there is none if there is no boot. 0, or -errno with an
 * error message in @err.
 */
int results__write(const struct results *r, const char *path, struct error *err);

/*
 * A results file, or all *.json of a folder as one. 0, -EBADMSG (it is malformed)
 * or another -errno; @err then has a message that names file and place, such as
 * "base.json: scenarios[0].boots[2].metrics.cmd_syncs[7]: negative".
 */
int results__read(const char *path, struct results **out, struct error *err);

const char *scenario_verdict__name(enum scenario_verdict v);

/* The metric of that name, or NULL */
const struct results_metric *results__metric(const struct results_boot *b, const char *name);

/* Internal to results*.c. The texts of an environment, by number: their key in JSON, and where they are */
#define RESULTS_ENV_TEXTS 7
const char *results__env_name(size_t i);
char **results__env_text(const struct results_env *env, size_t i);

/* Replaces *@to, which may be NULL; what is not UTF-8 becomes "?".  0 or -ENOMEM */
int results__copy(char **to, const char *text);

/*
 * Of a kernel's configuration, gzipped or not: the same for the same options, in
 * whatever order and with whatever comments.  "" if @path cannot be read.
 */
#define RESULTS_CONFIG_LEN 17
void config__hash(const char *path, char out[RESULTS_CONFIG_LEN]);

/* Can results of two environments be compared? Texts, CPUs, and so many tools are compared */
#define ENV_DIFFERENCES_MAX	(RESULTS_ENV_TEXTS + 1 + 8)

struct env_difference {
	char field[64];		/* "cpus", "tools.emulator" */
	char a[96], b[96];	/* "" = not known there */
};

/*
 * Writes to @d how @a and @b differ, and returns the number of differences. @kernel_too: another
 * kernel is a difference, too; a comparison of kernels passes false.
 */
size_t env__compare(const struct results_env *a, const struct results_env *b, bool kernel_too,
		    struct env_difference d[ENV_DIFFERENCES_MAX]);

/* Internal to results_read.c, and for the fuzzer */
struct reading {
	const char *file;	/* what messages call it */
	struct error *err;
};

/*
 * Adds the contents to @r, and replaces its environment.  0, -EBADMSG, -ENOMEM, or
 * what open() says; err then has an error message.
 */
int read__text(const struct reading *rd, struct results *r, const char *text, size_t len);

#endif
