"""Silence: no credential and no sensitive value is anywhere, whatever goes wrong.

canaries  what must be nowhere, in every form       forms   how a system gives a value back
servers   both systems, one of them misbehaving     world   a folder, its runs, and what they left
cases     which runs                                __main__  all of them, counted
"""
