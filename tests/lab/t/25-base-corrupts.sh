# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: on an unpatched kernel a dead device writes to a page that was unmapped and given away
. tests/lab/guest/lib.sh
mkdir $TMPDIR/proof
sh tests/lab/guest/proof.sh $TMPDIR/proof 5 || fail "proof.sh"
is "corrupted pages" "$(value $TMPDIR/proof/proof.json corrupted | tr -d ' ')" 5
