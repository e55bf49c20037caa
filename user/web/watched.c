// SPDX-License-Identifier: GPL-2.0-only
/* A change is another file, another size or another time; what is written in place has one of them. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "impl.h"

#define FILES 4

struct watched {
	char *path[FILES];
	struct stat seen[FILES];
};

static bool look(const char *path, struct stat *seen)
{
	struct stat st = { 0 };
	bool same;

	if (!path)
		return false;
	if (stat(path, &st))
		memset(&st, 0, sizeof(st));	/* that it is gone is a change, too */
	same = st.st_ino == seen->st_ino && st.st_dev == seen->st_dev && st.st_size == seen->st_size &&
	       st.st_mtim.tv_sec == seen->st_mtim.tv_sec && st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
	*seen = st;
	return !same;
}

struct watched *watched__new(const struct web_config *c)
{
	const char *const path[FILES] = { c->path, c->tls.cert_file, c->tls.key_file, c->tls.client_ca_file };
	struct watched *w = calloc(1, sizeof(*w));

	for (size_t i = 0; w && i < FILES; i++) {
		w->path[i] = path[i] ? strdup(path[i]) : NULL;
		if (path[i] && !w->path[i]) {
			watched__free(w);
			return NULL;
		}
	}
	if (w)
		watched__changed(w);
	return w;
}

bool watched__changed(struct watched *w)
{
	bool changed = false;

	for (size_t i = 0; i < FILES; i++)
		changed |= look(w->path[i], &w->seen[i]);
	return changed;
}

void watched__free(struct watched *w)
{
	for (size_t i = 0; w && i < FILES; i++)
		free(w->path[i]);
	free(w);
}
