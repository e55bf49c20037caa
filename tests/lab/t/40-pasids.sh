# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: PASIDs are fenced and come back with their device, one that is detached meanwhile does not, and attaches may race with all that
. tests/lab/guest/lib.sh
loops=30
[ ! -e /proc/lockdep ] || loops=1000
ats-pasid $dev $loops || fail "ats-pasid"
[ "$(dmesg | grep -c "$dev: broken: DMA is blocked")" -ge 10 ] || fail "the device was hardly ever fenced"
