"""People and conversations for trying the site out. Never part of a dataset."""
