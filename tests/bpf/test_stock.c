// SPDX-License-Identifier: GPL-2.0-only
/* The log lines that bpf/stock reads, as the kernel's printk() hands them over. */
#include "kernel_text.h"

#include <atcq/counters.h>

#include "stock.skel.h"

struct fixture {
	struct stock_bpf *skel;
	struct ring_buffer *ring;
	struct caught caught;
	struct kernel_text text;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct bpf_program *prog;

	*state = f;
	f->skel = stock_bpf__open();
	if (!f->skel)
		return -1;
	/* The others need functions of arm64's kernel */
	bpf_object__for_each_program(prog, f->skel->obj)
		if (bpf_program__type(prog) != BPF_PROG_TYPE_RAW_TRACEPOINT)
			bpf_program__set_autoload(prog, false);
	f->skel->rodata->hotplug_from_log = true;
	if (stock_bpf__load(f->skel) || kernel_text__init(&f->text))
		return -1;
	f->ring = ring_buffer__new(bpf_map__fd(f->skel->maps.events), catch_event, &f->caught, NULL);
	return f->ring ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ring_buffer__free(f->ring);
	stock_bpf__destroy(f->skel);
	close(f->text.fd);
	free(f);
	return 0;
}

/* How many events this line makes; the last is in f->caught */
static size_t line_to(struct fixture *f, const struct bpf_program *prog, const char *text)
{
	uint64_t args[] = { f->text.addr, strlen(text) };

	kernel_text__set(&f->text, text);
	assert_int_equal(run_on(prog, args, 2, 0), 0);
	memset(&f->caught, 0, sizeof(f->caught));
	assert_true(ring_buffer__consume(f->ring) >= 0);
	return f->caught.n;
}

static size_t log_line(struct fixture *f, const char *text)
{
	return line_to(f, f->skel->progs.stock_console, text);
}

#define LINE "arm-smmu-v3 9050000.smmuv3: CMDQ error (cons 0x03002f0c): ATC invalidate timeout"

/* The driver's line becomes a CMDQ error with its position and cause, nothing else in it. */
static void test_atc_timeout(void **state)
{
	struct fixture *f = *state;
	struct atcq_event want = {
		.version = ATCQ_EVENT_VERSION, .type = ATCQ_EV_CMDQ_ERROR, .size = ATCQ_EVENT_SIZE,
		.smmu = ATCQ_NONE, .sid = ATCQ_NONE, .ssid = ATCQ_NONE, .prod = 0x2f0c,
		.segment = ATCQ_NONE, .bdf = ATCQ_NONE, .code = ATCQ_CERROR_ATC_INV_SYNC,
		.source = ATCQ_RAISED_LOG, .count = 1,
	};

	assert_int_equal(log_line(f, LINE), 1);
	assert_true(f->caught.last.time_ns > 0);
	f->caught.last.time_ns = 0;
	assert_memory_equal(&f->caught.last, &want, sizeof(want));
	assert_int_equal(sum_percpu(f->skel->maps.counters, ATCQ_CNT_CMDQ_ERRORS), 1);
}

/* Other causes, and names of SMMUs as ACPI gives them. */
static void test_other_causes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(log_line(f, "arm-smmu-v3 arm-smmu-v3.12.auto: CMDQ error (cons 0x010fffff): Illegal command"), 1);
	assert_int_equal(f->caught.last.code, ATCQ_CERROR_ILL);
	assert_int_equal(f->caught.last.prod, 0xfffff);
	assert_int_equal(log_line(f, "arm-smmu-v3 a.b: CMDQ error (cons 0x020abcde): Abort on command fetch"), 1);
	assert_int_equal(f->caught.last.code, ATCQ_CERROR_ABT);
	assert_int_equal(f->caught.last.prod, 0xabcde);
}

/* No other line of the kernel's log is taken for one. */
static void test_other_lines(void **state)
{
	static const char *const lines[] = {
		"", "(", "(cons", "CMDQ error (cons", "x: CMDQ error (cons 0x",
		"arm-smmu-v3 x: CMDQ error (cons 0x", "arm-smmu-v3 x: CMDQ error (cons 0x03002f0",
		"arm-smmu-v3 x: CMDQ error (cons 0x0300zf0c): no number",
		"usb 1-1: CMDQ error (cons 0x03002f0c): not an SMMU's",
		"arm-smmu-v3 9050000.smmuv3: unexpected global error reported (0x000z0001), this could be serious",
		"usb 1-1: (cons 0x03002f0c): not an SMMU's",
		"printk: console [ttyAMA0] enabled",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (log_line(f, lines[i]))
			fail_msg("'%s' makes an event", lines[i]);
	assert_int_equal(sum_percpu(f->skel->maps.counters, ATCQ_CNT_CMDQ_ERRORS), 0);
}

/* The device is named if one list is in flight, and only then. */
static void test_blame(void **state)
{
	struct fixture *f = *state;
	const struct { uint64_t attribution; uint32_t sid; } cases[] = {
		{ 0, ATCQ_NONE }, { (1ull << 32) + 0x200, 0x200 }, { (1ull << 32) + 0, 0 },
		{ (2ull << 32) + 0x500, ATCQ_NONE }, { (1ull << 32) + 0xfffffffe, 0xfffffffe },
	};

	/* At first others may be in flight that nobody saw */
	f->skel->bss->atc_attribution = (1ull << 32) + 0x200;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.sid, ATCQ_NONE);
	f->skel->data->abandoned = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->skel->bss->atc_attribution = cases[i].attribution;
		assert_int_equal(log_line(f, LINE), 1);
		assert_int_equal(f->caught.last.sid, cases[i].sid);
	}
	/* One that its issuer no longer waits for, alone and with another one */
	f->skel->bss->atc_attribution = 0;
	f->skel->data->abandoned = (1ull << 32) + 0x300;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.sid, 0x300);
	f->skel->bss->atc_attribution = (1ull << 32) + 0x200;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.sid, ATCQ_NONE);
	/* And the SMMU, if there is no second one */
	f->skel->bss->smmus[0] = 0x1000;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.smmu, 0);
	f->skel->bss->smmus[1] = 0x2000;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.smmu, ATCQ_NONE);
}

