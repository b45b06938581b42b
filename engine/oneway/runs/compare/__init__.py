"""Two mappings, or two engines, planned over the same inputs and compared.

    impact         an edited mapping beside the version before, over what the systems hold
    replay         a past run's plan beside the plan made of its snapshot now
    capture        what a snapshot holds             redact      without sensitive values
    snapshot_file  a snapshot as bytes               projection  the storable part of a record
    evaluate       a snapshot's records, evaluated by today's engine or by another mapping

Both compare plans by `planning.compare` (all that differs) and `planning.impact` (for people).
"""
