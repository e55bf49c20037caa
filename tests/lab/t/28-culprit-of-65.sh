# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 66 --timeout 200
# proves: one culprit among 65 devices of a domain, whose list is flushed half-way, is found; the others keep ATS
. tests/lab/guest/lib.sh
other=0000:43:00.0	# not in the domain, its registers are free
for d in "$sysdev"/*; do
	[ "$(cat "$d/device")" = 0x00f7 ] && [ "${d##*/}" != $other ] && set -- "$@" --device "${d##*/}"
done
is "devices" $(($# / 2)) 65
vfio-churn "$@" --count 0 --interval-us 20000 >$TMPDIR/churn.json &
wait_for "ATC_INVs" '[ "$(counter '$dev' received)" -gt 10 ]'
culprit=0000:40:00.0
atsdev $other $culprit never >/dev/null
wait_for "the fence" '[ "$(state '$culprit')" = broken ]'
sleep 0.3
for d in "$sysdev"/*; do
	[ "$(cat "$d/device")" = 0x00f7 ] && [ "${d##*/}" != $culprit ] || continue
	is "state of ${d##*/}" "$(cat "$d/iommu_state/blocked") $(cat "$d/arm-smmu-v3/ats")" "no on"
done
echo 1 >$sysdev/$culprit/reset
is "state after the FLR" "$(state $culprit) $(ats $culprit)" "no on"
