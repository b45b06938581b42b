"""The dialogue of `oneway connect`: what it asks, tests and saves.

setup       creates a connection, or renews its credentials
prompts     questions in a terminal             request     what the command line gives instead
naming      its name and its file               mappings    which mapping
settings    the mapping's settings              schedule    when it runs by itself
side        one system: signed in, tested       choosing    one of a list, by number or by name
telling     who gets its notices                output      what was saved, and where
first_sync  the plan, a question, the first run
"""
