"""Crashes: servers killed at random points of a replay, and a count of what was lost."""
