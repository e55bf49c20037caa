# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --nvme
# proves: when the reset that nvme asked for fails, its I/O ends with an error, and reset, unbind, bind and power-off return
. tests/lab/guest/lib.sh
nv=$(nvme)

is "the disk" "$(nvme_condition $nv)" "no on live"
arm reset-fail --device $nv --errno EIO
atsdev $other $nv never >/dev/null
ends "I/O" "$nvme_read" && fail "I/O succeeded although the disk is blocked"
fired
is "the disk" "$(nvme_condition $nv)" "broken broken dead"
dmesg | grep -q "frozen state error detected" || fail "nvme did not ask for a reset"
dmesg | grep -q "failure state error detected" || fail "no permanent failure was reported to nvme"
nvme_revive $nv
