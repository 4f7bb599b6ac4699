"""Rigs: the example host run for real, to be measured (`rigs.bench`) and to be killed (`rigs.chaos`)."""