/* The driver's other line gives the bits of GERROR. */
static void test_global_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(log_line(f, "arm-smmu-v3 9050000.smmuv3: unexpected global error reported (0x00000101), this could be serious"), 1);
	assert_int_equal(f->caught.last.type, ATCQ_EV_GERROR);
	assert_int_equal(f->caught.last.code, 0x101);
	assert_int_equal(sum_percpu(f->skel->maps.counters, ATCQ_CNT_GERRORS), 1);
}

/* What ports say of DPC and of their slots, and of nothing else. */
static void test_ports(void **state)
{
	static const struct { const char *line; uint16_t type; uint32_t bdf, code; } lines[] = {
		{ "pcieport 0000:00:10.1: DPC: containment event, status:0x1f01 source:0x0000",
		  ATCQ_EV_DPC, 0x81, 0x1f01 },
		{ "pcieport 0001:a0:1f.7: DPC: containment event, status:0x0a03: unmasked uncorrectable error detected",
		  ATCQ_EV_DPC, 0xa0ff, 0x0a03 },
		{ "pcieport 0000:00:10.0: pciehp: Slot(1): Link Down", ATCQ_EV_HOTPLUG, 0x80, ATCQ_HOTPLUG_LINK_DOWN },
		{ "pcieport 0000:00:10.0: pciehp: Slot(12-3): Link Up", ATCQ_EV_HOTPLUG, 0x80, ATCQ_HOTPLUG_LINK_UP },
		{ "pcieport 0000:00:10.0: pciehp: Slot(1): Card present", ATCQ_EV_HOTPLUG, 0x80, ATCQ_HOTPLUG_CARD_PRESENT },
		{ "pcieport 0000:00:10.0: pciehp: Slot(1): Card not present", ATCQ_EV_HOTPLUG, 0x80, ATCQ_HOTPLUG_CARD_NOT_PRESENT },
		{ "pcieport 0000:00:10.0: pciehp: Slot(1): Already enabled", 0, 0, 0 },
		{ "pcieport 0000:00:10.0: pciehp: Slot(", 0, 0, 0 },
		{ "pcieport 0000:00:10.0: DPC: containment event, status:0x1f", 0, 0, 0 },
		{ "pcieport 10000:00:10.0: DPC: containment event, status:0x1f01", 0, 0, 0 },
		{ "pcieport 0000:00:10.0: DPC: error containment capabilities: Int Msg #0", 0, 0, 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (line_to(f, f->skel->progs.pci_error_console, lines[i].line) != (lines[i].type != 0))
			fail_msg("'%s' makes %zu events", lines[i].line, f->caught.n);
		if (!lines[i].type)
			continue;
		assert_int_equal(f->caught.last.type, lines[i].type);
		assert_int_equal(f->caught.last.bdf, lines[i].bdf);
		assert_int_equal(f->caught.last.code, lines[i].code);
	}
}

/* The tracepoints of AER and of slots name their device by a text. */
static void test_neighbour_tracepoints(void **state)
{
	struct fixture *f = *state;
	const uint64_t aer[] = { f->text.addr, 0x4000, 0xffffff00 | ATCQ_AER_FATAL, 0, 0, 0 };
	const uint64_t slot[] = { f->text.addr, f->text.addr, ATCQ_HOTPLUG_LINK_DOWN };

	kernel_text__set(&f->text, "0002:81:03.5");
	assert_int_equal(run_on(f->skel->progs.pci_error_aer, aer, 6, 0), 0);
	memset(&f->caught, 0, sizeof(f->caught));
	assert_int_equal(ring_buffer__consume(f->ring), 1);
	assert_int_equal(f->caught.last.type, ATCQ_EV_AER);
	assert_int_equal(f->caught.last.segment, 2);
	assert_int_equal(f->caught.last.bdf, 0x811d);
	assert_int_equal(f->caught.last.code, 0x4000);
	assert_int_equal(f->caught.last.source, ATCQ_AER_FATAL);
	assert_int_equal(run_on(f->skel->progs.pci_error_hotplug, slot, 3, 0), 0);
	assert_int_equal(ring_buffer__consume(f->ring), 1);
	assert_int_equal(f->caught.last.type, ATCQ_EV_HOTPLUG);
	assert_int_equal(f->caught.last.code, ATCQ_HOTPLUG_LINK_DOWN);
	/* A CXL memory device has no address here */
	kernel_text__set(&f->text, "mem0");
	assert_int_equal(run_on(f->skel->progs.pci_error_aer, aer, 6, 0), 0);
	assert_int_equal(ring_buffer__consume(f->ring), 0);
}

#define WITH_OBJECT(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_atc_timeout),
		WITH_OBJECT(test_other_causes),
		WITH_OBJECT(test_other_lines),
		WITH_OBJECT(test_blame),
		WITH_OBJECT(test_global_error),
		WITH_OBJECT(test_ports),
		WITH_OBJECT(test_neighbour_tracepoints),
	};

	need_bpf();
	return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
