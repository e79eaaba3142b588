"""Whole stories, through the same doors people use."""
