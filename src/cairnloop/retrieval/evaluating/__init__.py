"""How good search is on a labelled set: a scratch database, the real search path, and what it is compared with."""
