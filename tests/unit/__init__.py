"""Single parts by themselves: files of the core and of the command line."""
