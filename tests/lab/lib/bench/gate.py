# SPDX-License-Identifier: GPL-2.0-only
"""Prints the noise of what bench/gate.sh measured."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "gate"))
from draw import noise  # noqa: E402

noise(sys.argv[1], sys.argv[2:])
