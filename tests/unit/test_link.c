// SPDX-License-Identifier: GPL-2.0-only
/* link-disable and its watchdog, on made-up ports: files instead of configuration spaces. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/log.h"
#include "tree.h"

#include "inject/link.h"

#define PORT	"0000:00:10.0"
#define DEV	"0000:01:00.0"
#define PORT_DIR "sys/devices/pci0000:00/" PORT
#define EXP	0x40	/* where the PCIe capability is, in all of them */

static uint8_t space[4096];
static struct error err;

static void put16(unsigned int pos, uint16_t v)
{
	space[pos] = v;
	space[pos + 1] = v >> 8;
}

static void put32(unsigned int pos, uint32_t v)
{
	put16(pos, v);
	put16(pos + 2, v >> 16);
}

/* A function with a PCIe capability of this type (4: root port, 0: endpoint) */
static void function(unsigned int type)
{
	memset(space, 0, sizeof(space));
	put32(0, 0x12348086);
	put16(0x04, 0x0006);		/* COMMAND */
	put16(0x06, 0x0010);		/* STATUS: capabilities */
	space[0x0e] = type == 4 ? 1 : 0;
	space[0x34] = EXP;
	space[EXP] = 0x10;
	put16(EXP + 2, 2 | type << 4 | (type == 4 ? 0x100 : 0));
	put32(EXP + 0x0c, 0x100000);	/* LNKCAP: reports whether the link is up */
	put16(EXP + 0x12, 0x2000);	/* LNKSTA: it is */
}

static void add(const char *dir, const char *bdf)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/config", dir);
	tree_bytes(path, space, sizeof(space));
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", bdf);
	tree_file("sys/bus/pci/devices/x", "");
	error__describe(&err, "/%s", dir);
	tree_link(path, err.text);
}

static void machine(uint32_t slot_capabilities)
{
	function(4);
	put32(EXP + 0x14, slot_capabilities);
	add(PORT_DIR, PORT);
	function(0);
	put32(0x10, 0xe0000000);	/* a BAR */
	put16(EXP + 8, 0x2810);		/* DEVCTL */
	put32(0x100, 0x0001000f);	/* ATS */
	put16(0x106, 0x8000);
	add(PORT_DIR "/" DEV, DEV);
	add(PORT_DIR "/0000:01:00.1", "0000:01:00.1");
	function(0);
	add("sys/devices/pci0000:00/0000:00:11.0", "0000:00:11.0");
	*err.text = '\0';
}

static unsigned int config(const char *bdf, unsigned int pos, int write16)
{
	uint8_t v[2] = { write16, write16 >> 8 };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", tree, bdf);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (write16 >= 0)
		assert_int_equal(pwrite(fd, v, 2, pos), 2);
	assert_int_equal(pread(fd, v, 2, pos), 2);
	close(fd);
	return v[0] | v[1] << 8;
}

static bool disabled(void)
{
	return config(PORT, EXP + 0x10, -1) & 0x10;
}

static struct link *open_link(void)
{
	char sysfs[80];
	struct link *l;

	snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
	assert_int_equal(link__open(&l, DEV, sysfs, &err), 0);
	link__save(l);
	return l;
}

