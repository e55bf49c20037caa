# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernels: base is built first, patched and debug start as copies of its tree,
# objects included, so that only what differs is compiled again.

LINUX_VERSION=${LINUX_VERSION:-7.3}
CROSS=aarch64-linux-gnu-
KMAKE_ENV=(KBUILD_BUILD_TIMESTAMP=1970-01-01 KBUILD_BUILD_USER=atcq KBUILD_BUILD_HOST=lab)

kmake() {
	local cc="$CROSS"
	command -v ccache >/dev/null 2>&1 && cc="ccache $CROSS"
	make -s -j"$JOBS" ARCH=arm64 CROSS_COMPILE="$cc" "${KMAKE_ENV[@]}" "$@"
}

kernel_needs() {
	need "${CROSS}gcc" gcc-aarch64-linux-gnu
	need flex flex; need bison bison; need bc bc; need pahole dwarves
	need rsync rsync; need python3 python3
}

# The pristine tree; LINUX_SRC is copied, never built in or changed
kernel_source() {
	local dir="$CACHE/linux-$LINUX_VERSION" deb
	[ -e "$dir/.pristine" ] && { echo "$dir"; return; }
	enough_disk 12
	rm -rf "$dir"; mkdir -p "$dir"
	if [ -n "${LINUX_SRC:-}" ]; then
		[ -f "$LINUX_SRC/Kconfig" ] || die "LINUX_SRC=$LINUX_SRC is not a Linux source tree"
		say "copying $LINUX_SRC"
		rsync -a --exclude .git --exclude '*.o' "$LINUX_SRC/" "$dir/"
	else
		deb=$(fetch_linux "$LINUX_VERSION")
		say "unpacking $(basename "$deb")"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO "./usr/src/linux-source-$LINUX_VERSION.tar.xz" |
			tar -xJ --strip-components=1 -C "$dir" ||
			die "$deb could not be unpacked (disk full, or a broken download: delete it)"
	fi
	touch "$dir/.pristine"
	echo "$dir"
}

# patched_files PRISTINE SERIES OUT: what the files that a series touches become
patched_files() {
	local files
	mkdir -p "$3"
	[ -n "$(ls "$2"/*.patch 2>/dev/null)" ] || return 0
	files=$(cat "$2"/*.patch | sed -n 's,^\(---\|+++\) [ab]/\([^\t]*\).*,\2,p' | sort -u)
	while read -r f; do
		[ -e "$1/$f" ] || continue
		mkdir -p "$3/$(dirname "$f")" && cp "$1/$f" "$3/$f"
	done <<<"$files"
	cat "$2"/*.patch | patch -s -d "$3" -p1 -F0 --no-backup-if-mismatch ||
		die "the series $2 does not apply to $1"
}

# update_tree TREE PRISTINE SERIES: only files whose content changes are written
update_tree() {
	local tmp f
	tmp=$(mktemp -d)
	patched_files "$2" "$3" "$tmp/new"
	if [ -f "$1/.series-files" ]; then
		while read -r f; do # files of the former series that this one leaves alone
			[ -e "$tmp/new/$f" ] && continue
			if [ -e "$2/$f" ]; then
				cmp -s "$2/$f" "$1/$f" || cp "$2/$f" "$1/$f"
			else
				rm -f "$1/$f"
			fi
		done <"$1/.series-files"
	fi
	sync_files "$tmp/new" "$1"
	(cd "$tmp/new" && find . -type f | sed 's,^\./,,') >"$1/.series-files"
	rm -rf "$tmp"
}

# merge_config TREE FRAGMENT...: tinyconfig plus fragments, rewritten if changed
merge_config() {
	local tree=$1 want
	shift
	want=$(cat "$@" | sha256sum)
	[ "$(cat "$tree/.lab-config" 2>/dev/null)" = "$want" ] && return
	kmake -C "$tree" tinyconfig >/dev/null
	cat "$@" >>"$tree/.config"
	kmake -C "$tree" olddefconfig >/dev/null 2>&1
	echo "$want" >"$tree/.lab-config"
}

# build_tree NAME TREE: an Image, incrementally
build_tree() {
	progress "kernel-$1" 1850 '^  *\(CC\|LD\|AR\|AS\)' \
		make -j"$JOBS" -C "$2" ARCH=arm64 CROSS_COMPILE="$(cc_prefix)" \
		"${KMAKE_ENV[@]}" Image
}

cc_prefix() { command -v ccache >/dev/null 2>&1 && echo "ccache $CROSS" || echo "$CROSS"; }

# kernel_base: prints the path of the unpatched kernel's Image
kernel_base() {
	local src tree="$CACHE/kernel/base" key
	key=$(content_key "$LAB/config/lab.config" "$LAB/lib/kernel.sh")
	if [ "$(cat "$tree/.done" 2>/dev/null)" != "$key" ]; then
		kernel_needs
		src=$(kernel_source)
		[ -e "$tree/.copied" ] || {
			rm -rf "$tree"; mkdir -p "$CACHE/kernel"
			cp -a "$src" "$tree" && touch "$tree/.copied"
		}
		merge_config "$tree" "$LAB/config/lab.config"
		build_tree base "$tree"
		echo "$key" >"$tree/.done"
	fi
	echo "$tree/arch/arm64/boot/Image"
}

# kernel_series NAME FRAGMENT...: the series on top of base
kernel_series() {
	local name=$1 tree="$CACHE/kernel/$1" key
	shift
	with_lock kernel-base kernel_base >/dev/null
	key=$(content_key "$TOP"/patches/linux/*.patch "$@" "$CACHE/kernel/base/.done")
	if [ "$(cat "$tree/.done" 2>/dev/null)" != "$key" ]; then
		kernel_needs
		# Whose configuration changed is compiled from the start; base has that behind it
		[ "$(cat "$tree/.copied" 2>/dev/null)" = "$(cat "$CACHE/kernel/base/.lab-config")" ] || {
			enough_disk 6; rm -rf "$tree"
			say "copying the base kernel's tree for $name"
			with_lock kernel-base cp -a "$CACHE/kernel/base" "$tree"
			rm -f "$tree/.done"
			cat "$CACHE/kernel/base/.lab-config" >"$tree/.copied"
		}
		update_tree "$tree" "$CACHE/linux-$LINUX_VERSION" "$TOP/patches/linux"
		merge_config "$tree" "$@"
		build_tree "$name" "$tree"
		echo "$key" >"$tree/.done"
	fi
	echo "$tree/arch/arm64/boot/Image"
}

# kernel_tree DIR: the user's own tree, built as it is configured
kernel_tree() {
	[ -f "$1/Kconfig" ] || die "--kernel tree:$1 is not a Linux source tree"
	kernel_needs
	[ -f "$1/.config" ] || merge_config "$1" "$LAB/config/lab.config"
	build_tree "tree" "$1"
	echo "$1/arch/arm64/boot/Image"
}
