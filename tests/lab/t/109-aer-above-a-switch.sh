# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 2 --qemu-arg -device --qemu-arg pcie-root-port,id=rps,chassis=80,slot=80,addr=1e.0 --qemu-arg -device --qemu-arg x3130-upstream,id=ups,bus=rps --qemu-arg -device --qemu-arg xio3130-downstream,id=downs,bus=ups,chassis=81,slot=81 --qemu-arg -device --qemu-arg ats-testdev,bus=downs
# not-on-debug: mainline's aer_inject takes a sleeping lock under a raw one, which lockdep reports
# proves: three AER resets above a switch in a row leave the healthy device below it alone
. tests/lab/guest/lib.sh
for d in "$sysdev"/*; do [ "$(cat "$d/device")" != 0x00f7 ] || a=${d##*/}; done
path=$(readlink -f "$sysdev/$a"); path=${path%/*}; up=${path%/*}; root=${up%/*}
is "the port above the switch" "${root##*/}" 0000:00:1e.0
sh tests/lab/guest/bind-driver.sh "$a" || fail "the driver is not bound"
wait_for "ATC_INVs" '[ "$(counter '"$a"' received)" -gt 10 ]'
recoveries() { dmesg | grep -c "pcieport ${root##*/}: AER: device recovery successful"; }
for n in 1 2 3; do
	# A fatal, uncorrectable error (DLP) of the root port, as aer-inject has it: bus,
	# device, function, then words: uncorrectable, correctable, header log, domain
	printf '\0\036\0\0''\020\0\0\0''\0\0\0\0''\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0''\0\0\0\0' >/dev/aer_inject || fail "aer_inject"
	wait_for "recovery $n" '[ "$(recoveries)" = '$n' ]'
	is "the device after recovery $n" "$(state "$a") $(ats "$a") $(counter "$a" timeouts)" "no on 0"
	before=$(counter "$a" received)
	wait_for "ATC_INVs after recovery $n" '[ "$(counter '"$a"' received)" -gt '"$before"' ]'
done
dmesg | grep -q "ATC_INV timeout" && fail "an ATC_INV timed out"
sh tests/lab/guest/bind-driver.sh "$a" back
