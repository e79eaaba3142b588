"""Datasets: reading and writing the published formats."""
