# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's test modules, for the kernels of the series.

# guest_module NAME: MODULE-NAME.ko of each beside the guest's programs
guest_module() {
	local tree="$CACHE/kernel/$1" dir="$OWN/guest-module/$1" key ko
	key=$(content_key "$LAB"/guest/module/* "$tree/.done")
	[ "$(cat "$dir/.done" 2>/dev/null)" = "$key" ] && return
	rm -rf "$dir" && mkdir -p "$dir"
	cp "$LAB"/guest/module/* "$dir"
	# Without modules of its own the kernel has no list of symbols to check against
	{ kmake -C "$tree" modules_prepare && kmake -C "$tree" M="$dir" KBUILD_MODPOST_WARN=1 modules; } \
		>"$CACHE/log/module-$1.log" 2>&1 ||
		{ tail -n 20 "$CACHE/log/module-$1.log" >&2; die "the guest's test modules do not compile"; }
	for ko in "$dir"/*.ko; do cp "$ko" "$OWN/guest-bin/$(basename "$ko" .ko)-$1.ko"; done
	echo "$key" >"$dir/.done"
}
