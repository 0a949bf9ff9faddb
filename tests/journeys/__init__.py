"""Whole migrations, sandbox to sandbox over real sockets, driven by the command line in a process of its own."""
