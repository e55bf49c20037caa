# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel debug
# proves: the driver's KUnit cases pass, those of the series included
. tests/lab/guest/lib.sh
results=/sys/kernel/debug/kunit/arm-smmu-v3-kunit-test/results
grep -q '^ok 1 arm-smmu-v3-kunit-test' $results || fail "$(cat $results)"
grep -q 'ok .* arm_smmu_v3_invs_test_ats_broken' $results || fail "the series' cases were not run: $(cat $results)"
echo "$(grep -c '^    ok ' $results) cases"
