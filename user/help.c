// SPDX-License-Identifier: GPL-2.0-only
/* Everything that describes a command comes from its table. */
#include <string.h>

#include "opts.h"

void help__synopsis(FILE *out, const struct cmd *cmd)
{
	fprintf(out, "atcq %s", cmd->name);
	if (cmd->args && *cmd->args)
		fprintf(out, " %s", cmd->args);
	for (const struct opt *o = cmd->opts; o->name; o++) {
		const char *open = o->required ? "" : "[", *close = o->required ? "" : "]";

		if (o->type == OPT_FLAG)
			fprintf(out, " %s--%s%s", open, o->name, close);
		else
			fprintf(out, " %s--%s %s%s", open, o->name, o->arg, close);
	}
	fprintf(out, "%s\n", cmd->trailing_command ? " [-- COMMAND [ARG...]]" : "");
}

void help__command(FILE *out, const struct cmd *cmd)
{
	char left[64];

	fprintf(out, "Usage: ");
	help__synopsis(out, cmd);
	fprintf(out, "\n%s.\n", cmd->summary);
	if (cmd->about)
		fprintf(out, "\n%s\n", cmd->about);
	fprintf(out, "\nOptions:\n");
	for (const struct opt *o = cmd->opts; o->name; o++) {
		char letter[5] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->type == OPT_FLAG ? "" : " ", o->type == OPT_FLAG ? "" : o->arg);
		fprintf(out, "  %-26s %s", left, o->help);
		if (o->type == OPT_CHOICE)
			for (const char *const *c = o->choices; *c; c++)
				fprintf(out, "%s%s", c == o->choices ? ": " : ", ", *c);
		fprintf(out, "\n");
	}
	fprintf(out, "  %-26s %s\n", "-h, --help", "this text");
}
