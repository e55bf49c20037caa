# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's test driver, for the kernels of the series.

# guest_module NAME: ats-driver-NAME.ko beside the guest's programs
guest_module() {
	local tree="$CACHE/kernel/$1" dir="$CACHE/guest-module/$1" key
	key=$(content_key "$LAB"/guest/module/* "$tree/.done")
	[ "$(cat "$dir/.done" 2>/dev/null)" = "$key" ] && return
	rm -rf "$dir" && mkdir -p "$dir"
	cp "$LAB"/guest/module/* "$dir"
	# Without modules of its own the kernel has no list of symbols to check against
	{ kmake -C "$tree" modules_prepare && kmake -C "$tree" M="$dir" KBUILD_MODPOST_WARN=1 modules; } \
		>"$CACHE/log/module-$1.log" 2>&1 ||
		{ tail -n 20 "$CACHE/log/module-$1.log" >&2; die "the test driver does not compile"; }
	cp "$dir/ats-driver.ko" "$CACHE/guest-bin/ats-driver-$1.ko"
	echo "$key" >"$dir/.done"
}
