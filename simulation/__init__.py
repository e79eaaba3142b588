"""Synthetic volunteers with a known truth, driving the same use cases as people do."""
