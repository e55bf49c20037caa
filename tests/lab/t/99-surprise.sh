# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=99,slot=99,addr=18.0 --qemu-arg -device --qemu-arg ats-testdev,bus=rpx
# not-on-debug: pciehp of mainline takes reset_lock and pci_rescan_remove_lock in both orders when a slot changes, which lockdep reports
# proves: what pciehp says when the slot of a broken device loses its power, asked by nobody, is in that device's incident, and in no other's
. tests/lab/guest/lib.sh
gone=0000:04:00.0 port=0000:00:18.0
byte() { od -An -tu1 -j"$2" -N1 $sysdev/"$1"/config | tr -d ' '; }
# The port's PCI Express capability, and its Slot Control
at=$(byte $port 52)
while [ "$(byte $port "$at")" != 16 ]; do at=$(byte $port $((at + 1))); done
control=$((at + 24))
churn $gone $dev
fence $dev
fence $gone
cat >$TMPDIR/surprise <<END
	sleep 0.3
	# Power and its indicator off, behind pciehp's back
	printf '\\$(printf %o "$(byte $port $control)")\\007' |
		dd of=$sysdev/$port/config bs=2 seek=$((control / 2)) conv=notrunc 2>/dev/null
	sleep 0.7
END
atcq report --format json -o $TMPDIR/r.json -- sh $TMPDIR/surprise || fail "report"
grep -q '"kind":"hotplug","device":"'$port'"' $TMPDIR/r.json || fail "no word: $(cat $TMPDIR/r.json; dmesg | tail -n 4)"
# Of each incident: its device, and whose words are in it
sed 's/"type":"incident"/\n&/g' $TMPDIR/r.json | sed -n 's/.*"device":"\([^"]*\)","smmu".*"neighbours":\(\[[^]]*\]\).*/\1 \2/p' >$TMPDIR/words
cat $TMPDIR/words
grep -q "^$gone .*\"hotplug\"" $TMPDIR/words || fail "not its own: $(cat $TMPDIR/r.json)"
! grep -q "^$dev .*hotplug" $TMPDIR/words || fail "the other's, too"
