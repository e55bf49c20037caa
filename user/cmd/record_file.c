// SPDX-License-Identifier: GPL-2.0-only
/* The file that a recording goes to: never one that somebody still needs. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "record_file.h"

static int refuse(const char *what, const char *why)
{
	log__error("%s %s", what, why);
	return -EINVAL;
}

static int open_standard(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		log__error("standard output: %s", strerror(errno));
	else if (isatty(fd)) {
		close(fd);
		return refuse("standard output", "is a terminal, a recording is for machines to read: give a FILE");
	}
	return fd < 0 ? -errno : fd;
}

/* What is there already: overwritten if it was asked for, or if there is nothing to lose */
static int open_existing(const char *path, bool force)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return refuse(path, "is a directory: name a file in it");
	if (S_ISREG(st.st_mode) && !force)
		return refuse(path, "exists: --force overwrites it, or give another name");
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISREG(st.st_mode) ? O_TRUNC : 0));
	if (fd < 0)
		return -errno;
	if (!isatty(fd))
		return fd;
	close(fd);
	return refuse(path, "is a terminal, a recording is for machines to read");
}

/* So that the name, too, survives a power loss */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

int record_file__open(struct record_file *f, const char *path, bool force)
{
	struct stat st;
	int fd;

	*f = (struct record_file){ .path = path, .fd = -1 };
	if (!strcmp(path, "-")) {
		f->path = "standard output";
		f->fd = open_standard();
		return f->fd == -EINVAL ? EXIT_USAGE : f->fd < 0 ? EXIT_ENVIRONMENT : 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	f->created = fd >= 0;
	if (fd < 0)
		fd = errno == EEXIST ? open_existing(path, force) : -errno;
	if (fd == -EINVAL)
		return EXIT_USAGE;
	if (fd < 0) {
		log__error("%s: %s%s", path, strerror(-fd),
			   fd == -ENOENT ? " (make the folder first)" : "");
		return EXIT_ENVIRONMENT;
	}
	f->fd = fd;
	f->own = !fstat(fd, &st) && S_ISREG(st.st_mode);
	if (f->created)
		sync_folder(path);
	return 0;
}

void record_file__discard(struct record_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->created)
		unlink(f->path);
}
