# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3 --smp 3 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=200000
# proves: what an incident costs the issuers of other devices is seen, once, and is nothing without one
. tests/lab/guest/cost.sh
