// SPDX-License-Identifier: GPL-2.0-only
#include <cap-ng.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "filter.h"
#include "priv.h"

/* The bounding set needs CAP_SETPCAP to be changed; with no_new_privs it does not matter any more */
static int drop_capabilities(void)
{
	bool bounds = !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

	capng_clear(CAPNG_SELECT_ALL);
	if (bounds && capng_apply(CAPNG_SELECT_BOUNDS))
		return -EPERM;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int priv__drop(char *err, size_t errlen)
{
	int ret = drop_capabilities();

	if (ret) {
		snprintf(err, errlen, "dropping capabilities: %s", strerror(-ret));
		return ret;
	}
	ret = filter__daemon();
	if (ret)
		snprintf(err, errlen, "seccomp filter: %s", strerror(-ret));
	return ret;
}

int priv__nothing(void)
{
	int ret = drop_capabilities();

	return ret ? ret : filter__compute();
}

void priv__capabilities(char *out, size_t len)
{
	size_t n = 0;

	*out = '\0';
	if (capng_get_caps_process())
		return;
	for (int c = 0; c <= CAP_LAST_CAP && n < len; c++)
		if (capng_have_capability(CAPNG_PERMITTED, c))
			n += snprintf(out + n, len - n, "%scap_%s", n ? "," : "", capng_capability_to_name(c));
	if (!n)
		snprintf(out, len, "none");
}

const char *priv__seccomp(void)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	return mode == SECCOMP_MODE_FILTER ? "filter" : mode == SECCOMP_MODE_STRICT ? "strict" : "off";
}
