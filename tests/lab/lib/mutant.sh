# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Mutants: the series with one more patch, which breaks something on purpose. All
# are built one after the other in one tree, so that each costs the objects that
# it changes and a link; only the Images are kept.

# mutant_series PATCH DIR: the series, and PATCH last, as update_tree wants them
mutant_series() {
	rm -rf "$2" && mkdir -p "$2"
	ln -s "$TOP"/patches/linux/*.patch "$2/"
	ln -s "$1" "$2/zz-mutant.patch"
}

# mutant_base KIND: the tree that mutants of the kernel KIND start from, complete
mutant_base() {
	local lab="$LAB/config/lab.config" configs=()
	[ "$1" != debug ] || configs=("$LAB/config/debug.config")
	with_lock "kernel-$1" kernel_series "$1" "$lab" "$LAB/config/patched.config" "${configs[@]}" >/dev/null
	echo "$CACHE/kernel/$1"
}

# kernel_mutant NAME PATCH [KIND]: prints the path of the Image of the kernel KIND
# (patched, or debug) with PATCH on top; NAME is what messages call it
kernel_mutant() {
	local name=$1 patch kind=${3:-patched} base tree key dir
	patch=$(realpath "$2")
	base=$(mutant_base "$kind")
	key=$(content_key "$base/.done" "$patch")
	dir="$CACHE/kernel/mutants/$kind-$name-$key"
	if [ ! -e "$dir/Image" ]; then
		tree="$CACHE/kernel/mutant-$kind"
		[ "$(cat "$tree/.copied" 2>/dev/null)" = "$(cat "$base/.lab-config")" ] || {
			enough_disk 6
			say "copying the $kind kernel's tree for mutants"
			rm -rf "$tree"
			with_lock "kernel-$kind" cp -a "$base" "$tree"
			cat "$base/.lab-config" >"$tree/.copied"
		}
		mutant_series "$patch" "$tree.series"
		update_tree "$tree" "$CACHE/linux-$LINUX_VERSION" "$tree.series"
		build_tree "mutant-$kind" "$tree"
		# Of one mutant, the latest is enough
		rm -rf "$CACHE/kernel/mutants/$kind-$name-"????????????????
		mkdir -p "$dir"
		cp "$tree/arch/arm64/boot/Image" "$dir/Image.part"
		mv "$dir/Image.part" "$dir/Image"
	fi
	echo "$dir/Image"
}
