"""What earlier runs and all records together tell a plan: links, doubts, observations."""
