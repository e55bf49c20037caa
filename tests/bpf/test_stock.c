// SPDX-License-Identifier: GPL-2.0-only
/* The log line that bpf/stock reads, as the kernel's printk() hands it over. */
#include "bpf_test.h"

#include <linux/bpf.h>

#include <atcq/counters.h>

#include "stock.skel.h"

#define TEXT_MAX 128

struct fixture {
	struct stock_bpf *skel;
	struct ring_buffer *ring;
	struct caught caught;
	int text_fd;
	uint64_t text;		/* the kernel's address of the map's value */
};

/* A program may only read kernel memory: put the text into a map, ask where that is */
static int place_text(struct fixture *f)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_VALUE },
		{ .code = 0 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1, .off = TEXT_MAX },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	char value[TEXT_MAX + 8];
	uint32_t zero = 0;
	int fd, ret;

	f->text_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "text", 4, sizeof(value), 1, NULL);
	insns[0].imm = f->text_fd;
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "where", "GPL", insns, 5, NULL);
	if (f->text_fd < 0 || fd < 0)
		return -1;
	ret = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	if (ret || bpf_map_lookup_elem(f->text_fd, &zero, value))
		return -1;
	memcpy(&f->text, value + TEXT_MAX, 8);
	return f->text ? 0 : -1;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->skel = stock_bpf__open();
	if (!f->skel)
		return -1;
	/* These need the driver's function */
	bpf_program__set_autoload(f->skel->progs.stock_issue_enter, false);
	bpf_program__set_autoload(f->skel->progs.stock_issue_exit, false);
	if (stock_bpf__load(f->skel) || place_text(f))
		return -1;
	f->ring = ring_buffer__new(bpf_map__fd(f->skel->maps.events), catch_event, &f->caught, NULL);
	return f->ring ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ring_buffer__free(f->ring);
	stock_bpf__destroy(f->skel);
	close(f->text_fd);
	free(f);
	return 0;
}

/* How many events this line makes; the last is in f->caught */
static size_t log_line(struct fixture *f, const char *text)
{
	uint64_t args[] = { f->text, strlen(text) };
	char value[TEXT_MAX + 8] = "";
	uint32_t zero = 0;

	assert_true(strlen(text) < TEXT_MAX);
	strcpy(value, text);
	assert_int_equal(bpf_map_update_elem(f->text_fd, &zero, value, 0), 0);
	assert_int_equal(run_on(f->skel->progs.stock_console, args, 2, 0), 0);
	memset(&f->caught, 0, sizeof(f->caught));
	assert_true(ring_buffer__consume(f->ring) >= 0);
	return f->caught.n;
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
		"arm-smmu-v3 9050000.smmuv3: unexpected global error reported (0x00000001), this could be serious",
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
	const struct { uint64_t blame; uint32_t sid; } cases[] = {
		{ 0, ATCQ_NONE }, { (1ull << 32) + 0x200, 0x200 }, { (1ull << 32) + 0, 0 },
		{ (2ull << 32) + 0x500, ATCQ_NONE }, { (1ull << 32) + 0xfffffffe, 0xfffffffe },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->skel->bss->atc_blame = cases[i].blame;
		assert_int_equal(log_line(f, LINE), 1);
		assert_int_equal(f->caught.last.sid, cases[i].sid);
	}
	/* And the SMMU, if there is no second one */
	f->skel->bss->smmus[0] = 0x1000;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.smmu, 0);
	f->skel->bss->smmus[1] = 0x2000;
	assert_int_equal(log_line(f, LINE), 1);
	assert_int_equal(f->caught.last.smmu, ATCQ_NONE);
}

#define WITH_OBJECT(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OBJECT(test_atc_timeout),
		WITH_OBJECT(test_other_causes),
		WITH_OBJECT(test_other_lines),
		WITH_OBJECT(test_blame),
	};

	need_bpf();
	return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
