# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel patched
# proves: the script of the stock kernels on the patched one, where nothing is unknown
set -- all
. tests/lab/guest/seen.sh
