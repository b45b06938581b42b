"""The dialogue of `oneway connect`: what it asks, tests and saves.

setup       creates a connection, or renews its credentials
request     answers from the command line       naming      its name and its file
mappings    which mapping                       settings    the mapping's settings
schedule    when it runs by itself              side        one system: sign in, test
choosing    choose from a list                  notify      who gets its notices
output      what was saved, and where           first_sync  the plan, a question, the first run
"""
