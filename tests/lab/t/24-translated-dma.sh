# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a dead device's translated writes reach memory until ATS is off, and never after the unmap has returned
. tests/lab/guest/lib.sh
mkdir $TMPDIR/proof
sh tests/lab/guest/proof.sh $TMPDIR/proof 10 || fail "proof.sh"
r=$TMPDIR/proof/proof.json
is "rounds with a write after the unmap" "$(value $r written_after_unmap | tr -d ' ')" 0
is "corrupted pages" "$(value $r corrupted | tr -d ' ')" 0
is "timeouts" "$(value $r timeouts | tr -d ' ')" 10
[ "$(value $r blocked)" -gt 0 ] || fail "no write was blocked"
[ "$(value $r write_ns_max)" -gt 0 ] || fail "no write was possible while the device was waited for: does this test see any?"
