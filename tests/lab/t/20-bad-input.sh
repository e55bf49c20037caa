# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: what cannot be done is refused with the right exit status, and nothing is left armed
. tests/lab/guest/lib.sh
refused() { # STATUS TEXT COMMAND...
	want=$1 text=$2
	shift 2
	"$@" >$TMPDIR/out 2>&1
	is "exit status of '$*'" $? "$want"
	grep -q -- "$text" $TMPDIR/out || fail "'$*' does not say '$text': $(cat $TMPDIR/out)"
}
refused 2 "no device behind an SMMUv3" atcq inject atc-timeout --device 0000:77:00.0
refused 2 "does not have ATS" atcq inject atc-timeout --device 0000:00:01.0
refused 2 "between 0 and 1000000" atcq inject atc-timeout --device $dev --times 1000001
refused 2 "unknown fault 'no-such'" atcq inject no-such --device $dev
full=$TMPDIR/full
mkdir -p $full
mount -t tmpfs -o size=4k tmpfs $full
dd if=/dev/zero of=$full/fill bs=4k count=1 2>/dev/null
refused 3 "could not be written" atcq report -d 100ms -o $full/report
mkswap /dev/vda >/dev/null && swapon /dev/vda
refused 2 "/dev/vda is swap space" atcq inject atc-timeout --device 0000:01:00.0
refused 2 "/dev/vda is swap space" atcq reset 0000:01:00.0
swapoff /dev/vda
churn $dev
refused 2 "is in use: process" atcq inject atc-timeout --device $dev
refused 2 "is in use: process" atcq reset $dev
[ -z "$(ls /run/atcq 2>/dev/null)" ] || fail "left armed: $(ls /run/atcq)"
