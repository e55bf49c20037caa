// SPDX-License-Identifier: GPL-2.0-only
/* Drops capabilities and limits system calls. */
#include <cap-ng.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox.h"

/* Names, so that a call that an architecture does not have (open, poll) is no error */
static const char *const computing[] = {
	"read", "write", "recvfrom", "sendto", "exit", "exit_group", "rt_sigreturn", "rt_sigprocmask", "brk",
	"munmap", "mremap", "madvise", "futex", "clock_gettime", "getrandom", "restart_syscall", "close", "sigaltstack", NULL,
};

/* libmicrohttpd, GnuTLS, SQLite, the journal, libbpf's rings, sysfs and what libc does for them */
static const char *const serving[] = {
	"readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "sendfile",
	"open", "openat", "openat2", "fstat", "newfstatat", "stat", "lstat", "statx", "access", "faccessat",
	"faccessat2", "getdents64", "readlink", "readlinkat", "getcwd",
	"fsync", "fdatasync", "ftruncate", "fallocate", "flock", "fcntl", "rename", "renameat", "renameat2",
	"unlink", "unlinkat", "mkdir", "mkdirat", "fchmod", "fchown", "umask", "utimensat", "statfs", "fstatfs",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "eventfd2",
	"timerfd_create", "timerfd_settime", "signalfd4", "pipe2",
	"accept", "accept4", "recvmsg", "sendmsg", "sendmmsg", "shutdown", "getsockname", "getpeername", "getsockopt",
	"setsockopt", "connect", "memfd_create", "dup", "dup3", "ioctl",
	"gettimeofday", "clock_getres", "clock_nanosleep", "nanosleep", "times", "getrusage", "sysinfo", "uname",
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrlimit", "sched_yield",
	"sched_getaffinity", "rt_sigaction", "rt_sigpending", "tgkill", "set_robust_list",
	"rseq", "capget", "getcpu", "membarrier", NULL,
};

/* bpf(): read maps and programs that are already open */
static const int reading_bpf[] = {
	BPF_MAP_LOOKUP_ELEM, BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_BATCH, BPF_OBJ_GET_INFO_BY_FD,
};

static int allow(scmp_filter_ctx f, const char *const *names)
{
	for (int call, ret; *names; names++) {
		call = seccomp_syscall_resolve_name(*names);
		/* Negative: this architecture does not have this call */
		ret = call < 0 ? 0 : seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 0);
		if (ret)
			return ret;
	}
	return 0;
}

/* The library's macros leave a field without an initializer */
static int allow_if(scmp_filter_ctx f, int call, unsigned int arg, uint64_t value)
{
	const struct scmp_arg_cmp cmp = { .arg = arg, .op = SCMP_CMP_EQ, .datum_a = value };

	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &cmp);
}

/* Calls that are permitted by an argument; none makes memory executable */
static int allow_some(scmp_filter_ctx f)
{
	static const int asking[] = { PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_SET_NAME };
	int ret = 0;

	for (size_t i = 0; i < sizeof(reading_bpf) / sizeof(reading_bpf[0]) && !ret; i++)
		ret = allow_if(f, SCMP_SYS(bpf), 0, reading_bpf[i]);
	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]) && !ret; i++)
		ret = allow_if(f, SCMP_SYS(prctl), 0, asking[i]);
	/* Sockets to the journal and the service manager; listening started before */
	if (!ret)
		ret = allow_if(f, SCMP_SYS(socket), 0, AF_UNIX);
	/* To read limits, not to change them */
	if (!ret)
		ret = allow_if(f, SCMP_SYS(prlimit64), 2, 0);
	return ret;
}

static int allow_memory(scmp_filter_ctx f)
{
	int ret = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (!ret)
		ret = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return ret;
}

static int load(int (*more)(scmp_filter_ctx f), const char *const *names)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int ret;

	if (!f)
		return -ENOMEM;
	ret = allow(f, computing);
	if (!ret)
		ret = allow_memory(f);
	if (!ret && names)
		ret = allow(f, names);
	if (!ret && more)
		ret = more(f);
	if (!ret)
		ret = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!ret)
		ret = seccomp_load(f);
	seccomp_release(f);
	/* A kernel without seccomp: the capabilities are dropped nevertheless */
	return ret == -EINVAL || ret == -ENOSYS || ret == -ECANCELED ? 0 : ret;
}

/* Permits only the system calls of the daemon. 0, also if the kernel has no seccomp, or -errno */
static int filter__daemon(void)
{
	return load(allow_some, serving);
}

/* The same for a process that only computes */
static int filter__compute(void)
{
	return load(NULL, NULL);
}

/* Only CAP_SETPCAP permits a change of the bounding set; after no_new_privs it has no effect */
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

int priv__drop(struct error *err)
{
	int ret = drop_capabilities();

	if (ret)
		return error__set(err, ret, "dropping capabilities: %s", strerror(-ret));
	ret = filter__daemon();
	if (ret)
		error__describe(err, "seccomp filter: %s", strerror(-ret));
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
