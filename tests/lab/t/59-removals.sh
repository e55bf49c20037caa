# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a removal waits for the reset that runs, needs no answer from a dead device, ends a report that was not handled yet, and the device works when it is found again
. tests/lab/guest/lib.sh
find_it() {
	echo 1 >/sys/bus/pci/rescan
	wait_for "the device" '[ -e '$sysdev/$dev/iommu_state/blocked' ]'
	is "state when it is found again" "$(state $dev) $(ats $dev)" "no on"
}
arm reset-late --device $dev --delay 3s
start=$(cut -d. -f1 /proc/uptime)
reset $dev &
resetting=$!
wait_for "the reset" '[ "$(state '$dev')" = resetting ]'
echo 1 >$sysdev/$dev/remove
[ ! -e $sysdev/$dev ] || fail "still there"
[ "$(cut -d. -f1 /proc/uptime)" -ge $((start + 2)) ] || fail "did not wait for the reset"
wait $resetting || fail "the reset: $(cat $TMPDIR/reset.err)"
fired
find_it

# Dead, and nobody has noticed: ATS is switched off before anything else
before=$(counter $dev timeouts)
atsdev $other $dev never >/dev/null
echo 1 >$sysdev/$dev/remove
sleep 0.5
is "timeouts" "$(counter $dev timeouts)" "$before"
atsdev $other $dev answer >/dev/null
find_it

# Noticed, and removed before the report is handled
churn $dev
arm report-late --device $dev --delay 2s
atsdev $other $dev never >/dev/null
wait_for "the block" '[ "$(ats '$dev')" = broken ]'
kill $churns; wait $churns
echo 1 >$sysdev/$dev/remove
[ ! -e $sysdev/$dev ] || fail "still there"
fired
atsdev $other $dev answer >/dev/null
find_it
dmesg | grep -q "broken: DMA is blocked" && fail "a device that is gone was fenced"
is "the other device" "$(state $other) $(ats $other)" "no on"
churns=""; churn $dev
