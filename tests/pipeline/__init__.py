"""The pipeline on the memory vendor: exactly once under every fault, in any order."""
