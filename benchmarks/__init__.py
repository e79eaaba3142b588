"""Measures handing out and answering, on a small and on a full database in one run."""
