"""The knowledge base in the dashboard: the list, one article, its editor, its history, and publishing."""
