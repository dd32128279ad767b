"""The command line: parse, call the stages, render, exit. Only this package prints."""
