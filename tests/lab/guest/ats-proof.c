// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a dead device write to memory that is not its any more? Round by round:
 * a page is mapped, the device caches its translation and stops answering, the
 * page is unmapped, freed and given to another process, which fills it; then
 * the device writes through its stale translation, and the other process looks.
 *
 * The page is the only one in the huge page pool, so that who allocates next
 * gets the very same memory. All the while a thread has the device write, to
 * see for how long it could.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atcq/ats-testdev-regs.h>

#include "lib/vfio.h"

#define IOVA	0x10000000ull
#define HUGE	(2ul << 20)
#define PATTERN	0x5a
#define EVIL	0xe711e711u

struct round {
	int64_t unmap_ns;	/* how long the unmap took */
	int64_t write_ns;	/* how long after its begin a write got through; 0: none did */
	bool after;		/* one got through after it had returned */
	bool corrupted;
};

static volatile uint32_t *regs;
static pthread_mutex_t regs_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_llong last_write;		/* when the device's last write succeeded */
static atomic_bool writing, quit;

static uint32_t get(unsigned int reg)
{
	return regs[reg / 4];
}

static void set(unsigned int reg, uint32_t value)
{
	regs[reg / 4] = value;
}

/* Has the device do something at IOVA; how it ended */
static uint32_t command(uint32_t cmd)
{
	uint32_t status;

	pthread_mutex_lock(&regs_lock);
	set(ATS_TESTDEV_DMA_ADDR_LO, IOVA);
	set(ATS_TESTDEV_DMA_ADDR_HI, 0);
	set(ATS_TESTDEV_DMA_LEN, 4);
	set(ATS_TESTDEV_BUFFER, EVIL);
	set(ATS_TESTDEV_DMA_CMD, cmd);
	status = get(ATS_TESTDEV_DMA_STATUS);
	pthread_mutex_unlock(&regs_lock);
	return status;
}

/*
 * The issuer polls with interrupts off. So that the unpatched kernel's GERROR
 * handler can run all the same, and the writer, they are on the first CPU.
 */
static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("run on CPU", cpu ? "1" : "0");
}

static void *writer(void *arg)
{
	(void)arg;
	run_on(0);
	while (!quit) {
		int64_t now = now_ns();

		if (!writing)
			usleep(100);
		else if (command(ATS_TESTDEV_CMD_WRITE_TRANSLATED) == ATS_TESTDEV_DMA_OK && writing)
			last_write = now;
	}
	return NULL;
}

static void *huge_page(void)
{
	void *p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap", "a huge page");
	return p;
}

/* The process that gets the page next: fills it, and tells whether it stays so */
static void next_owner(int fd)
{
	unsigned char expect[4096], *page;
	char word;

	memset(expect, PATTERN, sizeof(expect));
	while (read(fd, &word, 1) == 1) {
		page = huge_page();
		memset(page, PATTERN, HUGE);
		if (write(fd, "r", 1) != 1 || read(fd, &word, 1) != 1)
			break;
		word = memcmp(page, expect, sizeof(expect)) ? 'c' : 'i';
		munmap(page, HUGE);
		if (write(fd, &word, 1) != 1)
			break;
	}
	exit(0);
}

static char exchange(int fd, char word)
{
	if (write(fd, &word, 1) != 1 || read(fd, &word, 1) != 1)
		die("talk to", "the other process");
	return word;
}

static struct round one_round(const struct vfio *v, int fd)
{
	uint32_t *page = huge_page();
	struct round r = { 0 };
	int64_t start, end;

	vfio__map(v, page, IOVA, 4096);
	if (command(ATS_TESTDEV_CMD_TRANSLATE) || command(ATS_TESTDEV_CMD_WRITE_TRANSLATED) ||
	    page[0] != EVIL) {
		fprintf(stderr, "ats-proof: the healthy device cannot use its own page (%u)\n",
			get(ATS_TESTDEV_DMA_STATUS));
		exit(1);
	}
	set(ATS_TESTDEV_MODE, ATS_TESTDEV_MODE_NEVER);
	last_write = 0;
	writing = true;
	start = now_ns();
	vfio__unmap(v, IOVA, 4096);
	end = now_ns();
	r.unmap_ns = end - start;
	munmap(page, HUGE);
	exchange(fd, 'a');
	r.after = command(ATS_TESTDEV_CMD_WRITE_TRANSLATED) == ATS_TESTDEV_DMA_OK;
	writing = false;
	r.corrupted = exchange(fd, 'l') == 'c';
	if (last_write > start)
		r.write_ns = last_write - start;
	r.after |= last_write > end;
	errno = vfio__reset(v, 0);
	if (errno)
		die("reset", v->bdf[0]);
	return r;
}

static int compare(const void *a, const void *b)
{
	int64_t d = *(const int64_t *)a - *(const int64_t *)b;

	return d < 0 ? -1 : d > 0;
}

static void report(const struct round *r, int n, const char *bdf)
{
	int64_t *ns = calloc(n, sizeof(*ns)), unmap = 0;
	int corrupted = 0, after = 0;

	for (int i = 0; i < n; i++) {
		corrupted += r[i].corrupted;
		after += r[i].after;
		ns[i] = r[i].write_ns;
		unmap = r[i].unmap_ns > unmap ? r[i].unmap_ns : unmap;
	}
	qsort(ns, n, sizeof(*ns), compare);
	printf("{\"device\": \"%s\", \"rounds\": %d, \"timeouts\": %u, \"corrupted\": %d, "
	       "\"written_after_unmap\": %d, \"blocked\": %u, \"write_ns_median\": %lld, "
	       "\"write_ns_max\": %lld, \"unmap_ns_max\": %lld}\n",
	       bdf, n, get(ATS_TESTDEV_TIMEOUTS), corrupted, after, get(ATS_TESTDEV_DMA_BLOCKED),
	       (long long)ns[n / 2], (long long)ns[n - 1], (long long)unmap);
	free(ns);
}

int main(int argc, char **argv)
{
	const char *bdf[1] = { argc > 1 ? argv[1] : "" };
	int n = argc > 2 ? atoi(argv[2]) : 0, fd[2];
	struct vfio v = { 0 };
	struct round *r;
	pthread_t thread;

	if (n < 1 || argc != 3) {
		fprintf(stderr, "Usage: ats-proof DEVICE ROUNDS\n");
		return 2;
	}
	r = calloc(n, sizeof(*r));
	if (!r || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socket for", "the other process");
	if (!fork()) {
		close(fd[0]);
		next_owner(fd[1]);
	}
	close(fd[1]);
	run_on(1);
	vfio__open(&v, bdf, 1);
	regs = vfio__bar0(&v, 0);
	pthread_create(&thread, NULL, writer, NULL);
	for (int i = 0; i < n; i++) {
		r[i] = one_round(&v, fd[0]);
		if (isatty(2) || (i + 1) % 50 == 0)
			fprintf(stderr, "round %d of %d\n", i + 1, n);
	}
	quit = true;
	pthread_join(thread, NULL);
	report(r, n, bdf[0]);
	close(fd[0]);
	wait(NULL);
	return 0;
}
