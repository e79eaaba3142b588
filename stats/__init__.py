"""Streaks and public figures."""
