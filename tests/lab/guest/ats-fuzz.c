// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs an ATS test device with nonsense, in between mapping, unmapping and
 * resetting: neither the kernel nor the emulator may fall over that. A run is
 * repeated by its seed.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <atcq/ats-testdev-regs.h>

#include "lib/vfio.h"

#define IOVA	0x10000000ull
#define SIZE	(1ul << 20)

static uint64_t state;

/* splitmix64 */
static uint64_t rnd(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Values that mean something here and there, and those that never do */
static uint32_t value(void)
{
	switch (rnd() % 6) {
	case 0: return rnd() % 8;
	case 1: return IOVA + rnd() % (2 * SIZE);
	case 2: return rnd() % 8192;
	case 3: return 0xffffffff;
	case 4: return rnd() % 32 << 8 | rnd() % 256;
	default: return rnd();
	}
}

static unsigned int reg(void)
{
	switch (rnd() % 4) {
	case 0: return ATS_TESTDEV_DMA_CMD;
	case 1: return ATS_TESTDEV_BUFFER + rnd() % 1024 * 4;
	case 2: return rnd() % ATS_TESTDEV_BAR_SIZE & ~3u;
	default: return ATS_TESTDEV_TARGET + rnd() % 28 * 4;
	}
}

/* One step after another of something sensible, each of which may be nonsense */
static void almost(volatile uint32_t *regs)
{
	const struct {
		unsigned int reg;
		uint32_t value;
	} steps[] = {
		{ ATS_TESTDEV_DMA_ADDR_LO, IOVA + rnd() % SIZE },
		{ ATS_TESTDEV_DMA_ADDR_HI, 0 },
		{ ATS_TESTDEV_DMA_LEN, 1 + rnd() % 4096 },
		{ ATS_TESTDEV_DMA_PASID, ATS_TESTDEV_NO_PASID },
		{ ATS_TESTDEV_DMA_CMD, ATS_TESTDEV_CMD_TRANSLATE },
		{ ATS_TESTDEV_DMA_CMD, 1 + rnd() % 5 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		regs[steps[i].reg / 4] = rnd() % 16 ? steps[i].value : value();
}

int main(int argc, char **argv)
{
	const char *bdf[1] = { argc > 1 ? argv[1] : "" };
	long n = argc > 2 ? atol(argv[2]) : 0, unmaps = 0, resets = 0;
	volatile uint32_t *regs;
	struct vfio v = { 0 };
	void *buf;

	if (argc != 4 || n < 1) {
		fprintf(stderr, "Usage: ats-fuzz DEVICE ROUNDS SEED\n");
		return 2;
	}
	state = strtoull(argv[3], NULL, 0);
	vfio__open(&v, bdf, 1);
	regs = vfio__bar0(&v, 0);
	buf = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED)
		die("mmap", "buffer");
	vfio__map(&v, buf, IOVA, SIZE);
	for (long i = 0; i < n; i++) {
		if (rnd() % 10 == 0)
			almost(regs);
		regs[reg() / 4] = value();
		(void)regs[reg() / 4];
		if (rnd() % 100 == 0) {
			vfio__unmap(&v, IOVA, SIZE);
			vfio__map(&v, buf, IOVA, SIZE);
			unmaps++;
		}
		if (rnd() % 200 == 0) {
			errno = vfio__reset(&v, 0);
			if (errno)
				die("reset", bdf[0]);
			regs = vfio__bar0(&v, 0);
			resets++;
		}
	}
	printf("{\"rounds\": %ld, \"unmaps\": %ld, \"resets\": %ld, \"dma_done\": %u, \"dma_blocked\": %u}\n",
	       n, unmaps, resets, regs[ATS_TESTDEV_DMA_DONE / 4], regs[ATS_TESTDEV_DMA_BLOCKED / 4]);
	return 0;
}
