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
ends "a reset by sysfs" "echo 1 >$sysdev/$nv/reset" || fail "the reset failed: $(cat "$TMPDIR/ends.log")"
is "the disk" "$(nvme_condition $nv)" "no on dead"
ends "unbind" "echo $nv >/sys/bus/pci/drivers/nvme/unbind" || fail "unbind: $(cat "$TMPDIR/ends.log")"
ends "bind" "echo $nv >/sys/bus/pci/drivers/nvme/bind" || fail "bind: $(cat "$TMPDIR/ends.log")"
wait_for "the disk" '[ -b /dev/nvme0n1 ] && [ "$(nvme_condition $nv)" = "no on live" ]'
ends "I/O" "$nvme_read" || fail "I/O after the reset: $(cat "$TMPDIR/ends.log")"
