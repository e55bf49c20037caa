# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What atcq is compared with in the guest: arm64 packages in a root of their own.

PEER_PACKAGES=(bpftrace trace-cmd busybox-static)

peers_build() {
	local dir="$CACHE/peers-arm64" key
	key=$(printf '%s\n' "${PEER_PACKAGES[@]}" | sha256sum | cut -c1-16)
	[ "$(cat "$dir/.done" 2>/dev/null)" = "$key" ] && return
	say "fetching arm64 packages to compare with: ${PEER_PACKAGES[*]}"
	unpack_packages peers-arm64 "$dir" "$key" "${PEER_PACKAGES[@]}"
	mkdir -p "$dir"/{proc,sys,tmp,dev}
}

# peers_root: prints the folder, to be shared with the guest and changed root to
peers_root() {
	with_lock peers peers_build
	echo "$CACHE/peers-arm64"
}
