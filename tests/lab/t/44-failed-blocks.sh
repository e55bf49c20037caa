# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device whose block the SMMU may not have seen is fenced all the same, one that cannot be fenced keeps ATS off, and a reset ends both
. tests/lab/guest/lib.sh
churn $dev
arm ste-sync-fail --device $dev
fence $dev
fired
dmesg | grep -q "failed to block ATS of stream 0x200: -110" || fail "not said that the block failed"
before=$(counter $dev received); sleep 0.3
is "ATC_INVs to a fenced device" "$(counter $dev received)" "$before"
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "after the reset" "$(state $dev) $(ats $dev)" "no on"

arm fence-fail --device $dev
atsdev $other $dev never >/dev/null
fired
sleep 0.3
is "state of a device that cannot be fenced" "$(state $dev) $(ats $dev)" "no broken"
dmesg | grep -q "$dev: broken, but cannot block its DMA: -12" || fail "not said that it cannot be fenced"
before=$(counter $dev received); sleep 0.3
is "ATC_INVs to a device without ATS" "$(counter $dev received)" "$before"
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "after the reset" "$(state $dev) $(ats $dev)" "no on"
fence $dev
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "the other device" "$(state $other) $(ats $other)" "no on"
