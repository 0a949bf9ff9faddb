"""The straight line: extract -> transform -> load, then verify. The stages run at the same time and meet only in the checkpoint."""
