"""Several machines over one PostgreSQL: one of them writes, whatever befalls the others."""
