/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses kernel texts without loops that the verifier cannot follow. */
#ifndef ATCQ_NAME_BPF_H
#define ATCQ_NAME_BPF_H

#include <linux/types.h>

#define BDF_LEN		12	/* "0000:02:00.0" */

/*
 * Compares @len bytes. One branch for all, here and below, because the verifier
 * follows both ways of every branch.
 */
static __always_inline int same(const char *text, const char *expected, int len)
{
	__u32 differ = 0;
	int i;

#pragma unroll
	for (i = 0; i < len; i++)
		differ |= (__u8)text[i] ^ (__u8)expected[i];
	return !differ;
}

/* Exactly @len digits: bit 6 marks a letter, and a character that does not convert back is no digit */
static __always_inline int hex(const char *text, int len, __u32 *out)
{
	__u32 value = 0, bad = 0;
	int i;

#pragma unroll
	for (i = 0; i < len; i++) {
		__u32 c = (__u8)text[i], letter = c >> 6 & 1, digit = (c & 0xf) + 9 * letter;

		bad |= c ^ ('0' + digit + ('a' - '0' - 10) * letter);
		bad |= (9 + 6 * letter - digit) >> 31;
		bad |= (digit - 10 * letter) >> 31;
		value = value << 4 | (digit & 0xf);
	}
	*out = value;
	return !bad;
}

/* A PCI address; one with a longer segment (as of VMD) is refused */
static __always_inline int parse_bdf(const char *text, __u32 *segment, __u32 *bdf)
{
	__u32 bus, device, function;

	if (!hex(text, 4, segment) || text[4] != ':' || !hex(text + 5, 2, &bus) ||
	    text[7] != ':' || !hex(text + 8, 2, &device) || text[10] != '.' ||
	    !hex(text + 11, 1, &function))
		return 0;
	*bdf = bus << 8 | device << 3 | function;
	return 1;
}

#endif
