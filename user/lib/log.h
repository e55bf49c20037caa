/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to stderr: "atcq inject: arm 'atc-timeout' on 0000:01:00.0:
 * Operation not permitted (needs CAP_BPF)".  In JSON mode they become
 * {"error": "..."} lines on stderr.  libbpf's own log goes through here too.
 * The exit codes are here as well.
 */
#ifndef ATCQ_LOG_H
#define ATCQ_LOG_H

#include <stdbool.h>

/* What a command's status means; part of the interface, see atcq(1) */
enum exit_code {
	EXIT_OK = 0,
	EXIT_BEHAVIOUR = 1,	/* behaviour failed */
	EXIT_USAGE = 2,		/* usage or invalid input */
	EXIT_ENVIRONMENT = 3,	/* the environment lacks something */
	EXIT_REGRESSION = 4,
	EXIT_NO_DATA = 5,	/* not enough data */
};

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log__init(enum log_level level, const char *command, bool json);
void log__error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
