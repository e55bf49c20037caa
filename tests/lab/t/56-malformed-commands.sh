# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: an ATC_INV with reserved fields is refused by the SMMU and skipped by the driver, blames nobody, and a timeout after it is handled as ever
. tests/lab/guest/lib.sh
issue=0x$(sed -n 's/^\([0-9a-f]*\) T arm_smmu_cmdq_issue_cmdlist$/\1/p' /proc/kallsyms)
raw() { # WORD0 WORD1: the command is waited for, and ends in success
	load raw-command device=$dev issue="$issue" word0="$1" word1="$2" || fail "insmod"
	rmmod raw_command
	dmesg | grep -q "raw-command $1 $2: 0\$" || fail "$1 $2 did not end in success: $(dmesg | grep raw-command)"
}
skipped() { dmesg | grep -c "skipping command in error state"; }
churn $dev
# As it should be, for Stream ID 0x200, everything: one more invalidation
raw 0x0000020000000040 0x0000000000000034
is "skipped commands" "$(skipped)" 0
n=0
# Bit 8; SSec; Size 53; bit 70
for command in "0x0000020000000140 0x0000000000000034" "0x0000020000000440 0x0000000000000034" \
	"0x0000020000000040 0x0000000000000035" "0x0000020000000040 0x0000000000000074"; do
	# shellcheck disable=SC2086
	raw $command
	n=$((n + 1))
	wait_for "the refusal of $command" '[ "$(skipped)" = '$n' ]'
	is "'Illegal command'" "$(dmesg | grep -c "CMDQ error (cons .*): Illegal command")" $n
	for word in $command; do
		dmesg | grep -q "arm-smmu-v3.*:.*	*$word\$" || fail "the driver did not show $word"
	done
done
is "state after them" "$(state $dev) $(ats $dev) $(state $other)" "no on no"
before=$(counter $dev received); sleep 0.3
[ "$(counter $dev received)" -gt "$before" ] || fail "no ATC_INVs any more"
is "timeouts" "$(counter $dev timeouts)" 0
fence $dev
reset $dev || fail "reset: $(cat $TMPDIR/reset.err)"
is "state after a fence and a reset" "$(state $dev) $(ats $dev)" "no on"
