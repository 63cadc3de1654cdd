"""The folder that a run writes: its ledger, its rows, its summary."""
