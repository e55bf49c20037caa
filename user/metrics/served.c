// SPDX-License-Identifier: GPL-2.0-only
/* What the server says of itself. */
#include <stdio.h>
#include <string.h>

#include "model.h"

static struct mhandler *find(struct metrics *m, const char *name, unsigned int code)
{
	struct mhandler *h;

	for (size_t i = 0; i < m->nhandlers; i++)
		if (m->handler[i].code == code && !strcmp(m->handler[i].name, name))
			return &m->handler[i];
	if (m->nhandlers == HANDLERS_MAX)
		return NULL;
	h = &m->handler[m->nhandlers++];
	*h = (struct mhandler){ .name = name, .code = code };
	snprintf(h->code_text, sizeof(h->code_text), "%u", code);
	return h;
}

void metrics__handler(struct metrics *m, const char *handler, unsigned int code)
{
	find(m, handler, code);
}

void metrics__request(struct metrics *m, const char *handler, unsigned int code)
{
	struct mhandler *h = find(m, handler, code);

	if (h)
		h->n++;
}

void metrics__config_reload(struct metrics *m, bool successful)
{
	m->reload = successful;
}

void metrics__privileges(struct metrics *m, const char *capabilities, const char *seccomp)
{
	snprintf(m->capabilities, sizeof(m->capabilities), "%s", capabilities);
	snprintf(m->seccomp, sizeof(m->seccomp), "%s", seccomp);
}

void emit__privileges_info(const struct metrics *m, struct emit *e)
{
	if (*m->seccomp)
		emit__uint(e, 1, LABELS(m->capabilities, m->seccomp));
}

void emit__http_requests(const struct metrics *m, struct emit *e)
{
	for (size_t i = 0; i < m->nhandlers; i++)
		emit__uint(e, m->handler[i].n, LABELS(m->handler[i].name, m->handler[i].code_text));
}

void emit__config_reload(const struct metrics *m, struct emit *e)
{
	if (m->reload >= 0)
		emit__uint(e, m->reload, NULL);
}
