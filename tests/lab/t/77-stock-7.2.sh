# SPDX-License-Identifier: GPL-2.0-only
# vm: --kernel distro:7.2 --append pci=config_acs=xx111x1@pci:1b36:000c
# proves: Debian's own kernel 7.2, without any patch: one incident, every CMDQ error, the FLR's result, and what is unknown
. tests/lab/guest/seen.sh
