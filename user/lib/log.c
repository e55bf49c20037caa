// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static enum log_level max_level = LOG_WARN;
static const char *command = "";
static bool as_json;

/*
 * The severity prefix that the journal reads before a line; "" if stderr is not the
 * journal, by JOURNAL_STREAM of systemd.exec(5).
 */
static const char *journal_prefix(enum log_level level)
{
	static const char *const prefix[] = { "<3>", "<4>", "<6>", "<7>" };
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &dev, &ino) != 2 || fstat(STDERR_FILENO, &st))
		return "";
	return st.st_dev == dev && st.st_ino == ino ? prefix[level] : "";
}

void log__init(enum log_level level, const char *cmd, bool json)
{
	max_level = level;
	command = cmd;
	as_json = json;
}

static void emit(enum log_level level, const char *fmt, va_list ap)
{
	char text[1024];
	char *dump;
	json_t *obj;

	if (level > max_level)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (!as_json) {
		fprintf(stderr, "%satcq%s%s: %s\n", journal_prefix(level), *command ? " " : "", command, text);
		return;
	}
	obj = json_pack("{s:s, s:s}", level == LOG_ERROR ? "error" : "message", text,
			"command", command);
	dump = obj ? json_dumps(obj, JSON_COMPACT) : NULL;
	fprintf(stderr, "%s\n", dump ? dump : text);
	free(dump);
	json_decref(obj);
}

#define LOG_FUNCTION(name, level)			\
	void log__##name(const char *fmt, ...)		\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		emit(level, fmt, ap);			\
		va_end(ap);				\
	}

LOG_FUNCTION(error, LOG_ERROR)
LOG_FUNCTION(warn, LOG_WARN)
LOG_FUNCTION(info, LOG_INFO)
LOG_FUNCTION(debug, LOG_DEBUG)

int error__set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

void error__describe(struct error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}
