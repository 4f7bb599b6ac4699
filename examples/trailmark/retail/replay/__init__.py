"""Lets recorded tasks happen again, as actions that are proposed, approved and run by the worker."""
