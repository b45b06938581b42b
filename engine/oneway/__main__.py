"""`python -m oneway` is `oneway`."""

from oneway.cli import main

main()
