"""How drafts do on labelled conversations."""
