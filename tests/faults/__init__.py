"""The fault matrix: every kind of call, every fault, and what a night ends with."""

import sys
from pathlib import Path

# What tests share is found as well where a package of them is run as a program.
sys.path.append(str(Path(__file__).resolve().parents[1]))
