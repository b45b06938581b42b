"""Lets Alembic use the open connection and its transaction."""

from alembic import context

from oneway.history.journal.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,  # the caller begins and ends the transaction
)
context.run_migrations()
