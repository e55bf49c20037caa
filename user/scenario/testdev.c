// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atcq/ats-testdev-regs.h>

#include "source/kernel.h"
#include "testdev.h"

bool testdev__is(const struct device *d)
{
	return d->vendor_id == ATS_TESTDEV_VENDOR && d->device_id == ATS_TESTDEV_DEVICE;
}

/* The registers of @by, about the function @addr; NULL: errno tells */
static volatile uint32_t *map(const char *by, uint32_t addr)
{
	char path[128], enabled[8];
	void *p;
	int fd;

	/* Memory space has to be on, which only a driver or this does */
	if (!attr__read(by, "enable", enabled, sizeof(enabled)) && *enabled == '0')
		attr__write(by, "enable", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", by);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	p = mmap(NULL, ATS_TESTDEV_BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return NULL;
	if (((volatile uint32_t *)p)[ATS_TESTDEV_ID / 4] != ATS_TESTDEV_ID_VALUE) {
		munmap(p, ATS_TESTDEV_BUFFER);
		errno = ENODEV;
		return NULL;
	}
	((volatile uint32_t *)p)[ATS_TESTDEV_TARGET / 4] = addr;
	return p;
}

static int unmap(volatile uint32_t *regs)
{
	int ret = regs[ATS_TESTDEV_ERROR / 4] ? -ENXIO : 0;

	munmap((void *)regs, ATS_TESTDEV_BUFFER);
	return ret;
}

int testdev__set(const char *by, uint32_t addr, enum testdev_answer answer, uint32_t delay_us, int heals)
{
	volatile uint32_t *regs = map(by, addr);

	if (!regs)
		return -errno;
	if (heals >= 0)
		regs[ATS_TESTDEV_FLR_HEALS / 4] = heals;
	if (answer == TESTDEV_SLOW)
		regs[ATS_TESTDEV_DELAY_US / 4] = delay_us;
	if (answer != TESTDEV_AS_IT_IS)
		regs[ATS_TESTDEV_MODE / 4] = answer == TESTDEV_SLOW ? ATS_TESTDEV_MODE_DELAY :
			answer == TESTDEV_NEVER ? ATS_TESTDEV_MODE_NEVER : ATS_TESTDEV_MODE_ANSWER;
	return unmap(regs);
}

int testdev__counters(const char *by, uint32_t addr, uint32_t *received, uint32_t *timeouts)
{
	volatile uint32_t *regs = map(by, addr);

	if (!regs)
		return -errno;
	*received = regs[ATS_TESTDEV_RECEIVED / 4];
	*timeouts = regs[ATS_TESTDEV_TIMEOUTS / 4];
	return unmap(regs);
}
