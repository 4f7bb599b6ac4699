"""What may be done in the shop, as governed actions: every tool of the recordings, under its name there."""
