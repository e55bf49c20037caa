# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel base
# proves: of an unpatched kernel a user with CAP_BPF and CAP_PERFMON only serves what can be seen there
. tests/lab/guest/lib.sh
. tests/lab/guest/served.sh
serve
page /metrics
metric 'atcq_source_info{source="stock.*",.*' 1
churn_on_base $dev
atsdev $other $dev never >/dev/null
wait_for "the incident" 'page /metrics && grep -q "^atcq_incidents_open{.*} 1" /tmp/page'
page /
grep -q "$dev <span class=\"bad\">timed-out" /tmp/page || fail "$(cat /tmp/page)"
given_up
unserve
