"""The command line: one file a verb. The only code that knows every package."""
