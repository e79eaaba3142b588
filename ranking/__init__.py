"""Consensus as a plain library: ballots in, order and quality out. No Django, no database."""

from ranking.acceptance import DECIDING, acceptance_score
from ranking.ballots import BallotError
from ranking.ranked_pairs import ranked_pairs

__all__ = ["DECIDING", "BallotError", "acceptance_score", "ranked_pairs"]
