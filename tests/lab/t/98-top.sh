# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: the live view on a terminal of 80 by 24 shows an incident and an armed fault, takes its keys, and gives the terminal back
. tests/lab/guest/lib.sh
export LANG=C.UTF-8 TMUX_TMPDIR=$TMPDIR
screen() { tmux capture-pane -p; }
# shows TEXT: within 10 s
shows() { wait_for "'$1' on the screen: $(screen)" 'screen | grep -q -- "'"$1"'"'; }
churn $dev
tmux new-session -d -x 80 -y 24 || fail "tmux"
tmux send-keys "atcq top -d 200ms" Enter
shows "^$dev *healthy *on"
shows "CMD_SYNCs [1-9][0-9]*/s, p50"
atcq inject atc-timeout --device $other --ttl 60s >/dev/null 2>&1 &
injector=$!
shows "^$other *healthy *on .*atc-timeout"
kill $injector
fence $dev
shows "^$dev *broken *broken *1 .*ago, fenced"
tmux send-keys s
shows "s sort (state)"
is "the first device" "$(screen | grep -m1 '^0000:' | cut -c1-12)" $dev
tmux send-keys r
wait_for "the other order" '[ "$(screen | grep -m1 "^0000:" | cut -c1-12)" != '$dev' ]'
tmux send-keys r / broken Enter
shows "1 of [0-9]* device(s).*filter: broken"
is "devices with the filter" "$(screen | grep -c '^0000:')" 1
tmux send-keys / Escape p
shows PAUSED
tmux send-keys h
shows "atcq top: keys"
tmux send-keys h p
reset $dev || fail "reset"
shows "^$dev *healthy *on *1 .*ago, took"
[ "$(screen | wc -l)" -le 24 ] || fail "more than 24 lines"
screen | awk 'length($0) > 80 { exit 1 }' || fail "more than 80 columns"
tmux send-keys q
wait_for "the shell" '! pgrep -x atcq >/dev/null'
tmux send-keys "echo back-\$((40 + 2))" Enter
shows "^back-42"
tmux kill-server

atcq top --json -n 1 -d 300ms >$TMPDIR/top.json || fail "--json"
grep -q '"device":"'$dev'".*"state":"healthy".*"incidents":0' $TMPDIR/top.json || fail "$(cat $TMPDIR/top.json)"
atcq top --batch -n 2 -d 200ms --filter $dev >$TMPDIR/top.txt || fail "--batch"
is "pictures" "$(grep -c '^atcq top' $TMPDIR/top.txt)" 2
atcq top </dev/null >$TMPDIR/top.txt 2>&1
is "exit status without a terminal" $? 3
grep -q "no terminal" $TMPDIR/top.txt || fail "$(cat $TMPDIR/top.txt)"
