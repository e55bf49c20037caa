# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a device whose use cannot be determined counts as in use: without CAP_SYS_PTRACE, all of /proc, or a driver that is known
. tests/lab/guest/lib.sh
cp "$(command -v atcq)" "$(command -v with-caps)" $TMPDIR
printf 'name: x\nproves: y\ndevices: { a: testdev }\nsteps: [ reset: a ]\nexpect: {}\n' >$TMPDIR/x.yaml
says() { # STATUS TEXT COMMAND...
	want=$1 text=$2
	shift 2
	"$@" >$TMPDIR/out 2>&1
	is "exit status of '$*'" $? "$want"
	grep -q -- "$text" $TMPDIR/out || fail "'$*' does not say '$text': $(cat $TMPDIR/out)"
}
# Enough to reset and to arm faults, and to list other users' open files, but not to see what they are
few=1,2,21,38,39
without() { $TMPDIR/with-caps 65534 $few $TMPDIR/atcq "$@"; }
with() { $TMPDIR/with-caps 65534 $few,19 $TMPDIR/atcq "$@"; }

churn $dev
before=$(counter $dev received)
says 3 "$dev counts as in use: .*(needs CAP_SYS_PTRACE)" without reset $dev
says 3 "$other counts as in use: .*(needs CAP_SYS_PTRACE)" without reset $other
says 3 "$other: not touched; --force overrides this" without reset $other
says 3 "(needs CAP_SYS_PTRACE)" without inject atc-timeout --device $dev --ttl 100ms
says 3 "(needs CAP_SYS_PTRACE)" without run $TMPDIR/x.yaml
says 0 "counts as in use: .*(needs CAP_SYS_PTRACE)" without inject atc-timeout --device $dev --dry-run
grep -q "would be refused" $TMPDIR/out || fail "the dry run would not be refused: $(cat $TMPDIR/out)"
says 2 "$dev is in use: process .* (vfio-churn) has VFIO group" with reset $dev
says 0 "reset done" with reset $other
says 0 "counts as in use: .*(needs CAP_SYS_PTRACE)" without reset $other --force
grep -q "reset done" $TMPDIR/out || fail "not forced: $(cat $TMPDIR/out)"
is "state of $dev" "$(state $dev)" no
wait_for "ATC_INVs of $dev" '[ "$(counter '$dev' received)" -gt '$((before + 5))' ]'
is "what is armed" "$(atcq inject --status)" "Nothing is armed."

# Processes that are hidden are seen with the privilege, and missed without
mount -o remount,hidepid=2 /proc
says 3 "(needs CAP_SYS_PTRACE)" without reset $dev
says 2 "$dev is in use: process .* (vfio-churn) has VFIO group" with reset $dev
mount -o remount,hidepid=0 /proc
mount -t proc -o subset=pid proc /proc
says 3 "swaps cannot be read: .*subset=pid" atcq reset $other
umount /proc
mount -t tmpfs none /proc
says 3 "/proc does not show this process: is it mounted" atcq reset $other
umount /proc
says 0 "reset done" atcq reset $other

# A driver of which nothing in sysfs shows who uses it
sh tests/lab/guest/bind-driver.sh $other || fail "the driver is not bound"
says 2 "$other counts as in use: who uses driver ats-driver is not known" atcq reset $other
says 0 "who uses driver ats-driver is not known" atcq inject atc-timeout --device $other --dry-run
grep -q "would be refused" $TMPDIR/out || fail "the dry run would not be refused: $(cat $TMPDIR/out)"
