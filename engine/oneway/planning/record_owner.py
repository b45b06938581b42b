"""Names the owner of a target record in a reason: the person, and whether they have left."""

from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow


def owner_text(target_id: str, target: AnyTargetRow | None, row: AnySourceRow | None) -> str:
    """Return the id of a target record, with its person in brackets."""
    said = []
    if row is not None:
        said.append(" ".join(dict.fromkeys(filter(None, (row.key, row.label)))))
    elif target is not None and target.key != target_id:
        said.append(target.key)
    if target is not None and target.left:
        said.append("has left")
    elif row is not None and row.leaver:
        said.append("leaves")
    about = ", ".join(filter(None, said))
    return f"target record {target_id} ({about})" if about else f"target record {target_id}"
