// SPDX-License-Identifier: GPL-2.0-only
/* Single events, for who wants to see what an incident was made of. */
#include <errno.h>

#include "core/event.h"
#include "sink.h"

/* Fields that an event does not use have nothing to say */
static const struct {
	const char *name;
	size_t offset;
	bool hex;
} ids[] = {
	{ "cpu", offsetof(struct atcq_event, cpu), false }, { "smmu", offsetof(struct atcq_event, smmu), false },
	{ "sid", offsetof(struct atcq_event, sid), true }, { "ssid", offsetof(struct atcq_event, ssid), false },
	{ "prod", offsetof(struct atcq_event, prod), true },
};
#define IDS (sizeof(ids) / sizeof(ids[0]))

static uint32_t id_of(const struct atcq_event *ev, size_t i)
{
	return *(const uint32_t *)((const char *)ev + ids[i].offset);
}

static bool has_code(const struct atcq_event *ev)
{
	return ev->code && ev->code != ATCQ_NONE;
}

int text__event(FILE *out, const struct atcq_event *ev, uint64_t origin_ns)
{
	const struct incident where = { .segment = ev->segment, .bdf = ev->bdf };
	char bdf[16];

	incident__bdf(&where, bdf);
	fprintf(out, "  %+15.3f us  %-18s %-12s", (double)(int64_t)(ev->time_ns - origin_ns) / 1e3,
		event_type__name(ev->type), ev->bdf == ATCQ_NONE ? "" : bdf);
	for (size_t i = 0; i < IDS; i++)
		if (id_of(ev, i) != ATCQ_NONE)
			fprintf(out, ids[i].hex ? " %s %#x" : " %s %u", ids[i].name, id_of(ev, i));
	if (ev->duration_ns)
		fprintf(out, ", took %.3f us", (double)ev->duration_ns / 1e3);
	if (has_code(ev))
		fprintf(out, ", code %u", ev->code);
	if (ev->ret)
		fprintf(out, ", result %d", ev->ret);
	if (ev->count > 1)
		fprintf(out, ", %u times", ev->count);
	return fputc('\n', out) == EOF || ferror(out) ? -EIO : 0;
}
