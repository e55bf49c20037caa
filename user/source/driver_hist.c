// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver_hist.h"

/* A bucket's line is its shortest duration and its count, two u64 at most */
#define ROOM	(ATCQ_HIST_BUCKETS * 44 + 256)

struct driver_hist {
	uint32_t n;
	struct counted {
		int fd;		/* -1: no SMMU has this index */
		struct atcq_hist before;
	} smmu[];
};

static int parse_line(const char *line, struct atcq_hist *out)
{
	unsigned long long ns, n;
	char rest;

	if (sscanf(line, "sum_ns %llu %c", &n, &rest) == 1)
		out->sum_ns = n;
	else if (sscanf(line, "max_ns %llu %c", &n, &rest) == 1)
		out->max_ns = n;
	else if (sscanf(line, "atc_invs %llu %c", &n, &rest) == 1)
		out->atc_invs = n;
	else if (sscanf(line, "%llu %llu %c", &ns, &n, &rest) == 2)
		out->bucket[atcq_hist_index(ns)] += n, out->count += n;
	else if (line[0] >= '0' && line[0] <= '9')
		return -EINVAL;
	return 0;	/* a newer kernel may say more */
}

/* All that was ever counted */
static int read_all(int fd, struct atcq_hist *out)
{
	char *text = malloc(ROOM), *line, *save = NULL;
	size_t len = 0;
	ssize_t n = 0;
	int ret = 0;

	if (!text)
		return -ENOMEM;
	while (len < ROOM - 1 && (n = pread(fd, text + len, ROOM - 1 - len, len)) > 0)
		len += n;
	if (n < 0)
		ret = -errno;
	text[len] = '\0';
	memset(out, 0, sizeof(*out));
	for (line = strtok_r(text, "\n", &save); line && !ret; line = strtok_r(NULL, "\n", &save))
		ret = parse_line(line, out);
	free(text);
	return ret;
}

static int open_one(struct counted *c, const char *debugfs, uint32_t index)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/arm_smmu_v3/%u/cmd_sync_durations", debugfs, index);
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd >= 0)
		return read_all(c->fd, &c->before);
	return errno == ENOENT ? 0 : -errno;
}

int driver_hist__open(struct driver_hist **out, const char *debugfs, uint32_t slots)
{
	struct driver_hist *d = calloc(1, sizeof(*d) + slots * sizeof(d->smmu[0]));
	uint32_t found = 0;
	int ret = 0;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	for (; d->n < slots && !ret; d->n++) {
		ret = open_one(&d->smmu[d->n], debugfs, d->n);
		found += d->smmu[d->n].fd >= 0;
	}
	if (!ret && !found)
		ret = -ENOENT;
	if (!ret)
		*out = d;
	else
		driver_hist__free(d);
	return ret;
}

/* Is the longest of all from before? Then only its bucket is known of the longest since */
static uint64_t longest(const struct atcq_hist *before, const struct atcq_hist *now)
{
	uint32_t i = ATCQ_HIST_BUCKETS;

	if (now->max_ns > before->max_ns)
		return now->max_ns;
	while (i-- > 0)
		if (now->bucket[i] > before->bucket[i])
			break;
	if (i >= ATCQ_HIST_BUCKETS - 1)	/* none, or the one without an end */
		return i == ATCQ_HIST_BUCKETS - 1 ? now->max_ns : 0;
	return atcq_hist_lower(i + 1) - 1 < now->max_ns ? atcq_hist_lower(i + 1) - 1 : now->max_ns;
}

int driver_hist__add(const struct driver_hist *d, uint32_t smmu, struct atcq_hist *out)
{
	const struct atcq_hist *before;
	struct atcq_hist *now;
	uint64_t max;
	int ret;

	if (smmu >= d->n || d->smmu[smmu].fd < 0)
		return -ENOENT;
	before = &d->smmu[smmu].before;
	now = malloc(sizeof(*now));
	if (!now)
		return -ENOMEM;
	ret = read_all(d->smmu[smmu].fd, now);
	if (!ret) {
		out->count += now->count - before->count;
		out->sum_ns += now->sum_ns - before->sum_ns;
		out->atc_invs += now->atc_invs - before->atc_invs;
		max = longest(before, now);
		if (max > out->max_ns)
			out->max_ns = max;
		for (uint32_t i = 0; i < ATCQ_HIST_BUCKETS; i++)
			out->bucket[i] += now->bucket[i] - before->bucket[i];
	}
	free(now);
	return ret;
}

void driver_hist__free(struct driver_hist *d)
{
	for (uint32_t i = 0; d && i < d->n; i++)
		if (d->smmu[i].fd >= 0)
			close(d->smmu[i].fd);
	free(d);
}
