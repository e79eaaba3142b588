"""Releases: from what an administrator asks for to files that people load, trust and can have cleaned."""
