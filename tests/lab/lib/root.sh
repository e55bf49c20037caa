# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's user space: one folder unpacked from arm64 packages, which is its
# read-only /usr and /lib, and the sysroot that programs for it are linked with.

ROOT_PACKAGES=(libc6-dev libbpf-dev libelf-dev zlib1g-dev libjansson-dev
	libpci-dev libyaml-dev libzstd-dev libsqlite3-dev libsystemd-dev libncurses-dev libprotobuf-c-dev
	libmicrohttpd-dev libgnutls28-dev libseccomp-dev libcap-ng-dev libcrypt-dev
	ncurses-base libc-bin tmux pci.ids busybox-static)

# unpack_packages NAME DIR KEY PACKAGE...: DIR anew, with all that they depend on
unpack_packages() {
	local name=$1 dir=$2 key=$3 debs deb
	shift 3
	need dpkg-deb dpkg
	debs=$(fetch_closure "$name" arm64 "$@")
	rm -rf "$dir.part" && mkdir -p "$dir.part"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir.part" || die "$deb cannot be unpacked (disk full, or delete it and try again)"
	done
	rm -rf "$dir.part/usr/share/doc" "$dir.part/usr/share/man" "$dir"
	echo "$key" >"$dir.part/.done"
	mv "$dir.part" "$dir"
}

root_build() {
	local dir="$CACHE/root-arm64" key
	key=$(printf '%s\n' "${ROOT_PACKAGES[@]}" | sha256sum | cut -c1-16)
	[ "$(cat "$dir/.done" 2>/dev/null)" = "$key" ] && return
	say "fetching arm64 packages for the guest"
	unpack_packages root-arm64 "$dir" "$key" "${ROOT_PACKAGES[@]}"
}

# initramfs_build: busybox and our init, in $OWN/initramfs.gz
initramfs_build() {
	local tmp key out="$OWN/initramfs.gz"
	key=$(content_key "$LAB/guest/init" "$CACHE/root-arm64/.done")
	[ -e "$out" ] && [ "$(cat "$out.key" 2>/dev/null)" = "$key" ] && return
	need cpio cpio
	tmp=$(mktemp -d)
	mkdir -p "$tmp"/{bin,sbin,proc,sys,dev,run,tmp,etc,root,usr,lib,lab}
	cp "$CACHE/root-arm64/bin/busybox" "$tmp/bin/busybox"
	cp "$LAB/guest/init" "$tmp/init"
	chmod 755 "$tmp/init" "$tmp/bin/busybox"
	ln -s busybox "$tmp/bin/sh"
	(cd "$tmp" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$out.part"
	mv "$out.part" "$out"
	echo "$key" >"$out.key"
	rm -rf "$tmp"
}

guest_root() {
	with_lock root root_build
	with_lock initramfs initramfs_build
}
