"""The heart: trees, messages, tasks and answers."""
