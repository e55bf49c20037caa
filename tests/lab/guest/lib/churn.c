// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "churn.h"
#include "testdev.h"

#define IOVA		0x10000000ull
#define DMA_IOVA	0x0f000000ull	/* mapped all the while */
#define PAGE		4096ull

struct job {
	const struct vfio *v;
	const struct churn_opts *o;
	volatile sig_atomic_t *stop;
};

struct writer;

struct worker {
	struct job job;
	uint64_t iova;
	int *error_fd;		/* for the one that looks for reports */
	const struct writer *writer;	/* for the one that tells when it is asked */
	unsigned long done;
	int64_t max, sum;
};

struct writer {
	struct job job;
	atomic_bool over;
	unsigned long done[VFIO_MAX_DEVICES], lost[VFIO_MAX_DEVICES];
};

/* Has error recovery reported one of the devices? */
static bool reported(const struct vfio *v, const int *fd)
{
	uint64_t n;

	for (int i = 0; i < v->ndev; i++) {
		if (read(fd[i], &n, sizeof(n)) != sizeof(n))
			continue;
		printf("reported %s\n", v->bdf[i]);
		return true;
	}
	return false;
}

static void *memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap", "buffer");
	return p;
}

static void print(const struct vfio *v, const struct worker *w, unsigned long n,
		  const struct writer *writer);

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct churn_opts *o = w->job.o;
	void *buf = memory(o->size);

	while (!*w->job.stop && (!o->count || w->done < o->count)) {
		int64_t ns;

		vfio__map(w->job.v, buf, w->iova, o->size);
		ns = vfio__unmap(w->job.v, w->iova, o->size);
		w->done++;
		w->sum += ns;
		w->max = ns > w->max ? ns : w->max;
		if (w->error_fd && reported(w->job.v, w->error_fd))
			*w->job.stop = 1;
		if (w->writer && *o->tell) {
			*o->tell = 0;
			print(w->job.v, w, 1, w->writer);
		}
		if (o->interval_us)
			usleep(o->interval_us);
	}
	return NULL;
}

/* A translation from the device's ATC if it has one, and else the SMMU's */
static bool write_once(volatile uint32_t *regs, uint32_t value, volatile uint32_t *page)
{
	testdev__dma(regs, ATS_TESTDEV_CMD_TRANSLATE, DMA_IOVA, ATS_TESTDEV_NO_PASID, 0);
	return testdev__dma(regs, ATS_TESTDEV_CMD_WRITE_TRANSLATED, DMA_IOVA,
			    ATS_TESTDEV_NO_PASID, value) == ATS_TESTDEV_DMA_OK && *page == value;
}

static void *write_all(void *arg)
{
	struct writer *w = arg;
	const struct vfio *v = w->job.v;
	volatile uint32_t *regs[VFIO_MAX_DEVICES], *page = memory(PAGE);
	uint32_t value = 0;

	for (int i = 0; i < v->ndev; i++)
		regs[i] = vfio__bar0(v, i);
	vfio__map(v, (void *)page, DMA_IOVA, PAGE);
	while (!w->over) {
		for (int i = 0; i < v->ndev; i++) {
			if (write_once(regs[i], ++value, page))
				w->done[i]++;
			else
				w->lost[i]++;
		}
		usleep(1000);
	}
	return NULL;
}

static void print(const struct vfio *v, const struct worker *w, unsigned long n,
		  const struct writer *writer)
{
	unsigned long done = 0;
	int64_t max = 0, sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		done += w[i].done;
		sum += w[i].sum;
		max = w[i].max > max ? w[i].max : max;
	}
	printf("{\"unmaps\": %lu, \"mean_ns\": %lld, \"max_ns\": %lld", done,
	       done ? (long long)(sum / (int64_t)done) : 0, (long long)max);
	for (int i = 0; writer && i < v->ndev; i++)
		printf("%s\"%s\": {\"written\": %lu, \"lost\": %lu}", i ? ", " : ", \"dma\": {",
		       v->bdf[i], writer->done[i], writer->lost[i]);
	printf("%s}\n", writer ? "}" : "");
	fflush(stdout);
}

void churn__run(const struct vfio *v, const struct churn_opts *o, volatile sig_atomic_t *stop)
{
	struct job job = { .v = v, .o = o, .stop = stop };
	struct worker *w = calloc(o->threads, sizeof(*w));
	pthread_t *thread = calloc(o->threads + 1, sizeof(*thread));
	struct writer writer = { .job = job };
	int fd[VFIO_MAX_DEVICES];

	if (!w || !thread)
		die("memory for", "threads");
	for (int i = 0; o->report && i < v->ndev; i++)
		fd[i] = vfio__error_fd(v, i);
	if (o->dma && pthread_create(&thread[o->threads], NULL, write_all, &writer))
		die("thread for", "DMA");
	for (unsigned long i = 0; i < o->threads; i++) {
		w[i] = (struct worker) { .job = job, .iova = IOVA + i * (o->size + PAGE) };
		w[i].error_fd = o->report && i == 0 ? fd : NULL;
		w[i].writer = o->dma && i == 0 ? &writer : NULL;
		if (pthread_create(&thread[i], NULL, work, &w[i]))
			die("thread for", "unmaps");
	}
	for (unsigned long i = 0; i < o->threads; i++)
		pthread_join(thread[i], NULL);
	writer.over = true;
	if (o->dma)
		pthread_join(thread[o->threads], NULL);
	print(v, w, o->threads, o->dma ? &writer : NULL);
	free(thread);
	free(w);
}
