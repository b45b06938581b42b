"""Crashes, disk trouble, and two runs at once; see the README beside this file."""

import sys
from pathlib import Path

# What tests share is found as well where a package of them is run as a program.
sys.path.append(str(Path(__file__).resolve().parents[1]))
