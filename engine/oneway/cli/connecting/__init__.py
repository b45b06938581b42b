"""The dialogue of `oneway connect`: what it asks, tests and saves.

connection  the way from nothing to a connection, or to other credentials
asking      questions in a terminal             wishes      what the command line gives instead
naming      its name and its file               mappings    which mapping
settings    the mapping's switches              timing      when it runs by itself
sides       one system: signed in, tested       choosing    one of a list, by number or by name
settling    credentials and file, all or none   telling     what was kept, and where
first_sync  the plan, a question, the first run
"""
