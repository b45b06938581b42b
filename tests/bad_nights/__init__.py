"""Bad nights: real processes on a moved clock, and what every place says of them.

system   the target: a real HTTP server that can be down, refuse, hang or forget
stage    a folder with a connection, its scheduler, and all places that tell
nights   the nights, and what is true of each
table    the nights and what was said, as a page of the documentation
"""
