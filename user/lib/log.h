/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to stderr: "atcq inject: arm 'atc-timeout' on 0000:01:00.0:
 * Operation not permitted (needs CAP_BPF)".  In JSON mode they become
 * {"error": "..."} lines on stderr.  libbpf's own log goes through here too.
 * The exit codes and the error object are here as well: functions below the commands and
 * the service return errors, and the code that chooses the exit code prints them.
 */
#ifndef ATCQ_LOG_H
#define ATCQ_LOG_H

#include <stdbool.h>

/* Exit statuses of commands; part of the interface, see atcq(1) */
enum exit_code {
	EXIT_OK = 0,
	EXIT_BEHAVIOUR = 1,	/* behaviour failed */
	EXIT_USAGE = 2,		/* usage or invalid input */
	EXIT_ENVIRONMENT = 3,	/* a requirement is missing */
	EXIT_REGRESSION = 4,
	EXIT_NO_DATA = 5,	/* not enough data */
};

/* An error message for the caller to print. A function that fails fills it in */
struct error {
	char text[512];
};

/* Returns @code, so that an error is set and returned in one statement */
int error__set(struct error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void error__describe(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log__init(enum log_level level, const char *command, bool json);
void log__error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
