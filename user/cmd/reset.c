// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "core/event.h"
#include "inject/in_use.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"
#include "source/inventory.h"
#include "source/kernel.h"

struct reset_opts {
	const char *method;
	uint64_t timeout;
	bool force, dry_run;
};

static const struct reset_opts reset_defaults = { .timeout = 10000000000ull };

static const struct opt reset_options[] = {
	{ "method", 0, OPT_STRING, "METHOD", "flr, bus, pm, device_specific, ... as in sysfs", offsetof(struct reset_opts, method), 0, 0, NULL, false },
	{ "timeout", 0, OPT_DURATION, "TIME", "how long to wait for the incident to close (10s)", offsetof(struct reset_opts, timeout), 1000000, 0, NULL, false },
	{ "force", 0, OPT_FLAG, NULL, "also if the host uses the device, or may use it", offsetof(struct reset_opts, force), 0, 0, NULL, false },
	{ "dry-run", 0, OPT_FLAG, NULL, "show what would be done, but change nothing", offsetof(struct reset_opts, dry_run), 0, 0, NULL, false },
	{ NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL, false },
};

/* A user who may not reset the device gets that error first; 0 or an exit code */
static int check_writable(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", bdf);
	if (!faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) || errno != EACCES)
		return 0;
	log__error("%s: reset: %s (needs root)", bdf, strerror(errno));
	return EXIT_ENVIRONMENT;
}

/* With @method for this once: the former methods are put back, also after a failure */
static int do_sysfs_reset(const char *bdf, const char *method)
{
	char before[128] = "";
	int ret;

	if (method) {
		ret = attr__read(bdf, "reset_method", before, sizeof(before));
		if (!ret)
			ret = attr__write(bdf, "reset_method", method);
		if (ret) {
			log__error("%s: reset method '%s': %s%s%s", bdf, method, strerror(-ret),
				   *before ? "; it has: " : "", before);
			return EXIT_USAGE;
		}
	}
	ret = attr__write(bdf, "reset", "1");
	if (method && *before && attr__write(bdf, "reset_method", before))
		log__warn("%s: cannot set the reset methods back to '%s'", bdf, before);
	if (!ret)
		return 0;
	log__error("%s: reset: %s%s", bdf, strerror(-ret),
		   ret == -EACCES ? " (needs root)" :
		   ret == -ENOENT ? " (the device has no reset method)" : ": it stays blocked");
	return ret == -EACCES || ret == -ENOENT ? EXIT_ENVIRONMENT : EXIT_BEHAVIOUR;
}

/* Waits until the kernel reports the device as not blocked */
static int wait_unblocked(const char *bdf, uint64_t timeout_ns)
{
	const struct timespec tick = { .tv_nsec = 5000000 };
	uint64_t end = clock__boottime_ns() + timeout_ns;
	char text[64];

	for (;;) {
		if (attr__read(bdf, "iommu_state/blocked", text, sizeof(text)))
			return 0;	/* this kernel does not publish it */
		if (!strcmp(text, "no"))
			return 0;
		if (clock__boottime_ns() >= end || process__interrupted()) {
			log__error("%s: still blocked after the reset: %s", bdf, text);
			return EXIT_BEHAVIOUR;
		}
		nanosleep(&tick, NULL);
	}
}

static int do_reset(const void *opts, int argc, char **argv, char **command)
{
	const struct reset_opts *o = opts;
	struct inventory inv;
	char bdf[16], took[32];
	const struct device *d;
	uint32_t seg, addr;
	uint64_t start;
	int ret;

	(void)command;
	log__init(LOG_WARN, "reset", false);
	if (argc != 1 || bdf__parse(argv[0], bdf, &seg, &addr)) {
		if (argc != 1)
			log__error("which device? Give one PCI address like 0000:01:00.0");
		else
			log__error("'%s' is not a PCI address like 0000:01:00.0", argv[0]);
		return EXIT_USAGE;
	}
	ret = inventory__read(&inv, "/sys");
	d = ret ? NULL : inventory__by_bdf(&inv, bdf);
	if (!d) {
		if (!ret && !inv.nsmmu)
			log__error("this machine has no SMMUv3 in use: %s cannot be behind one", bdf);
		else
			log__error("%s is no device behind an SMMUv3; 'atcq list' shows all devices", bdf);
		ret = !ret && !inv.nsmmu ? EXIT_ENVIRONMENT : EXIT_USAGE;
		inventory__free(&inv);
		return ret;
	}
	ret = o->dry_run ? 0 : check_writable(bdf);
	if (!ret)
		ret = in_use__refusal(bdf, o->force || o->dry_run);
	if (ret) {
		inventory__free(&inv);
		return ret;
	}
	if (o->dry_run) {
		printf("would reset %s (%s), now %s\n", bdf, d->name, blocked__name(d->blocked));
		inventory__free(&inv);
		return 0;
	}
	process__catch_signals();
	start = clock__boottime_ns();
	ret = do_sysfs_reset(bdf, o->method);
	if (!ret)
		ret = wait_unblocked(bdf, o->timeout);
	duration__format(clock__boottime_ns() - start, DURATION_EXACT, took, sizeof(took));
	if (!ret)
		printf("%s: reset done in %s; was %s, is not blocked\n", bdf, took,
		       d->blocked ? blocked__name(d->blocked) : "not blocked");
	inventory__free(&inv);
	return ret;
}

const struct cmd cmd_reset = {
	.usage.name = "reset",
	.usage.summary = "reset a device and wait until it is trusted again",
	.usage.args = "BDF",
	.usage.about =
		"Resets the device through sysfs and waits until the IOMMU core has lifted the\n"
		"block. Refuses, unless forced, a device that the host itself uses (mounted file\n"
		"system, swap, configured interface, open device node, VFIO user), or for which\n"
		"this cannot be determined: to look into all processes needs CAP_SYS_PTRACE and all\n"
		"of /proc, and users of some kinds of devices and drivers are not seen at all.",
	.usage.opts = reset_options,
	.usage.opts_size = sizeof(struct reset_opts),
	.usage.defaults = &reset_defaults,
	.usage.max_args = 1,
	.run = do_reset,
};
