"""Figures: leaderboards, troll boards, streaks, agreement, and what the public is told."""
