# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: a user without privileges may look, and is told what everything else needs
. tests/lab/guest/lib.sh
# as_user STATUS TEXT COMMAND...
as_user() {
	want=$1 text=$2
	shift 2
	start-stop-daemon -S -c nobody -x $TMPDIR/atcq -- "$@" >$TMPDIR/out 2>&1
	is "exit status of 'atcq $*'" $? "$want"
	grep -q -- "$text" $TMPDIR/out || fail "'atcq $*' does not say '$text': $(cat $TMPDIR/out)"
}
# Nobody may read the host's files in place
chmod 755 /
cp "$(command -v atcq)" $TMPDIR/atcq
mkdir -p /etc
echo "nobody:x:65534:65534::/:/bin/sh" >>/etc/passwd
as_user 0 "$dev .* on  *healthy" list
as_user 3 "^MISSING  privileges: CAP_BPF and CAP_PERFMON" doctor
as_user 3 "needs root, or CAP_BPF and CAP_PERFMON" inject atc-timeout --device $dev
as_user 3 "needs CAP_BPF and CAP_PERFMON" trace -d 100ms
as_user 3 "needs root" reset $dev
is "state of the device" "$(state $dev)" no
is "files of injectors" "$(ls /run/atcq 2>/dev/null)" ""
