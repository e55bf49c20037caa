// SPDX-License-Identifier: GPL-2.0-only
#define SD_JOURNAL_SUPPRESS_LOCATION	/* where in the source is of no interest to an administrator */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "journal.h"
#include "lib/clock.h"

#define FIELDS	32
#define FIELD	192

struct message {
	char text[FIELDS][FIELD];
	struct iovec iov[FIELDS];
	int n;
};

bool journal__there(void)
{
	return !access("/run/systemd/journal/socket", W_OK);
}

static void __attribute__((format(printf, 2, 3))) add(struct message *m, const char *fmt, ...)
{
	va_list ap;

	if (m->n == FIELDS)
		return;
	va_start(ap, fmt);
	vsnprintf(m->text[m->n], FIELD, fmt, ap);
	va_end(ap);
	m->iov[m->n] = (struct iovec){ m->text[m->n], strlen(m->text[m->n]) };
	m->n++;
}

static void upper(char *text)
{
	for (; *text && *text != '='; text++)
		if (*text >= 'a' && *text <= 'z')
			*text -= 'a' - 'A';
}

static void add_measures(struct message *m, const struct incident *inc)
{
	uint64_t ns;

	for (int p = 0; p < PHASE_MAX; p++) {
		if (!inc->phase_ns[p])
			continue;
		add(m, "ATCQ_%s_NS=%llu", phase__name(p), (unsigned long long)inc->phase_ns[p]);
		upper(m->text[m->n - 1]);
	}
	for (int l = 0; l < LAT_MAX; l++) {
		if (!incident__latency(inc, l, &ns))
			continue;
		add(m, "ATCQ_%s_DURATION_NS=%llu", latency__name(l), (unsigned long long)ns);
		upper(m->text[m->n - 1]);
	}
}

int journal__incident(const struct incident *inc, const char *boot_id)
{
	char id[96], bdf[16], took[48] = "";
	struct message m = { .n = 0 };
	uint64_t ns;

	incident__id(inc, boot_id, id, sizeof(id));
	incident__bdf(inc, bdf);
	if (incident__latency(inc, LAT_RECOVERY, &ns)) {
		memcpy(took, " after ", 8);
		duration__format(ns, DURATION_EXACT, took + 7, sizeof(took) - 7);
	}
	add(&m, "MESSAGE=%s: ATC invalidation timeout%s, %s%s (incident %s)", bdf,
	    inc->injected ? ", injected" : "",
	    inc->state == INCIDENT_UNKNOWN ? "end not seen" : incident_state__name(inc->state), took, id);
	add(&m, "MESSAGE_ID=" JOURNAL_INCIDENT);
	add(&m, "PRIORITY=%d", inc->injected ? LOG_NOTICE : LOG_WARNING);
	add(&m, "SYSLOG_IDENTIFIER=atcq");
	add(&m, "ATCQ_INCIDENT=%s", id);
	if (inc->bdf != ATCQ_NONE)
		add(&m, "ATCQ_DEVICE=%s", bdf);
	if (inc->smmu != ATCQ_NONE)
		add(&m, "ATCQ_SMMU=%u", inc->smmu);
	if (inc->sid != ATCQ_NONE)
		add(&m, "ATCQ_SID=%u", inc->sid);
	add(&m, "ATCQ_STATE=%s", incident_state__name(inc->state));
	add(&m, "ATCQ_INJECTED=%d", inc->injected);
	add(&m, "ATCQ_INCOMPLETE=%d", inc->incomplete);
	add(&m, "ATCQ_ATC_TIMEOUTS=%u", inc->atc_timeouts);
	add(&m, "ATCQ_CMDQ_ERRORS=%u", inc->cmdq_errors);
	add_measures(&m, inc);
	return sd_journal_sendv(m.iov, m.n);
}

int journal__lost(const char *message, unsigned long long incidents)
{
	struct message m = { .n = 0 };

	add(&m, "MESSAGE=%s", message);
	add(&m, "MESSAGE_ID=" JOURNAL_LOST);
	add(&m, "PRIORITY=%d", LOG_ERR);
	add(&m, "SYSLOG_IDENTIFIER=atcq");
	add(&m, "ATCQ_INCIDENTS=%llu", incidents);
	return sd_journal_sendv(m.iov, m.n);
}
