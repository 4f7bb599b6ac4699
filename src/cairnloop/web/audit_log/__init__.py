"""The audit log: who did what, why, and on what evidence, over everything."""
