"""What `oneway connect` asks, tests and keeps.

asking     questions in a terminal              choosing   one of a list, by number or by name
wishes     what the command line gives          sides      one system: signed in, tested, chosen
mappings   which mapping                        settling   secrets and the file, all or nothing
first_sync the plan, a question, the first run
"""
