# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The emulator: Debian 12's QEMU with the series in patches/qemu.

QEMU_CONFIGURE=(--target-list=aarch64-softmmu --without-default-features
	--enable-tcg --enable-fdt --enable-slirp --enable-virtfs --enable-attr
	--enable-cap-ng --disable-install-blobs --meson=/usr/bin/meson)

emulator_needs() {
	need ninja ninja-build; need meson meson; need pkg-config pkg-config
	need patch patch; need rsync rsync
	local lib pkg
	while read -r lib pkg; do
		pkg-config --exists "$lib" || die "the library $lib is missing (package $pkg): run tests/lab/install-packages"
	done <<-'EOF'
		glib-2.0 libglib2.0-dev
		pixman-1 libpixman-1-dev
		slirp libslirp-dev
		libcap-ng libcap-ng-dev
	EOF
	[ -e /usr/include/libfdt.h ] || die "libfdt.h is missing (package libfdt-dev): run tests/lab/install-packages"
	[ -e /usr/include/attr/attributes.h ] || die "attr/attributes.h is missing (package libattr1-dev): run tests/lab/install-packages"
}

emulator_source() {
	local dir="$CACHE/qemu-src"
	[ -e "$dir/configure" ] && return
	enough_disk 4
	if [ -n "${QEMU_SRC:-}" ]; then
		[ -f "$QEMU_SRC/configure" ] || die "QEMU_SRC=$QEMU_SRC is not a QEMU source tree"
		cp -a "$QEMU_SRC" "$dir.part" && mv "$dir.part" "$dir"
	else
		say "fetching Debian's qemu source"
		fetch_qemu "$dir"
	fi
}

build_emulator() {
	(cd "$1" && { [ -e build/build.ninja ] || { mkdir -p build && cd build &&
		../configure "${QEMU_CONFIGURE[@]}" && cd ..; }; } &&
		ninja -C build qemu-system-aarch64)
}

# emulator_build: makes $CACHE/emulator/build/qemu-system-aarch64
emulator_build() {
	local tree="$CACHE/emulator" key
	key=$(content_key "$TOP"/patches/qemu/*.patch "$LAB/lib/emulator.sh")
	[ "$(cat "$tree/.done" 2>/dev/null)" = "$key" ] && return
	emulator_needs
	emulator_source
	[ -e "$tree/.copied" ] || {
		rm -rf "$tree"
		cp -a "$CACHE/qemu-src" "$tree" && touch "$tree/.copied"
	}
	update_tree "$tree" "$CACHE/qemu-src" "$TOP/patches/qemu"
	progress emulator 1755 '^\[' build_emulator "$tree"
	echo "$key" >"$tree/.done"
}

# emulator: sets EMULATOR to the program
emulator() {
	if [ -n "${QEMU:-}" ]; then
		command -v "$QEMU" >/dev/null || die "QEMU=$QEMU is not a program"
		EMULATOR=$QEMU
	else
		with_lock emulator emulator_build
		EMULATOR="$CACHE/emulator/build/qemu-system-aarch64"
	fi
	"$EMULATOR" -device ats-testdev,help >/dev/null 2>&1 ||
		die "$EMULATOR does not have the device ats-testdev: apply patches/qemu, or unset QEMU"
}
