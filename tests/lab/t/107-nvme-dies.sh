# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --nvme
# proves: an NVMe disk that stops answering is reset by its driver and its I/O succeeds; when it stops again within a minute its I/O ends with an error, and reset, unbind, bind and power-off return
. tests/lab/guest/lib.sh
nv=$(nvme)

is "the disk" "$(nvme_condition $nv)" "no on live"
atsdev $other $nv never >/dev/null
ends "I/O" "$nvme_read" || fail "I/O failed although the disk was reset: $(cat "$TMPDIR/ends.log")"
wait_for "the recovery" '[ "$(nvme_condition $nv)" = "no on live" ]'
dmesg | grep -q "restart after slot reset" || fail "error recovery did not reset the disk"
is "time-outs" "$(counter $nv timeouts)" 1

atsdev $other $nv never >/dev/null
ends "I/O" "$nvme_read" && fail "I/O succeeded although the disk is blocked"
is "the disk" "$(nvme_condition $nv)" "broken broken dead"
dmesg | grep -q "broken again soon after a reset" || fail "the log does not say why there was no reset"
nvme_revive $nv
