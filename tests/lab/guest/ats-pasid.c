// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with an address space of its own and one more for a PASID, before,
 * during and after a quarantine. Each scenario checks what DMA reaches, with and
 * without the PASID; the device breaks and heals by its own registers.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/iommufd.h"
#include "lib/testdev.h"

#define IOVA	0x10000000ull
#define SPARE	0x20000000ull	/* mapped and unmapped, to have something to invalidate */
#define PAGE	4096ull
#define PASID	5u

static struct iommufd dev, sibling;
static struct iommufd_space own, other;
static uint32_t *own_page, *other_page, *spare;
/* The device that acts, and its registers */
static const struct iommufd *actor;
static volatile uint32_t *regs;
static const char *bdf;

static void __attribute__((format(printf, 1, 2), noreturn)) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("FAIL: ");
	vprintf(fmt, ap);
	printf("\n");
	exit(1);
}

static void act(const struct iommufd *d)
{
	actor = d;
	bdf = d->vfio.bdf[0];
	regs = vfio__bar0(&d->vfio, 0);
}

/* Where does a write get to? 0: nowhere, 1: the device's own page, 2: the PASID's */
static int reaches(uint32_t pasid)
{
	static uint32_t value = 1;

	value++;
	*own_page = *other_page = 0;
	testdev__dma(regs, ATS_TESTDEV_CMD_WRITE, IOVA, pasid, value);
	return *own_page == value ? 1 : *other_page == value ? 2 : 0;
}

static void expect(const char *when, int without, int with)
{
	int a = reaches(ATS_TESTDEV_NO_PASID), b = reaches(PASID);

	if (a != without || b != with)
		fail("%s: DMA of %s without PASID reaches %d, not %d; with it %d, not %d", when,
		     bdf, a, without, b, with);
}

static bool blocked(const char *want)
{
	char path[128], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_state/blocked", bdf);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		die("read", path);
	fclose(f);
	return !strncmp(text, want, strlen(want));
}

static void wait_blocked(const char *want)
{
	for (int i = 0; i < 200 && !blocked(want); i++)
		usleep(50000);
	if (!blocked(want))
		fail("%s does not get %s", bdf, want);
}

static void unmap_something(const struct iommufd_space *s)
{
	iommufd__map(&dev, s, spare, SPARE, PAGE);
	iommufd__unmap(&dev, s, SPARE, PAGE);
}

static void set_up(const char *name)
{
	int ret;

	iommufd__open(&dev, name);
	iommufd__space(&dev, &own);
	iommufd__space(&dev, &other);
	own_page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (own_page == MAP_FAILED)
		die("mmap", "pages");
	other_page = own_page + PAGE / 4;
	spare = other_page + PAGE / 4;
	ret = iommufd__attach(&dev, &own, IOMMUFD_NO_PASID);
	if (ret)
		fail("attach: %s", strerror(ret));
	ret = iommufd__attach(&dev, &other, PASID);
	if (ret)
		fail("attach of a PASID: %s", strerror(ret));
	iommufd__map(&dev, &own, own_page, IOVA, PAGE);
	iommufd__map(&dev, &other, other_page, IOVA, PAGE);
	act(&dev);
	expect("at first", 1, 2);
}

static void reset(const char *when)
{
	int ret;

	/* VFIO does not wait for the lock that who tells the driver has */
	while ((ret = vfio__reset(&actor->vfio, 0)) == EAGAIN)
		usleep(1000);
	if (ret)
		fail("%s: %s", when, strerror(ret));
}

/* By an unmap in the PASID's space: the invalidation has the PASID in it */
static void break_it(void)
{
	regs[ATS_TESTDEV_MODE / 4] = ATS_TESTDEV_MODE_NEVER;
	unmap_something(&other);
	wait_blocked("broken");
}

/* Each invalidation drops what it is for; one without a PASID drops it all */
static void invalidations(void)
{
	testdev__dma(regs, ATS_TESTDEV_CMD_TRANSLATE, IOVA, ATS_TESTDEV_NO_PASID, 0);
	testdev__dma(regs, ATS_TESTDEV_CMD_TRANSLATE, IOVA, PASID, 0);
	if (regs[ATS_TESTDEV_ATC_ENTRIES / 4] != 2)
		fail("the device got %u translations, not 2", regs[ATS_TESTDEV_ATC_ENTRIES / 4]);
	iommufd__unmap(&dev, &other, IOVA, PAGE);
	if (regs[ATS_TESTDEV_ATC_ENTRIES / 4] != 1)
		fail("after an unmap for the PASID the device has %u translations, not 1",
		     regs[ATS_TESTDEV_ATC_ENTRIES / 4]);
	expect("after an unmap for the PASID", 1, 0);
	iommufd__map(&dev, &other, other_page, IOVA, PAGE);
	expect("after a map for the PASID", 1, 2);
}

