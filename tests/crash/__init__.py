"""Crashes, disk trouble, and two runs at once; see the README beside this file."""
