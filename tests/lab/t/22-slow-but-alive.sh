# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device that answers just in time is left alone, one that answers too late is not
# as-scenarios: slow-but-alive, too-slow
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev delay 8000 >/dev/null
sleep 1
is "state with answers after 8 of 10 ms" "$(state $dev)" no
is "timeouts" "$(counter $dev timeouts)" 0
atsdev $other $dev delay 12000 >/dev/null
wait_for "the fence" '[ "$(state $dev)" = broken ]'
is "timeouts" "$(counter $dev timeouts)" 1
