/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording on disk: blocks one after the other, nothing before, between or
 * after them. Each can be checked and read without the others, so what is cut
 * or damaged costs the blocks it touches. docs/recording-format.md tells the rest.
 *
 * All numbers are little-endian. Headers and records only ever grow at their
 * end; @version changes when a field's meaning does.
 */
#ifndef ATCQ_RECORDING_H
#define ATCQ_RECORDING_H

#include <linux/types.h>

#include <atcq/event.h>

#define ATCQ_REC_VERSION	1
#define ATCQ_REC_MAGIC		"\x89" "ATCQ\r\n\x1a"	/* and no 0 behind it */
#define ATCQ_REC_MAGIC_SIZE	8

/* No writer goes beyond this, and no reader believes more */
#define ATCQ_REC_MAX_PAYLOAD	(4u << 20)
#define ATCQ_REC_MAX_HEADER	4096u

/*
 * @version: ATCQ_REC_VERSION; the place and rule of magic, version, header_size
 *	and header_crc are the same in all versions
 * @header_size: the payload begins here
 * @flags: 0; a set bit that a reader does not know makes the block unreadable
 * @recording: random, the same in all blocks of a recording
 * @seq: 0, 1, 2 ...: a gap says how many blocks are missing
 * @boot_id: of the kernel that the events come from, in the order of its text
 * @index: events in all the blocks before: a gap says how many events are missing
 * @first_ns, @last_ns: the smallest and the largest time_ns of its events; 0 without
 * @events, @records: in this block; records counts the events too
 * @raw_size: of the records
 * @stored_size: of the payload, which is one zstd frame of the records
 * @payload_crc: CRC-32 (ISO-HDLC, as in zlib) of the payload
 * @header_crc: of the header with this field 0
 */
struct atcq_rec_block {
	__u8 magic[ATCQ_REC_MAGIC_SIZE];
	__u16 version;
	__u16 header_size;
	__u32 flags;
	__u64 recording;
	__u64 seq;
	__u8 boot_id[16];
	__u64 index;
	__u64 first_ns;
	__u64 last_ns;
	__u32 events;
	__u32 records;
	__u32 raw_size;
	__u32 stored_size;
	__u32 payload_crc;
	__u32 header_crc;
};

#define ATCQ_REC_BLOCK_SIZE	96
_Static_assert(sizeof(struct atcq_rec_block) == ATCQ_REC_BLOCK_SIZE, "block layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_rec_block, header_size) == 10, "block layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_rec_block, index) == 48, "block layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_rec_block, raw_size) == 80, "block layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_rec_block, header_crc) == 92, "block layout is ABI");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "recordings are written as memory has them");

/* What every record begins with; an event's record is a struct atcq_event */
struct atcq_rec_prefix {
	__u16 version;
	__u16 type;
	__u32 size;		/* of all of it */
};

/* Numbers below are those of enum atcq_event_type */
enum atcq_rec_type {
	ATCQ_REC_META = 0x100,	/* prefix, then JSON, padded with 0: what the recording is of */
	ATCQ_REC_CLOCK = 0x101,
	ATCQ_REC_COUNTERS = 0x102,
	ATCQ_REC_HIST = 0x103,
	ATCQ_REC_END = 0x104,	/* the last record; without it the recording is cut */
};

#define ATCQ_REC_RECORD_VERSION	1

/* The three clocks at one moment; a pair of neighbours that differ tells a step */
struct atcq_rec_clock {
	struct atcq_rec_prefix prefix;
	__u64 boottime_ns;
	__u64 realtime_ns;
	__u64 monotonic_ns;
};

/* Totals since the recording began; the last one counts */
struct atcq_rec_counters {
	struct atcq_rec_prefix prefix;
	__u64 time_ns;			/* CLOCK_BOOTTIME, as all times of records */
	__u64 events;			/* handed over by the source */
	__u64 lost_ringbuf;
	__u64 lost_other;
	__u64 cmd_syncs;
	__u64 cmd_sync_failures;
	__u64 gerrors;
	__u64 cmdq_errors;
	__u64 atc_invs;
	__u64 atc_suppressed;
};

struct atcq_rec_bucket {
	__u32 index;			/* of struct atcq_hist */
	__u32 reserved;
	__u64 count;
};

/* The CMD_SYNCs of one SMMU since the recording began; the last one counts */
struct atcq_rec_hist {
	struct atcq_rec_prefix prefix;
	__u64 time_ns;
	__u32 smmu;
	__u32 buckets;			/* how many */
	__u32 first;			/* offset of the first struct atcq_rec_bucket */
	__u32 reserved;
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u64 failed;
	/* Only if @first is behind them */
	__u64 disturbed;
	__u64 disturbed_ns;
};

enum atcq_rec_end_reason {
	ATCQ_REC_END_SIGNAL = 1,
	ATCQ_REC_END_DURATION = 2,
	ATCQ_REC_END_COMMAND = 3,
	ATCQ_REC_END_FULL = 4,		/* no space, or another error of the file */
	ATCQ_REC_END_SOURCE = 5,	/* the source of events failed */
};

/* @status: of the command, as a shell has it */
struct atcq_rec_end {
	struct atcq_rec_prefix prefix;
	__u64 time_ns;
	__u64 events;			/* in the recording */
	__u64 lost;			/* that never reached it */
	__u32 reason;
	__s32 status;
};

_Static_assert(sizeof(struct atcq_rec_prefix) == 8, "record layout is ABI");
_Static_assert(sizeof(struct atcq_rec_clock) == 32, "record layout is ABI");
_Static_assert(sizeof(struct atcq_rec_counters) == 88, "record layout is ABI");
_Static_assert(sizeof(struct atcq_rec_bucket) == 16, "record layout is ABI");
_Static_assert(sizeof(struct atcq_rec_hist) == 80, "record layout is ABI");
_Static_assert(sizeof(struct atcq_rec_end) == 40, "record layout is ABI");
_Static_assert(__builtin_offsetof(struct atcq_event, size) ==
	       __builtin_offsetof(struct atcq_rec_prefix, size), "events are records");

#endif
