# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a blocked device's domain can be given back and freed, and the reset attaches the device to the next one
# red: domain-freed WARNING: drivers.iommu.iommu.c:[0-9]* at __iommu_group_set_core_domain
# red-debug: domain-freed WARNING: drivers.iommu.iommu.c:[0-9]* at __iommu_group_set_core_domain
. tests/lab/guest/lib.sh
churn $dev
arm reset-late --device $dev --delay 4s
reset $dev &
resetting=$!
wait_for "the reset" '[ "$(state '$dev')" = resetting ]'
# VFIO lets go of a device that somebody else resets, without resetting it itself
kill $churns; wait $churns
is "state when VFIO has let it go" "$(state $dev)" resetting
wait $resetting || fail "reset: $(cat $TMPDIR/reset.err)"
fired
is "state after the reset" "$(state $dev) $(ats $dev)" "no on"
churns=""; churn $dev
is "state at the end" "$(state $dev) $(ats $dev)" "no on"
