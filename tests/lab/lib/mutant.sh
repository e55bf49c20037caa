# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Mutants: the series with patches on top that break something on purpose, or with another
# configuration. All
# are built one after the other in one tree, so that each costs the objects that
# it changes and a link; only the Images are kept.

# mutant_series DIR FILE...: the series, and the patches among FILEs last, as
# update_tree wants them
mutant_series() {
	local dir=$1 file i=0
	shift
	rm -rf "$dir" && mkdir -p "$dir"
	ln -s "$TOP"/patches/linux/*.patch "$dir/"
	for file; do
		[[ $file != *.patch ]] || ln -s "$file" "$dir/zz-mutant-$i.patch"
		i=$((i + 1))
	done
}

# mutant_configs KIND FILE...: prints the fragments that KIND is made of, and those among FILEs
mutant_configs() {
	local kind=$1 file
	shift
	printf '%s\n' "$LAB/config/lab.config" "$LAB/config/patched.config"
	[ "$kind" != debug ] || echo "$LAB/config/debug.config"
	for file; do [[ $file != *.config ]] || echo "$file"; done
}

# mutant_base KIND: the tree that mutants of the kernel KIND start from, complete
mutant_base() {
	local configs
	mapfile -t configs < <(mutant_configs "$1")
	with_lock "kernel-$1" kernel_series "$1" "${configs[@]}" >/dev/null
	echo "$CACHE/kernel/$1"
}

# kernel_mutant NAME KIND FILE...: prints the path of the Image of the kernel KIND
# (patched, or debug) with FILEs, patches or fragments of a configuration, on top;
# NAME is what messages call it
kernel_mutant() {
	local name=$1 kind=$2 files configs base tree key dir
	shift 2
	mapfile -t files < <(realpath -- "$@")
	mapfile -t configs < <(mutant_configs "$kind" "${files[@]}")
	base=$(mutant_base "$kind")
	key=$(content_key "$base/.done" "${files[@]}")
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
		mutant_series "$tree.series" "${files[@]}"
		update_tree "$tree" "$CACHE/linux-$LINUX_VERSION" "$tree.series"
		merge_config "$tree" "${configs[@]}"
		build_tree "mutant-$kind" "$tree"
		# Of one mutant, the latest is enough
		rm -rf "$CACHE/kernel/mutants/$kind-$name-"????????????????
		mkdir -p "$dir"
		cp "$tree/arch/arm64/boot/Image" "$dir/Image.part"
		cp "$tree/.config" "$dir/config"
		mv "$dir/Image.part" "$dir/Image"
	fi
	echo "$dir/Image"
}
