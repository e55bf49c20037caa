# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel distro:6.12 --append pci=config_acs=xx111x1@pci:1b36:000c
# proves: Debian's own kernel 6.12, without any patch: one incident, every CMDQ error, the FLR's result, and what is unknown
. tests/lab/guest/seen.sh
