# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel distro:6.12 --append pci=config_acs=xx111x1@pci:1b36:000c
# proves: of Debian's own kernel 6.12 a user with CAP_BPF and CAP_PERFMON only serves what can be seen there, behind a filter of system calls
. tests/lab/guest/lib.sh
. tests/lab/guest/served.sh
is "what this kernel can filter" "$filter" filter
serve --db $TMPDIR/h/history.db
page /metrics
metric 'atcq_source_info{source="stock[^"]*",.*' 1
metric 'atcq_privileges_info{capabilities="none",seccomp="filter"}' 1
gerror_to 2
taskset -p 1 $$ >/dev/null
churn $dev
atsdev $other $dev never >/dev/null
wait_for "the incident" 'page /metrics && grep -q "^atcq_incidents_open{.*} 1" $TMPDIR/page'
wait_for "the incident on the page" 'page / && grep -q "<span class=\"bad\">timed-out" $TMPDIR/page'
grep -q "<h1>[0-9]* devices, 1 open incident" $TMPDIR/page || fail "$(grep h1 $TMPDIR/page)"
# It had no driver, and so was not behind the SMMU, when the daemon began
wait_for "the device's name" 'page /metrics && grep -q "^atcq_incidents_total{device=\"'$dev'\",injected=\"false\"} 1" $TMPDIR/page'
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
wait_for "the end of the incident" 'page /metrics && grep -q "^atcq_incidents_closed_total{.*outcome=\"recovered\".*} 1" $TMPDIR/page'
given_up
unserve
