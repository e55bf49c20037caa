# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3
# proves: of a list that times out, each suspect is asked alone: the one that answers is innocent, the one that does not is blocked
# as-scenarios: suspect-that-answers, suspect-that-does-not-answer
. tests/lab/guest/lib.sh
first=$dev second=0000:04:00.0
vfio-churn --device $first --device $second --count 0 --interval-us 5000 >$TMPDIR/churn.json &
wait_for "ATC_INVs" '[ "$(counter '$second' received)" -gt 10 ]'
arm atc-timeout --device $first
fired
sleep 0.3
is "suspects that answer" "$(state $first) $(ats $first) $(state $second) $(ats $second)" "no on no on"

printf -- '- {fault: atc-timeout, device: %s}\n- {fault: retry-timeout, device: %s}\n' $first $second >$TMPDIR/rules.yaml
arm --from $TMPDIR/rules.yaml
fired
wait_for "the fence" '[ "$(state '$second')" = broken ]'
is "the innocent one" "$(state $first) $(ats $first)" "no on"
before=$(counter $first received); sleep 0.3
[ "$(counter $first received)" -gt "$before" ] || fail "no ATC_INVs for the innocent"
reset $second || fail "reset"
is "the culprit after its reset" "$(state $second) $(ats $second)" "no on"
is "timeouts of the hardware" "$(counter $first timeouts) $(counter $second timeouts)" "0 0"
