// SPDX-License-Identifier: GPL-2.0-only
/* interrupt PID: sends it SIGINT, and prints at what CLOCK_BOOTTIME, in ns, as events have it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec ts;

	if (argc != 2 || atoi(argv[1]) <= 0) {
		fputs("Usage: interrupt PID\n", stderr);
		return 2;
	}
	clock_gettime(CLOCK_BOOTTIME, &ts);
	if (kill(atoi(argv[1]), SIGINT)) {
		perror("interrupt");
		return 1;
	}
	printf("%lld\n", ts.tv_sec * 1000000000ll + ts.tv_nsec);
	return 0;
}
