# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3 --allow-splat
# proves: a scenario that fails says why, with the right exit status, JUnit, annotations and artefacts; limits end what hangs, and the next one runs
. tests/lab/guest/lib.sh
mkdir $TMPDIR/s
scenario() { # NAME: the rest of it is read
	{ printf 'name: %s\nproves: nothing\ndevices: { a: testdev }\n' "$1"; cat; } >"$TMPDIR/s/$1.yaml"
}
run() { # STATUS OPTION...
	should=$1
	shift
	atcq run --force "$@" >$TMPDIR/out 2>$TMPDIR/err
	code=$?
	[ $code -eq "$should" ] || fail "status $code, not $should: $(cat $TMPDIR/out $TMPDIR/err)"
}
says() { grep -q -- "$1" "${2:-$TMPDIR/out}" || fail "no '$1' in: $(cat "${2:-$TMPDIR/out}" $TMPDIR/err)"; }
scenario passes <<'END'
workload: [ unmaps: a ]
steps: [ dead: a, wait: a broken, reset: a, wait: a healthy ]
expect: { incidents: 1, timeouts: 1 }
END
scenario too-strict <<'END'
workload: [ unmaps: a ]
steps: [ dead: a, wait: a broken, reset: a, wait: a healthy ]
expect: { incidents: 2, timeouts: 1, quarantine: 1us, log: "50 % | <of> & it" }
END
scenario complains <<'END'
steps: [ run: "echo 'WARNING: forged by a test' >/dev/kmsg" ]
expect: {}
END
scenario is-allowed <<'END'
steps: [ run: "echo 'WARNING: forged by a test' >/dev/kmsg" ]
expect: { allow-log: { text: forged by, because: a test forges it } }
END
scenario hangs <<'END'
limit: 1s
steps: [ run: sleep 1000 ]
expect: {}
END
scenario other-machine <<'END'
needs: { cpus: 100.. }
steps: [ wait: 1ms ]
expect: {}
END
scenario unhealed <<'END'
workload: [ unmaps: a ]
steps: [ dead: a, wait: a broken ]
expect: { incidents: 1, timeouts: 1 }
END
run 1 --junit $TMPDIR/j.xml --github --record $TMPDIR/kept --json $TMPDIR/r.json $TMPDIR/s
says "^ok [0-9]* passes$"
says "^not ok [0-9]* too-strict$"
says "too-strict.yaml: incidents: 1, not 2"
says "too-strict.yaml: quarantine took .* ms, more than 0.001 ms"
says "^not ok [0-9]* complains$"
says "complains.yaml: the kernel complains: WARNING: forged by a test"
says "^ok [0-9]* is-allowed$"
says "^not ok [0-9]* hangs$"
says "did not end within its limit of 1 s"
says "^ok [0-9]* other-machine # SKIP 2 CPU(s), and it is for at least 100"
says "^not ok [0-9]* unhealed$"
says "at the end a ($dev) is not healthy"
says "^# 2 passed, 4 failed, 0 errors, 1 skipped"
says 'tests="7" failures="4" errors="0" skipped="1"' $TMPDIR/j.xml
says "50 % | &lt;of&gt; &amp; it" $TMPDIR/j.xml
says "^::error file=$TMPDIR/s/too-strict.yaml,line=1,title=too-strict::.*50 %25 | <of>"
says "^::notice file=$TMPDIR/s/other-machine.yaml"
for end in atcq html log; do
	[ -s $TMPDIR/kept/too-strict.$end ] || fail "no $TMPDIR/kept/too-strict.$end: $(ls -l $TMPDIR/kept)"
done
[ ! -e $TMPDIR/kept/passes.atcq ] || fail "the recording of one that passed is kept"
atcq report -i $TMPDIR/kept/too-strict.atcq >$TMPDIR/out || fail "the recording: $(cat $TMPDIR/out)"
says "1 recovered"
grep -A1 '"too-strict"' $TMPDIR/r.json | grep -q '"failed"' || fail "results: $(cat $TMPDIR/r.json)"
says '"quarantine_ns": \[[0-9]' $TMPDIR/r.json
grep -l "^sleep.1000" /proc/[0-9]*/cmdline >$TMPDIR/left 2>/dev/null && fail "what hung was not ended: $(cat $TMPDIR/left)"
is "at the end" "$(state $dev) $(ats $dev)" "no on"
is "what is armed" "$(atcq inject --status)" "Nothing is armed."

run 5 $TMPDIR/s/other-machine.yaml
run 125 --bisect $TMPDIR/s/other-machine.yaml
run 1 --bisect $TMPDIR/s/complains.yaml
run 0 --filter 'p*' --shard 1/1 --repeat 2 $TMPDIR/s
says "2 repetition(s)"
run 2 --filter 'none*' $TMPDIR/s
sed 's/dead: a/daed: a/' $TMPDIR/s/passes.yaml >$TMPDIR/s/wrong.yaml
run 2 $TMPDIR/s/wrong.yaml
says "wrong.yaml:5:10: unknown key 'daed' in a step, did you mean 'dead'?" $TMPDIR/err
