"""Silence: no credential and no sensitive value is anywhere, whatever goes wrong.

canaries    what must be nowhere, in every form     forms    how a system gives a value back
servers     both systems, one of them misbehaving   told     a webhook and a mail server, likewise
world       a folder, its runs, and what they left  office   the connections in it
cases       runs of mappings, and all cases         case     what a case is
connecting  runs that connect and disconnect        notices  runs that tell somebody
nights      run-due and serve                       __main__ all of them, counted
"""
