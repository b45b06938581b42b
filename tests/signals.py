"""The signals that tests send, heard by the processes that they start.

A shell starts a job in the background, and `nohup` some more, with signals ignored, and a
process hands down what it ignores: a child would never hear Ctrl-C. What a process handles
itself is not handed down; its children begin with what is usual.
"""

import signal

SENT = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def let_children_hear() -> None:
    """Start children with the usual handling of signals; this process hears no more than before."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SENT)
    for number in SENT:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
