# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: an injected timeout and one of the modelled hardware give the same events, field by field, but for what docs/equivalence.md lists
. tests/lab/guest/lib.sh
churn $dev
incident() { # NAME COMMAND...: the events of one incident up to the end of its reset
	name=$1
	shift
	atcq trace --events --device $dev >$TMPDIR/$name.json 2>$TMPDIR/trace.err &
	trace=$!
	wait_for "the tracer" 'grep -q Watching $TMPDIR/trace.err'
	"$@" >$TMPDIR/out 2>&1 || fail "$name: $(cat $TMPDIR/out)"
	wait_for "the fence" '[ "$(state '$dev')" = broken ]'
	sleep 0.3
	reset $dev || fail "$name: reset: $(cat $TMPDIR/reset.err)"
	wait_for "the recovery" 'grep -q device_unblocked $TMPDIR/'"$name"'.json'
	sleep 0.3
	kill -INT $trace
	wait $trace
	is "$name: events lost" "$(sed -n 's/.*, \([0-9]*\) lost/\1/p' $TMPDIR/trace.err)" 0
}
incident hardware atsdev $other $dev never
incident injected atcq inject atc-timeout --device $dev --force
# What docs/equivalence.md lists: the time and place of an event first
for name in hardware injected; do
	sed -E 's/"(time_ns|duration_ns|cpu|prod)":[^,}]*,?//g' $TMPDIR/$name.json >$TMPDIR/$name.same
	grep -c '"event":"atc_suppressed"' $TMPDIR/$name.same >$TMPDIR/$name.suppressed
	grep '"event":"atc_suppressed"' $TMPDIR/$name.same | sed 's/"count":[0-9]*/"count":N/' | sort -u >$TMPDIR/$name.kinds
	sed -i '/"event":"atc_suppressed"/d; /"event":"gerror"/d; /"event":"fault_fired"/d' $TMPDIR/$name.same
done
cat $TMPDIR/hardware.same
for n in 0 1; do grep -q '"event":"cmdq_error".*"source":'$n $TMPDIR/hardware.same && by=$n; done
[ -n "$by" ] || fail "the hardware's error was drained neither by the handler nor by the issuer"
is "errors that were injected" "$(grep -c '"event":"cmdq_error".*"source":2' $TMPDIR/injected.same)" 1
sed -i '/"event":"cmdq_error"/s/"source":[0-9]*/"source":X/' $TMPDIR/hardware.same $TMPDIR/injected.same
is "fault_fired in the hardware's" "$(grep -c fault_fired $TMPDIR/hardware.json)" 0
is "fault_fired in the injected" "$(grep -c fault_fired $TMPDIR/injected.json)" 1
is "gerror in the injected" "$(grep -c '"event":"gerror"' $TMPDIR/injected.json)" 0
[ "$(grep -c '"event":"gerror"' $TMPDIR/hardware.json)" -le 1 ] || fail "more than one GERROR"
# And nothing else
diff $TMPDIR/hardware.same $TMPDIR/injected.same || fail "the events differ (< hardware, > injected)"
diff $TMPDIR/hardware.kinds $TMPDIR/injected.kinds || fail "suppressed ATC_INVs differ (< hardware, > injected)"
[ "$(wc -l <$TMPDIR/hardware.same)" -ge 9 ] || fail "only $(wc -l <$TMPDIR/hardware.same) events to compare"
