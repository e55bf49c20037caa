// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"

#ifndef ATCQ_VERSION
#define ATCQ_VERSION "unknown"
#endif

static const struct cmd *const cmds[] = {
#define X(name) &cmd_##name,
	COMMANDS(X) NULL
#undef X
};

static int usage(FILE *out)
{
	fprintf(out, "Usage: atcq COMMAND [options]\n\n"
		"Makes PCIe ATC invalidation timeouts visible, repeatable and measurable.\n\n"
		"Commands:\n");
	for (const struct cmd *const *c = cmds; *c; c++)
		fprintf(out, "  %-8s %s\n", (*c)->usage.name, (*c)->usage.summary);
	fprintf(out, "\n'atcq COMMAND --help' describes a command; 'atcq --version' prints the version.\n");
	return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int unknown(const char *name)
{
	const char *names[sizeof(cmds) / sizeof(cmds[0])] = { NULL };
	const char *hint;

	for (size_t i = 0; cmds[i]; i++)
		names[i] = cmds[i]->usage.name;
	hint = text__suggest(name, names);
	log__error("unknown command '%s'%s%s%s, see 'atcq --help'", name,
		   hint ? ", did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
	return EXIT_USAGE;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct error err = { "" };
	struct parsed_options p;
	int ret;

	log__init(LOG_WARN, cmd->usage.name, false);
	if (options__parse(&cmd->usage, argc, argv, &p, &err)) {
		log__error("%s", err.text);
		ret = EXIT_USAGE;
	} else if (p.help) {
		options__print_help(stdout, &cmd->usage);
		ret = EXIT_OK;
	} else {
		ret = cmd->run(p.opts, p.argc, p.argv, p.command);
	}
	options__free(&p);
	if (file__flush(stdout)) {
		log__error("cannot write to standard output: the output is incomplete");
		return ret ? ret : EXIT_ENVIRONMENT;
	}
	return ret;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return usage(stdout);
	if (!strcmp(argv[1], "--version")) {
		printf("atcq %s\n", ATCQ_VERSION);
		return EXIT_OK;
	}
	for (const struct cmd *const *c = cmds; *c; c++)
		if (!strcmp(argv[1], (*c)->usage.name))
			return run(*c, argc - 1, argv + 1);
	return unknown(argv[1]);
}
