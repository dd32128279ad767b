"""A model of one Kong 3.9.3 node without a database, bad habits included, with real LuaJIT for functions.

It knows declarative files and requests, and nothing of what makes either. Tests hold it to behaviour recorded from
Kong's own code.
"""
