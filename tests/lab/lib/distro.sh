# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's own arm64 kernels, prebuilt: the image, and the few modules that the
# guest needs before it can mount anything, in an initramfs of their own.

DISTRO_MODULES=(virtio_pci virtio_console 9pnet_virtio 9p virtio_blk virtio_net
	vfio_pci vfio_iommu_type1)

# The flavour for real machines: the one for clouds has no 9p
# distro_release VERSION: the newest release of that version, or nothing
distro_release() {
	apt-cache "${APT[@]:3}" pkgnames linux-image- 2>/dev/null |
		sed -n "s/^linux-image-\($1[.0-9]*[+~a-z0-9.]*-arm64\)$/\1/p" |
		sort -V | tail -n 1
}

# distro_fetch VERSION DIR: unpacks image and modules into DIR/root
distro_fetch() {
	local suite release name deb
	for suite in trixie trixie-backports bookworm-backports forky sid; do
		private_apt "distro-$suite" arm64 deb "$suite" || continue
		release=$(distro_release "$1")
		[ -n "$release" ] || continue
		say "Debian's kernel $release comes from $suite"
		# Which package has the image depends on the release
		for name in "linux-binary-unsigned-$release" "linux-image-$release-unsigned" \
			"linux-binary-$release" "linux-image-$release" "linux-modules-$release"; do
			(cd "$2" && "${APT[@]}" download "$name" >/dev/null 2>&1) || true
		done
		for deb in "$2"/*.deb; do
			[ ! -e "$deb" ] || dpkg-deb -x "$deb" "$2/root"
		done
		rm -f "$2"/*.deb
		[ -n "$(find "$2/root" -name 'vmlinuz*' 2>/dev/null)" ] && return
		rm -rf "$2/root"
	done
	die "no Debian kernel $1 for arm64 in the suites tried (see --help for other kernels)"
}

# distro_modules DIR: DIR/modules.gz, an initramfs with what must be loaded, in order
distro_modules() {
	local root="$1/root" release module path tmp
	[ -d "$root/lib/modules" ] || { mkdir -p "$root/lib" && ln -s ../usr/lib/modules "$root/lib/modules"; }
	release=$(basename "$(find "$root/lib/modules/" -mindepth 1 -maxdepth 1 -type d | head -n 1)")
	need depmod kmod
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$root" "$release" 2>/dev/null || true
	tmp=$(mktemp -d)
	mkdir -p "$tmp/modules"
	for module in "${DISTRO_MODULES[@]}"; do
		PATH=$PATH:/sbin:/usr/sbin modprobe -d "$root" -S "$release" --show-depends "$module" 2>/dev/null |
			sed -n 's/^insmod \([^ ]*\).*/\1/p' || true # built in, or not in this kernel
	done | awk '!seen[$0]++' >"$tmp/paths"
	while read -r path; do
		case $path in
		*.xz) xz -dc "$path" >"$tmp/modules/$(basename "$path" .xz)" ;;
		*.zst) zstd -qdc "$path" >"$tmp/modules/$(basename "$path" .zst)" ;;
		*) cp "$path" "$tmp/modules/" ;;
		esac
		basename "$path" | sed 's/\.ko.*/.ko/' >>"$tmp/modules/order"
	done <"$tmp/paths"
	(cd "$tmp" && find modules | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$1/modules.gz"
	rm -rf "$tmp"
}

# kernel_distro VERSION: prints the path of the image; modules.gz is beside it
kernel_distro() {
	local dir="$CACHE/distro/$1"
	if [ ! -e "$dir/Image" ]; then
		rm -rf "$dir" && mkdir -p "$dir"
		distro_fetch "$1" "$dir"
		distro_modules "$dir"
		cp "$(find "$dir/root" -name 'vmlinuz*' | head -n 1)" "$dir/Image.part"
		mv "$dir/Image.part" "$dir/Image"
		rm -rf "$dir/root"
	fi
	echo "$dir/Image"
}
