"""The vendors: each sandbox against its contract, each adapter against its sandbox."""
