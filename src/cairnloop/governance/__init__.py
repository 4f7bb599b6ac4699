"""Actions that are proposed, approved as they were seen, and run once at most."""
