# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian packages without touching the machine's own apt or dpkg state.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror that the machine itself uses
mirror() {
	local uri
	uri=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		sed 's,/*$,,' | grep -m1 -E '/debian$' || true)
	[ -n "$uri" ] || die "no Debian mirror in this machine's apt configuration: set LINUX_SRC and QEMU_SRC to sources of your own"
	echo "$uri"
}

# private_apt NAME ARCH TYPE SUITE...: sets APT, an apt-get command line
private_apt() {
	local dir="$CACHE/apt/$1" arch=$2 type=$3 uri suite
	shift 3
	need apt-get apt
	[ -r "$KEYRING" ] || die "$KEYRING is missing (package debian-archive-keyring)"
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >>"$dir/status"
	uri=$(mirror)
	: >"$dir/sources.list"
	for suite; do
		case $suite in
		*-security) echo "$type [signed-by=$KEYRING] ${uri%/debian}/debian-security $suite main" ;;
		*) echo "$type [signed-by=$KEYRING] $uri $suite main" ;;
		esac >>"$dir/sources.list"
	done
	APT=(apt-get -qq -y
		-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$dir/lists" -o "Dir::State::status=$dir/status"
		-o "Dir::Cache::archives=$dir/archives" -o Dir::Cache::pkgcache=
		-o Dir::Cache::srcpkgcache= -o "APT::Architecture=$arch"
		-o "APT::Architectures=$arch" -o "APT::Sandbox::User=$(id -un)"
		-o Acquire::Retries=3 -o Debug::NoLocking=1)
	if ! "${APT[@]}" update >"$dir/update.log" 2>&1; then
		tail -n 3 "$dir/update.log" >&2
		return 1
	fi
}

# fetch_linux VERSION: prints the path of the kernel's source archive
fetch_linux() {
	local pkg="linux-source-$1" suite deb
	deb=$(find "$CACHE/dl" -name "${pkg}_*.deb" | sort -V | tail -n 1)
	if [ -z "$deb" ]; then
		for suite in trixie-backports trixie forky forky-backports sid; do
			private_apt "linux-$suite" amd64 deb "$suite" || continue
			(cd "$CACHE/dl" && "${APT[@]}" download "$pkg" >/dev/null 2>&1) || continue
			say "$pkg comes from $suite"
			break
		done
		deb=$(find "$CACHE/dl" -name "${pkg}_*.deb" | sort -V | tail -n 1)
	fi
	[ -n "$deb" ] || die "$pkg is in none of the suites tried, or the mirror cannot be reached: set LINUX_SRC to a Linux $1 tree"
	echo "$deb"
}

# fetch_qemu DIR: unpacks Debian's qemu source, with Debian's patches, into DIR
fetch_qemu() {
	need dpkg-source dpkg-dev
	private_apt qemu-src amd64 deb-src bookworm bookworm-updates bookworm-security ||
		die "the mirror cannot be reached: set QEMU_SRC to Debian 12's qemu source, or QEMU to an emulator with our patches"
	rm -rf "$1.part" && mkdir -p "$1.part"
	(cd "$1.part" && "${APT[@]}" --download-only source qemu >/dev/null 2>&1 &&
		dpkg-source --no-check -x ./*.dsc src >/dev/null 2>&1) ||
		die "Debian 12's source package qemu could not be fetched (network?) or unpacked (disk?): set QEMU_SRC to that source, or QEMU to an emulator with our patches"
	mv "$1.part/src" "$1" && rm -rf "$1.part"
}

# fetch_closure NAME ARCH PACKAGE...: prints the folder with all .debs needed
fetch_closure() {
	local name=$1 arch=$2
	shift 2
	private_apt "$name" "$arch" deb bookworm bookworm-updates bookworm-security ||
		die "the mirror cannot be reached, and $name is not in the cache yet"
	"${APT[@]}" install --download-only --no-install-recommends "$@" >"$CACHE/log/$name.log" 2>&1 ||
		{ tail -n 3 "$CACHE/log/$name.log" >&2; die "packages for $name could not be fetched: is there a network, and room in $CACHE?"; }
	echo "$CACHE/apt/$name/archives"
}
