// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of journald: binds its socket and prints what comes, a field a
 * line, an empty line behind each message. Usage: journal-stub
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[65536];
	ssize_t n;

	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	unlink(addr.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror("journal-stub");
		return 1;
	}
	while ((n = recv(fd, text, sizeof(text), 0)) >= 0) {
		fwrite(text, 1, n, stdout);
		putchar('\n');
		fflush(stdout);
	}
	return 1;
}
