#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# proves: an incident is the same in html, csv and perfetto, with its phases, its CMD_SYNCs over time and what made it
set -uo pipefail
lab=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$lab/vm" --kernel "${LAB_KERNEL:-patched}" --timeout 120 --log "${LOG:-$dir/log}" --share "$dir" -- \
	sh "$lab/guest/report.sh" "$dir" || exit 1
"$lab/../web/check_perfetto.py" "$dir/report.json" --incidents 1 --devices 1 || exit 1
exec "$lab/lib/report_forms.py" "$dir"
