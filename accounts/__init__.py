"""The person: who they are, what they agreed to, what they may do, what they earned."""
