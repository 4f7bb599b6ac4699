"""The approvals: actions that wait for an operator, over all conversations."""
