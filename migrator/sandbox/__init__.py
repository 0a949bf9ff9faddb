"""Each vendor's API on loopback, strict and stateful: to rehearse a migration, for the demo, for tests.

A sandbox is built from the vendor's contract alone. It imports nothing of `migrator.vendors`, and nothing there imports it, so that one
misreading of the contract cannot confirm itself.
"""
