# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: where there is no fentry, kprobes see the same
export ATCQ_HOOKS=kprobe
atcq doctor | grep -q "^ok *seen: FLRs.*kprobe pcie_flr" || { atcq doctor; exit 1; }
. tests/lab/guest/seen.sh