static void quarantine(void)
{
	int ret;

	break_it();
	expect("while fenced", 0, 0);
	ret = iommufd__attach(&dev, &other, PASID + 1);
	if (!ret)
		fail("a PASID was attached to a fenced device");
	reset("reset");
	if (!blocked("no"))
		fail("still blocked after a good reset");
	expect("after the reset", 1, 2);
}

/* What is detached meanwhile stays detached */
static void detach_while_fenced(void)
{
	int ret;

	break_it();
	ret = iommufd__detach(&dev, PASID);
	if (ret)
		fail("detach while fenced: %s", strerror(ret));
	reset("reset after a detach");
	expect("after a detach and the reset", 1, 0);
	ret = iommufd__attach(&dev, &other, PASID);
	if (ret)
		fail("attach after the reset: %s", strerror(ret));
	expect("after another attach", 1, 2);
}

/* A fault point has one PASID not attached again: then the device stays fenced as a whole */
static void failed_reattach(void)
{
	break_it();
	reset("reset, after which the PASID is not attached");
	if (!blocked("broken"))
		fail("not blocked any more, and a PASID is missing");
	expect("after a reset without the PASID", 0, 0);
	reset("another reset");
	expect("after another reset", 1, 2);
}

/*
 * Two devices in one group, and so with the same address spaces, of which only
 * one breaks: a reset of the other one attaches nothing to the broken one.
 */
static void siblings(const char *name)
{
	int ret;

	iommufd__join(&sibling, &dev, name);
	ret = iommufd__attach(&sibling, &own, IOMMUFD_NO_PASID);
	if (ret)
		fail("attach of %s: %s", name, strerror(ret));
	act(&sibling);
	expect("with two devices", 1, 2);
	break_it();
	expect("while fenced", 0, 0);
	act(&dev);
	expect("while its sibling is fenced", 1, 2);
	reset("reset of the one that works");
	expect("after its own reset", 1, 2);
	act(&sibling);
	if (!blocked("broken"))
		fail("not blocked any more after a reset of its sibling");
	expect("fenced, after a reset of its sibling", 0, 0);
	reset("reset");
	expect("after the reset", 1, 2);
}

/* A reset of a device that works, with its PASID attached all the while */
static void healthy_reset(void)
{
	reset("reset of a device that works");
	expect("after a reset of a device that works", 1, 2);
}

static atomic_bool quit;
static atomic_ulong attached;

static void *attach_loop(void *arg)
{
	(void)arg;
	while (!quit) {
		if (!iommufd__attach(&dev, &other, PASID + 2)) {
			attached++;
			iommufd__detach(&dev, PASID + 2);
		}
	}
	return NULL;
}

/* Attaches and detaches of a PASID at any moment of a quarantine */
static void race(unsigned long loops)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, attach_loop, NULL))
		fail("no thread");
	for (unsigned long i = 0; i < loops; i++) {
		regs[ATS_TESTDEV_MODE / 4] = ATS_TESTDEV_MODE_NEVER;
		unmap_something(i % 2 ? &other : &own);
		if (i % 3)
			wait_blocked("broken");
		reset("reset in the race");
	}
	quit = true;
	pthread_join(thread, NULL);
	wait_blocked("no");
	expect("after the race", 1, 2);
	printf("%lu loops, %lu attaches\n", loops, attached);
	if (!attached)
		fail("no attach was tried in the race");
}

static int usage(void)
{
	fprintf(stderr, "Usage: ats-pasid BDF LOOPS\n"
		"       ats-pasid BDF detach|reattach\n"
		"       ats-pasid BDF sibling BDF\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long loops = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;

	if (argc == 3 && !strcmp(argv[2], "detach")) {
		set_up(argv[1]);
		detach_while_fenced();
	} else if (argc == 3 && !strcmp(argv[2], "reattach")) {
		set_up(argv[1]);
		failed_reattach();
	} else if (argc == 4 && !strcmp(argv[2], "sibling")) {
		set_up(argv[1]);
		siblings(argv[3]);
	} else if (loops) {
		set_up(argv[1]);
		invalidations();
		healthy_reset();
		quarantine();
		detach_while_fenced();
		race(loops);
	} else {
		return usage();
	}
	return 0;
}
