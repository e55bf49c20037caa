# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base --testdevs 3 --smp 3 --qemu-arg -global --qemu-arg arm-smmuv3.atc-timeout=50000 --qemu-arg -accel --qemu-arg tcg,thread=single
# proves: on an unpatched kernel every error costs the issuers of other devices again, and atcq adds it up
. tests/lab/guest/cost.sh
[ "$errors" -gt 1 ] || fail "only one error"
