"""Streaks. Figures for the public and leaderboards will live here too."""
