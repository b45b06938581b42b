"""`python -m oneway` is `oneway`."""

import sys


def start() -> None:
    """Run the command line. Ctrl-C while its modules are loaded ends it as it does later."""
    try:
        from oneway.cli import main
    except KeyboardInterrupt:
        sys.stderr.write("oneway: interrupted; nothing had begun\n")
        sys.exit(130)
    main()


if __name__ == "__main__":
    start()
