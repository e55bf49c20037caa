# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: 10,000 rounds of nonsense in the test device's registers harm neither kernel nor emulator
. tests/lab/guest/lib.sh
ats-fuzz $dev 10000 ${SEED:-1} >$TMPDIR/fuzz.json || fail "ats-fuzz"
cat $TMPDIR/fuzz.json
echo 1 >$sysdev/$dev/reset
is "state after the last reset" "$(state $dev) $(ats $dev)" "no on"
[ "$(value $TMPDIR/fuzz.json dma_done)" -gt 0 ] || fail "no DMA went through: $(cat $TMPDIR/fuzz.json)"
