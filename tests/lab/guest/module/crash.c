// SPDX-License-Identifier: GPL-2.0-only
/* Ends the kernel, to see what others make of that. */
#include <linux/module.h>

static int __init crash_init(void)
{
	panic("asked for by a test");
}
module_init(crash_init);

MODULE_DESCRIPTION("Panics");
MODULE_LICENSE("GPL");
