"""Many nights of one connection, by a seed: what is not seen must not be taken for gone.

town     the people as they really are, and the two systems, which show less than that
night    one night: edits, and a run with whatever befalls it
life     one seed: many nights, with crashes, and backups that are restored
"""
