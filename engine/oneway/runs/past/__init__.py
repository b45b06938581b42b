"""Past runs: finds them, and tells what became of each person, connection and change."""
