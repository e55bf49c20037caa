# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --nvme
# proves: when the reset that nvme asked for fails, its I/O ends with an error, and reset, unbind, bind and power-off return
. tests/lab/guest/lib.sh
out=$(mktemp -d)
nv=$(basename "$(readlink -f /sys/class/nvme/nvme0/device)")
condition() { echo "$(state $nv) $(ats $nv) $(cat /sys/class/nvme/nvme0/state)"; }
# ends WHAT COMMAND: its exit status; fails unless it returns within 10 s
ends() {
	rm -f "$out/rc"
	(sh -c "$2" >"$out/log" 2>&1; echo $? >"$out/rc") &
	wait_for "the end of $1" '[ -s '"$out/rc"' ]'
	return "$(cat "$out/rc")"
}
read_disk="dd if=/dev/nvme0n1 of=/dev/null bs=64k count=20 iflag=direct"

is "the disk" "$(condition)" "no on live"
arm reset-fail --device $nv --errno EIO
atsdev $other $nv never >/dev/null
ends "I/O" "$read_disk" && fail "I/O succeeded although the disk is blocked"
fired
is "the disk" "$(condition)" "broken broken dead"
dmesg | grep -q "frozen state error detected" || fail "nvme did not ask for a reset"
dmesg | grep -q "failure state error detected" || fail "no permanent failure was reported to nvme"
ends "a reset by sysfs" "echo 1 >$sysdev/$nv/reset" || fail "the reset failed: $(cat "$out/log")"
is "the disk" "$(condition)" "no on dead"
ends "unbind" "echo $nv >/sys/bus/pci/drivers/nvme/unbind" || fail "unbind: $(cat "$out/log")"
ends "bind" "echo $nv >/sys/bus/pci/drivers/nvme/bind" || fail "bind: $(cat "$out/log")"
wait_for "the disk" '[ -b /dev/nvme0n1 ] && [ "$(condition)" = "no on live" ]'
ends "I/O" "$read_disk" || fail "I/O after the reset: $(cat "$out/log")"
