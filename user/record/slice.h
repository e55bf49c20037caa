/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as bytes that can be kept anywhere: blocks of a recording, without the file. */
#ifndef ATCQ_RECORD_SLICE_H
#define ATCQ_RECORD_SLICE_H

#include <stddef.h>
#include <stdint.h>

#include <atcq/event.h>

/* Return 0, or -errno to stop */
typedef int (*slice_event_fn)(void *ctx, const struct atcq_event *ev);

/*
 * @boot_id: as /proc/sys/kernel/random/boot_id has it. @out is the caller's to
 * free(); no events give 0 bytes and NULL. 0, -EINVAL (the boot id) or -ENOMEM.
 */
int slice__encode(const struct atcq_event *ev, size_t n, const char *boot_id,
		  void **out, size_t *len);

/*
 * Calls @fn for each event in turn. 0, what @fn returned, -EBADMSG: damaged
 * (what can be read has been handed over), -EPROTONOSUPPORT: from a newer
 * version, or -ENOMEM.
 */
int slice__decode(const void *bytes, size_t len, slice_event_fn fn, void *ctx);

/* "6f1c...": 16 bytes in the order of the text, and back; -EINVAL if it is none */
int boot_id__parse(const char *text, uint8_t out[16]);
void boot_id__format(const uint8_t id[16], char out[37]);

#endif
