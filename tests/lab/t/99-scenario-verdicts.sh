# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --testdevs 3 --allow-splat
# proves: a scenario that fails says why, with the right exit status, JUnit, annotations and artefacts; limits end what hangs, and the next one runs
. tests/lab/guest/lib.sh
mkdir /tmp/s
scenario() { # NAME: the rest of it is read
	{ printf 'name: %s\nproves: nothing\ndevices: { a: testdev }\n' "$1"; cat; } >"/tmp/s/$1.yaml"
}
run() { # STATUS OPTION...
	should=$1
	shift
	atcq run --force "$@" >/tmp/out 2>/tmp/err
	code=$?
	[ $code -eq "$should" ] || fail "status $code, not $should: $(cat /tmp/out /tmp/err)"
}
says() { grep -q -- "$1" "${2:-/tmp/out}" || fail "no '$1' in: $(cat "${2:-/tmp/out}" /tmp/err)"; }
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
run 1 --junit /tmp/j.xml --github --record /tmp/kept --json /tmp/r.json /tmp/s
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
says 'tests="7" failures="4" errors="0" skipped="1"' /tmp/j.xml
says "50 % | &lt;of&gt; &amp; it" /tmp/j.xml
says "^::error file=/tmp/s/too-strict.yaml,line=1,title=too-strict::.*50 %25 | <of>"
says "^::notice file=/tmp/s/other-machine.yaml"
for end in atcq html log; do
	[ -s /tmp/kept/too-strict.$end ] || fail "no /tmp/kept/too-strict.$end: $(ls -l /tmp/kept)"
done
[ ! -e /tmp/kept/passes.atcq ] || fail "the recording of one that passed is kept"
atcq report -i /tmp/kept/too-strict.atcq >/tmp/out || fail "the recording: $(cat /tmp/out)"
says "1 recovered"
grep -A1 '"too-strict"' /tmp/r.json | grep -q '"failed"' || fail "results: $(cat /tmp/r.json)"
says '"quarantine_ns": \[[0-9]' /tmp/r.json
grep -l "^sleep.1000" /proc/[0-9]*/cmdline >/tmp/left 2>/dev/null && fail "what hung was not ended: $(cat /tmp/left)"
is "at the end" "$(state $dev) $(ats $dev)" "no on"
is "what is armed" "$(atcq inject --status)" "Nothing is armed."

run 5 /tmp/s/other-machine.yaml
run 125 --bisect /tmp/s/other-machine.yaml
run 1 --bisect /tmp/s/complains.yaml
run 0 --filter 'p*' --shard 1/1 --repeat 2 /tmp/s
says "2 repetition(s)"
run 2 --filter 'none*' /tmp/s
sed 's/dead: a/daed: a/' /tmp/s/passes.yaml >/tmp/s/wrong.yaml
run 2 /tmp/s/wrong.yaml
says "wrong.yaml:5:10: unknown key 'daed' in a step, did you mean 'dead'?" /tmp/err
