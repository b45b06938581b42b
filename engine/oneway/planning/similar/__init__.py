"""Records that may belong to one person although no match key says so."""
