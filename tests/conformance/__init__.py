"""One suite that every source passes, and one that every target passes."""
