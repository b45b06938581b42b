"""Evidence for a plan from earlier runs and from all records: links, doubts, observations."""
