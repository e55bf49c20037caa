# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a PASID that is detached from a fenced device is not taken off a second time, and does not come back with the reset
# red: pasid-detach WARNING: .* at arm_smmu_install_old_domain_invs
. tests/lab/guest/lib.sh
ats-pasid $dev detach || fail "ats-pasid"