static void refused(const char *bdf, int code, const char *why)
{
	char sysfs[80];
	struct link *l;

	snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
	assert_int_equal(link__open(&l, bdf, sysfs, &err), code);
	assert_null(l);
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void wait_until(bool want)
{
	for (int i = 0; i < 1000 && disabled() != want; i++)
		usleep(10000);
	assert_int_equal(disabled(), want);
}

/* The port above and all functions below it are found. */
static void test_found(void **state)
{
	struct link *l;

	(void)state;
	machine(0);
	l = open_link();
	assert_string_equal(link__port(l), PORT);
	assert_int_equal(link__count(l), 2);
	assert_string_equal(link__function(l, 0), DEV);
	assert_string_equal(link__function(l, 1), "0000:01:00.1");
	link__free(l);
}

/* What must not, or cannot, be disabled. */
static void test_refused(void **state)
{
	(void)state;
	machine(0x40);
	refused(DEV, -EINVAL, "port " PORT ", a hot-plug slot");
	refused("0000:00:11.0", -EINVAL, "not behind a PCIe port");
	refused("0000:09:00.0", -ENOENT, "no such PCI device");
	config(PORT, EXP + 0x14, 0);
	config(PORT, EXP + 0x10, 0x10);
	refused(DEV, -EINVAL, "is disabled already");
	config(PORT, EXP + 0x10, 0);
	config(PORT, EXP + 2, 0x172);	/* a bridge to conventional PCI */
	refused(DEV, -EINVAL, "no PCIe port with a link");
}

/* A function that was reset gets back what it lost; one that was not is left alone. */
static void test_restore(void **state)
{
	struct link_result res;
	struct link *l;

	(void)state;
	machine(0);
	l = open_link();
	assert_int_equal(link__disable(l, &err), 0);
	assert_true(disabled());
	config(DEV, 0x04, 0);
	config(DEV, 0x12, 0);
	config(DEV, EXP + 8, 0);
	config(DEV, 0x106, 0);
	config("0000:01:00.1", 0x04, 0);	/* by a driver that let it go */
	assert_int_equal(link__restore(l, &res, &err), 0);
	assert_false(disabled());
	assert_int_equal(res.rewritten, 1);
	assert_int_equal(config(DEV, 0x04, -1), 6);
	assert_int_equal(config(DEV, 0x12, -1), 0xe000);
	assert_int_equal(config(DEV, EXP + 8, -1), 0x2810);
	assert_int_equal(config(DEV, 0x106, -1), 0x8000);
	assert_int_equal(config("0000:01:00.1", 0x04, -1), 0);

	/* ATS of a fenced device is the kernel's business */
	tree_file(PORT_DIR "/" DEV "/iommu_state/blocked", "broken\n");
	config(DEV, 0x12, 0);
	config(DEV, 0x106, 0);
	assert_int_equal(link__restore(l, &res, &err), 0);
	assert_int_equal(config(DEV, 0x12, -1), 0xe000);
	assert_int_equal(config(DEV, 0x106, -1), 0);
	link__free(l);
}

/* A link that stays down, a function that stays silent, one that was removed. */
static void test_not_restored(void **state)
{
	char path[128];
	struct link_result res;
	struct link *l;

	(void)state;
	machine(0);
	l = open_link();
	config(PORT, EXP + 0x12, 0);
	assert_int_equal(link__restore(l, &res, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "does not come up"));
	config(PORT, EXP + 0x12, 0x2000);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:01:00.1", tree);
	assert_int_equal(unlink(path), 0);
	config(DEV, 0, 0xffff);
	assert_int_equal(link__restore(l, &res, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "1 function(s) below port " PORT " do not answer"));
	assert_int_equal(res.removed, 1);
	link__free(l);
}

/* Told to, or at its deadline, the watchdog enables the link. */
static void test_watchdog(void **state)
{
	struct link_watchdog_end end;
	uint64_t deadline_ns;
	struct link_watchdog *k;
	struct link *l;

	(void)state;
	machine(0);
	l = open_link();
	assert_int_equal(link_watchdog__start(&k, l, now_ns() + 60000000000ull, &err), 0);
	assert_true(disabled());
	assert_int_equal(link_watchdog__wait(k, 10), 0);
	link_watchdog__stop(k, &end);
	assert_int_equal(end.err, 0);
	assert_false(disabled());

	deadline_ns = now_ns() + 200000000;
	assert_int_equal(link_watchdog__start(&k, l, deadline_ns, &err), 0);
	wait_until(false);
	/* A busy machine may have begun late, but it never ends early */
	assert_true(now_ns() >= deadline_ns);
	assert_int_equal(link_watchdog__wait(k, 10000), 1);
	link_watchdog__stop(k, &end);
	assert_int_equal(end.err, 0);
	assert_string_equal(end.error.text, "");
	assert_true(end.down_ns > 0);
	link__free(l);
}

/* Children of this process, among them the watchdog */
static pid_t watchdog_of(pid_t parent)
{
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/* An injector that is killed, stopped or left by its watchdog leaves the link up. */
static void test_deaths(void **state)
{
	struct link_watchdog_end end;
	struct link_watchdog *k;
	struct link *l;
	pid_t pid;

	(void)state;
	machine(0);
	l = open_link();
	for (int sig = SIGKILL; sig; sig = sig == SIGKILL ? SIGSTOP : 0) {
		pid = fork();
		if (!pid) {
			link_watchdog__start(&k, l, now_ns() + (sig == SIGSTOP ? 300 : 60000) * 1000000ull, &err);
			for (;;)
				pause();
		}
		wait_until(true);
		assert_int_equal(kill(pid, sig), 0);
		wait_until(false);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	assert_int_equal(link_watchdog__start(&k, l, now_ns() + 60000000000ull, &err), 0);
	pid = watchdog_of(getpid());
	if (!pid)
		skip();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(link_watchdog__wait(k, 10000), 1);
	link_watchdog__stop(k, &end);
	assert_int_equal(end.err, 0);
	assert_non_null(strstr(end.error.text, "watchdog died"));
	assert_false(disabled());
	link__free(l);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		T(test_found), T(test_refused), T(test_restore), T(test_not_restored), T(test_watchdog),
		T(test_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
