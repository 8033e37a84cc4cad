"""What other systems and browsers ask: the REST contract, snapshots by revision, health, and the gate before them."""
