"""Runs: reads files and systems, plans, applies and records. It prints nothing.

    RunRequest ─prepare→ PreparedRun ─plan→ Plan ─judge_plan→ Verdict
                                              └─apply→ Results

`plan.plan_run` reads and plans large inputs in one go, keeping no record. `sync.open_sync` does
both halves under one lock; `reopen.reopen_plan` gets from a saved plan to what `apply` needs.
"""
