// SPDX-License-Identifier: GPL-2.0-only
/* Runs a command as another user with some capabilities only: with-caps UID NUMBER[,NUMBER...] COMMAND... */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int keep(unsigned long long caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){ caps >> 32 * i, caps >> 32 * i, caps >> 32 * i };
	return syscall(SYS_capset, &head, data);
}

int main(int argc, char **argv)
{
	unsigned long long caps = 0;
	char *at;

	if (argc < 4)
		return 125;
	for (at = argv[2]; *at; at += *at == ',')
		caps |= 1ull << strtoul(at, &at, 10);
	if (prctl(PR_SET_KEEPCAPS, 1) || setgid(strtoul(argv[1], NULL, 10)) || setuid(strtoul(argv[1], NULL, 10)) || keep(caps))
		return 125;
	for (int i = 0; i < 64; i++)
		if (caps & 1ull << i && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return 125;
	execvp(argv[3], argv + 3);
	fprintf(stderr, "with-caps: %s: %s\n", argv[3], strerror(errno));
	return 127;
}
