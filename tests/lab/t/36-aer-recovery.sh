# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# not-on-debug: mainline's aer_inject takes a sleeping lock under a raw one, which lockdep reports
# proves: AER's recovery, with its reset of the link, lifts a block as a function reset does
. tests/lab/guest/lib.sh
churn $dev
atsdev $other $dev never >/dev/null
wait_for "the fence" '[ "$(state '$dev')" = broken ]'
# A fatal, uncorrectable error of the device (DLP), as aer-inject has it: bus,
# device, function, then words: uncorrectable, correctable, header log, domain
printf '\002\0\0\0''\020\0\0\0''\0\0\0\0''\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0''\0\0\0\0' >/dev/aer_inject || fail "aer_inject"
wait_for "the end of the block" '[ "$(state '$dev') $(ats '$dev')" = "no on" ]'
is "the other device" "$(state $other) $(ats $other)" "no on"
dmesg | grep -q "Root Port link has been reset" || fail "there was no AER reset"
