/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages to stderr: "atcq inject: arm 'atc-timeout' on 0000:01:00.0:
 * Operation not permitted (needs CAP_BPF)".  In JSON mode they become
 * {"error": "..."} lines on stderr.  libbpf's own log goes through here too.
 */
#ifndef ATCQ_LOG_H
#define ATCQ_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log__init(enum log_level level, const char *command, bool json);
void log__error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log__debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Set by SIGINT and SIGTERM once stop__install() ran; the one global flag */
int stop__install(void);
bool stop__requested(void);

#endif
