// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as text: most of a scrape's time would else go to printf(). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

#define NS_PER_S 1000000000ull

char *number__uint(char *at, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + v % 10;
		v /= 10;
	} while (v);
	memcpy(at, p, digits + sizeof(digits) - p);
	return at + (digits + sizeof(digits) - p);
}

char *number__ns(char *at, uint64_t ns)
{
	uint32_t rest = ns % NS_PER_S;
	int n = 9;

	at = number__uint(at, ns / NS_PER_S);
	if (!rest)
		return at;
	*at++ = '.';
	while (rest % 10 == 0) {
		rest /= 10;
		n--;
	}
	for (int i = n - 1; i >= 0; i--) {
		at[i] = '0' + rest % 10;
		rest /= 10;
	}
	return at + n;
}

char *number__double(char *at, double v)
{
	int n = 0;

	if (isnan(v))
		return stpcpy(at, "NaN");
	if (isinf(v))
		return stpcpy(at, v > 0 ? "+Inf" : "-Inf");
	if (v >= 0 && v < 1e15 && v == floor(v))
		return number__uint(at, v);
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(at, NUMBER_ROOM, "%.*g", digits, v);
		if (strtod(at, NULL) == v)
			break;
	}
	return at + n;
}
