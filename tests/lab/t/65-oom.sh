# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched --allow-splat --qemu-arg -device --qemu-arg pcie-root-port,id=rpx,chassis=97,slot=97,addr=18.0,hotplug=off --qemu-arg -device --qemu-arg ats-testdev,bus=rpx
# proves: the OOM killer's choice of an injector leaves nothing armed, and a disabled link is enabled
. tests/lab/guest/lib.sh
cut=0000:04:00.0
before=$(bpf-count)
oom() { # the injector is the kernel's first choice, who eats the memory the second
	echo 1000 >/proc/$injector/oom_score_adj
	tail /dev/zero >/dev/null 2>&1 &
	eater=$!
	wait $injector
	is "how the injector ended" $? 137
	kill -9 $eater 2>/dev/null
	wait $eater
	dmesg | grep -q "Out of memory: Killed process $injector (atcq)" || fail "it was not the OOM killer"
}
echo 0 >/proc/sys/vm/oom_dump_tasks
# So that not all of the memory has to be filled by hand
echo 400 >/proc/sys/vm/nr_hugepages
arm atc-timeout retry-timeout --device $dev --ttl 300s
oom
wait_for "the end of all BPF programs" '[ "$(bpf-count)" = '"$before"' ]'
arm link-disable --device $cut --ttl 300s
oom
wait_for "the watchdog's word" 'dmesg | grep -q "atcq: injector is gone: link below port .* restored"'
is "what is armed" "$(atcq inject --status)" "Nothing is armed."
is "what is left over" "$(ls /run/atcq)" ""
vfio-churn --device $dev --count 20 >/dev/null || fail "churn"
is "the device" "$(state $dev)" no
