"""Small inputs that would end a night: each must end as its record's or its file's error.

A bomb is files and commands. It is set off in a process of its own that may use ten seconds of
a processor and 256 MB, which the system enforces.
"""
