// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/log.h"
#include "list.h"

#define MAX_SCENARIOS 1000

static int add(struct list *list, const char *path)
{
	struct scenario **more, *s;
	struct error err = { "" };
	int ret;

	if (list->n == MAX_SCENARIOS) {
		log__error("more than %d scenarios", MAX_SCENARIOS);
		return EXIT_USAGE;
	}
	ret = scenario__read(&s, path, &err);
	if (ret) {
		log__error("%s", err.text);
		return ret == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_USAGE;
	}
	more = realloc(list->s, (list->n + 1) * sizeof(*more));
	if (!more) {
		scenario__free(s);
		return EXIT_ENVIRONMENT;
	}
	list->s = more;
	list->s[list->n++] = s;
	for (size_t i = 0; i + 1 < list->n; i++) {
		if (strcmp(list->s[i]->name, s->name))
			continue;
		log__error("%s and %s have the same name '%s'", list->s[i]->path, path, s->name);
		return EXIT_USAGE;
	}
	return 0;
}

static int add_folder(struct list *list, const char *path)
{
	char pattern[4096];
	glob_t g;
	int ret = 0, one;

	snprintf(pattern, sizeof(pattern), "%s/*.yaml", path);
	if (glob(pattern, 0, NULL, &g)) {
		log__error("%s: there is no scenario (*.yaml) in it", path);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < g.gl_pathc; i++) {
		one = add(list, g.gl_pathv[i]);
		ret = ret ? ret : one;
	}
	globfree(&g);
	return ret;
}

/* "2/3": every third, beginning with the second */
static int parse_shard(const char *text, unsigned int *which, unsigned int *of)
{
	char rest;

	*which = *of = 1;
	if (!text || (sscanf(text, "%5u/%5u%c", which, of, &rest) == 2 && *which && *which <= *of))
		return 0;
	log__error("--shard %s: must be N/M, like 1/3: the first of three parts", text);
	return EXIT_USAGE;
}

static void select_some(struct list *list, const struct scenario_opts *o, unsigned int which, unsigned int of)
{
	size_t kept = 0, matching = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct scenario *s = list->s[i];
		bool wanted = (!o->filter || !fnmatch(o->filter, s->name, 0)) && !(o->quick && s->slow);

		if (wanted && matching++ % of == which - 1)
			list->s[kept++] = s;
		else
			scenario__free(s);
	}
	list->n = kept;
}

int list__read(struct list *list, const struct scenario_opts *o, int argc, char **argv)
{
	unsigned int which, of;
	struct stat st;
	int ret, one;

	*list = (struct list) { 0 };
	ret = parse_shard(o->shard, &which, &of);
	for (int i = 0; i < argc; i++) {
		one = !stat(argv[i], &st) && S_ISDIR(st.st_mode) ? add_folder(list, argv[i]) : add(list, argv[i]);
		ret = ret ? ret : one;
	}
	if (ret)
		return ret;
	select_some(list, o, which, of);
	if (!list->n) {
		log__error("no scenario is left%s%s", o->filter ? " by --filter " : "", o->filter ? o->filter : "");
		return EXIT_USAGE;
	}
	return 0;
}

void list__print(const struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct scenario *s = list->s[i];

		printf("%-28s %s\n", s->name, s->proves);
	}
}

void list__free(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		scenario__free(list->s[i]);
	free(list->s);
}
