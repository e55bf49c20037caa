// SPDX-License-Identifier: GPL-2.0-only
/* Shows and sets, from inside the guest, how an endpoint answers ATC_INVs. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atcq/ats-testdev-regs.h>

static volatile uint32_t *regs;

static uint32_t get(unsigned int reg)
{
	return regs[reg / 4];
}

static void set(unsigned int reg, uint32_t value)
{
	regs[reg / 4] = value;
}

static int usage(FILE *out)
{
	fputs("Usage: atsdev TESTDEV [TARGET] [answer | never | delay US] [heals 0|1]\n"
	      "TESTDEV, TARGET: PCI addresses like 0000:02:00.0; TARGET is TESTDEV unless given\n",
	      out);
	return out == stdout ? 0 : 2;
}

static int map_regs(const char *bdf)
{
	char path[128], cmd[2];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", bdf);
	fd = open(path, O_RDWR);
	/* Memory space must be on; 1 is fine also if it is already */
	if (fd >= 0 && read(fd, cmd, 1) == 1 && cmd[0] == '0' && write(fd, "1", 1) != 1)
		perror(path);
	if (fd >= 0)
		close(fd);

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0) {
		fprintf(stderr, "atsdev: %s: %s\n", path, strerror(errno));
		return -1;
	}
	regs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (regs == MAP_FAILED || get(ATS_TESTDEV_ID) != ATS_TESTDEV_ID_VALUE) {
		fprintf(stderr, "atsdev: %s is no ATS test device\n", bdf);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "answer", "delay", "never" };
	unsigned int segment, bus, slot, func;
	int i = 2;

	if (argc < 2 || !strcmp(argv[1], "-h"))
		return usage(argc < 2 ? stderr : stdout);
	if (map_regs(argv[1]))
		return 1;
	set(ATS_TESTDEV_TARGET, ATS_TESTDEV_SELF);
	if (i < argc && sscanf(argv[i], "%x:%x:%x.%x", &segment, &bus, &slot, &func) == 4) {
		set(ATS_TESTDEV_TARGET, bus << 8 | slot << 3 | func);
		i++;
	}
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "answer"))
			set(ATS_TESTDEV_MODE, ATS_TESTDEV_MODE_ANSWER);
		else if (!strcmp(argv[i], "never"))
			set(ATS_TESTDEV_MODE, ATS_TESTDEV_MODE_NEVER);
		else if (!strcmp(argv[i], "delay") && i + 1 < argc) {
			set(ATS_TESTDEV_DELAY_US, strtoul(argv[++i], NULL, 0));
			set(ATS_TESTDEV_MODE, ATS_TESTDEV_MODE_DELAY);
		} else if (!strcmp(argv[i], "heals") && i + 1 < argc)
			set(ATS_TESTDEV_FLR_HEALS, strtoul(argv[++i], NULL, 0));
		else
			return usage(stderr);
	}
	printf("mode=%s received=%u timeouts=%u\n", modes[get(ATS_TESTDEV_MODE) % 3],
	       get(ATS_TESTDEV_RECEIVED), get(ATS_TESTDEV_TIMEOUTS));
	if (get(ATS_TESTDEV_ERROR)) {
		fprintf(stderr, "atsdev: error %u\n", get(ATS_TESTDEV_ERROR));
		return 1;
	}
	return 0;
}
