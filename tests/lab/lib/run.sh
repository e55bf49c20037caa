# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2054
# One run of the virtual machine.

# Words that make a guest's kernel log a failure, as alternatives
SPLAT=$(grep -v '^#' "$TOP/user/source/kernel_warnings.list" | paste -sd'|')

quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }
# option PATH: as part of an emulator's option, where a comma ends a value
option() { printf %s "${1//,/,,}"; }

# guest_folder DIR: refuses what the guest cannot have mounted under its own path
guest_folder() {
	case $1 in
	/ | /bin | /dev | /init | /lib | /proc | /proc/* | /run | /run/atcq | /run/atcq/* | /sbin | /sys | /sys/* | /tmp | /usr | \
		/usr/bin | /usr/lib | /usr/lib/aarch64-linux-gnu | /usr/sbin | /usr/share)
			die "$1: the guest needs its own folder of that name: use another, or one below it" ;;
	*$'\n'*) die "$1: the guest does not work with a line break in a folder's name: use another" ;;
	esac
}

# guest_args: fills ARGS from the options
guest_args() {
	local i slot=1 cpu=neoverse-n1
	# The guest's clock counts instructions, not 16 at a time
	! $ICOUNT || cpu+=,cntfrq=1000000000
	cp "$OWN/initramfs.gz" "$RUN/initrd"
	[ ! -e "$(dirname "$IMAGE")/modules.gz" ] || cat "$(dirname "$IMAGE")/modules.gz" >>"$RUN/initrd"
	ARGS=(-M "virt,gic-version=3,iommu=smmuv3" -cpu "$cpu" -m 1G
		-nodefaults -display none -no-reboot
		-global arm-smmuv3.ats=on -global arm-smmuv3.ssidsize=8
		-kernel "$IMAGE" -initrd "$RUN/initrd"
		-append "console=ttyAMA0 rdinit=/init panic=-1 iommu.strict=1 iommu.passthrough=0 $APPEND"
		-serial "file:$LOG" -monitor none)
	if $ICOUNT; then
		ARGS+=(-smp 1 -icount "shift=0,sleep=off")
	else
		ARGS+=(-smp "$SMP")
	fi
	ARGS+=(-device virtio-serial-pci
		-chardev "file,id=stdout,path=$(option "$RUN/stdout")" -device virtserialport,chardev=stdout,name=stdout
		-chardev "file,id=stderr,path=$(option "$RUN/stderr")" -device virtserialport,chardev=stderr,name=stderr)
	share root "$CACHE/root-arm64" on
	share run "$RUN/guest" off
	: >"$RUN/guest/shares"
	i=0
	for dir in "${SHARES[@]}"; do
		share "share$i" "${dir#*:}" "$([ "${dir%%:*}" = ro ] && echo on || echo off)"
		echo "share$i ${dir%%:*} ${dir#*:}" >>"$RUN/guest/shares"
		i=$((i + 1))
	done
	# The disk first, so that its address does not depend on --testdevs
	truncate -s 64M "$RUN/disk"
	port rp0 $slot
	ARGS+=(-drive "if=none,id=disk,file=$(option "$RUN/disk"),format=raw,cache=unsafe"
		-device "virtio-blk-pci,id=vd0,bus=rp0,drive=disk,disable-legacy=on,iommu_platform=on,ats=on")
	for ((i = 0; i < TESTDEVS; i++)); do
		slot=$((slot + 1))
		port "rp$((i + 1))" $slot
		ARGS+=(-device "ats-testdev,id=t$i,bus=rp$((i + 1))")
	done
	if $NVME; then
		truncate -s 64M "$RUN/nvme"
		port rpn $((slot + 1))
		ARGS+=(-drive "if=none,id=nvme-disk,file=$(option "$RUN/nvme"),format=raw,cache=unsafe"
			-device "nvme,id=nvme0,bus=rpn,drive=nvme-disk,serial=lab,ats=on")
	fi
	if [ -n "$FORWARD" ]; then
		: >"$RUN/guest/net"
		ARGS+=(-netdev "user,id=n0,hostfwd=tcp:127.0.0.1:${FORWARD%:*}-:${FORWARD#*:}"
			-device virtio-net-pci,netdev=n0,romfile=)
	fi
	[ -n "$QMP" ] && ARGS+=(-qmp "unix:$(option "$QMP"),server=on,wait=off")
	ARGS+=("${EXTRA[@]}")
}

share() {
	ARGS+=(-fsdev "local,id=$1,path=$(option "$2"),security_model=none,readonly=$3,multidevs=remap"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# Eight root ports a slot, from slot 16 on: bus 1 is behind the first, and so on
port() {
	ARGS+=(-device "pcie-root-port,id=$1,chassis=$2,slot=$2,multifunction=on,addr=$(printf '%x.%x' \
		$((16 + ($2 - 1) / 8)) $((($2 - 1) % 8)))")
}

# image_config: of IMAGE, what it was configured as; nothing if that is not known
image_config() {
	local dir file
	dir=$(dirname "$IMAGE")
	for file in "$dir/config" "$dir/../../../.config"; do
		[ -r "$file" ] || continue
		grep '^CONFIG_' "$file" | LC_ALL=C sort | sha256sum | cut -c1-16
		return
	done
}

# environment: what results have to say of the machine, and the guest does not know
environment() {
	echo "export ATCQ_ENV_CLOCK=$($ICOUNT && echo icount || echo wall)"
	echo "export ATCQ_ENV_CONFIG=$(image_config)"
	echo "export ATCQ_ENV_EMULATOR=$(quote "$("$EMULATOR" --version | sed -n '1s/.*version \([^ ]*\).*/QEMU \1/p') $(cat "$CACHE/emulator/.done" 2>/dev/null)")"
}

guest_command() {
	{
		echo "cd $(quote "$TOP")"
		environment
		echo "export PATH=$(quote "$GUEST_BIN"):\$PATH"
		printf 'exec'
		local word
		for word in "$@"; do printf ' %s' "$(quote "$word")"; done
		echo
	} >"$RUN/guest/command"
}

# run_guest COMMAND...: returns what COMMAND did, or one of the lab's own codes
run_guest() {
	local rc=0
	mkfifo "$RUN/stdout" "$RUN/stderr"
	cat "$RUN/stdout" &
	CATS=$!
	cat "$RUN/stderr" >&2 &
	CATS+=" $!"
	guest_command "$@"
	guest_args
	: >"$LOG"
	timeout --foreground -k 5 "$TIMEOUT" "$EMULATOR" "${ARGS[@]}" </dev/null 2>"$RUN/emulator.err" || rc=$?
	# If the emulator never opened them, the readers still wait for somebody to
	: 1<>"$RUN/stdout" 1<>"$RUN/stderr"
	# shellcheck disable=SC2086
	wait $CATS || true
	if [ "$rc" -eq 124 ] || [ "$rc" -eq 137 ]; then
		say "the guest did not finish within $TIMEOUT s; its log is $LOG"
		return 124
	fi
	if [ -s "$RUN/guest/status" ]; then
		rc=$(cat "$RUN/guest/status")
	else
		cat "$RUN/emulator.err" >&2
		tail -n 20 "$LOG" >&2
		say "the guest ended without a result; its log is $LOG"
		rc=125
	fi
	if ! $ALLOW_SPLAT && grep -aEq "$SPLAT" "$LOG"; then
		grep -aE -m1 -A 25 "$SPLAT" "$LOG" >&2
		say "the guest's kernel log has a report like this; all of it is in $LOG"
		return 126
	fi
	return "$rc"
}
