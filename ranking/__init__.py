"""Consensus as a plain library: ballots in, order and quality out. No Django, no database."""

from ranking.acceptance import (
    DECIDING,
    Opinion,
    SequentialRule,
    Verdict,
    acceptance_score,
    sequential_verdict,
)
from ranking.agreement import (
    Alpha,
    RankingAgreement,
    kendall_tau_b,
    kendall_w,
    krippendorff_alpha,
    ranking_agreement,
    raw_agreement,
)
from ranking.ballots import BallotError
from ranking.bootstrap import Estimate
from ranking.bradley_terry import bradley_terry
from ranking.choices import TooManyTies
from ranking.consensus import Consensus, Ranked, consensus, preferences
from ranking.copeland import Copeland, copeland
from ranking.dawid_skene import DawidSkene, dawid_skene, one_coin, pseudo_votes
from ranking.gold import GoldRules, Tally, choose_gold, gold_candidates, overwhelming
from ranking.kemeny import Kemeny, kemeny_young
from ranking.mace import Mace, mace
from ranking.plackett_luce import Adherences, plackett_luce, plackett_luce_with_adherence
from ranking.preferences import Preference, flip_margin
from ranking.ranked_pairs import ranked_pairs
from ranking.reliability import Prior, ReviewerReliability, information, information_gain, reviewer_reliability
from ranking.splits import Cause, Split, disagreement, why_split
from ranking.stopping import RankingRule, rankings_wanted
from ranking.strengths import Strengths
from ranking.votes import Votes

__all__ = [
    "DECIDING",
    "Adherences",
    "Alpha",
    "BallotError",
    "Cause",
    "Consensus",
    "Copeland",
    "DawidSkene",
    "Estimate",
    "GoldRules",
    "Kemeny",
    "Mace",
    "Opinion",
    "Preference",
    "Prior",
    "Ranked",
    "RankingAgreement",
    "RankingRule",
    "ReviewerReliability",
    "SequentialRule",
    "Split",
    "Strengths",
    "Tally",
    "TooManyTies",
    "Verdict",
    "Votes",
    "acceptance_score",
    "bradley_terry",
    "choose_gold",
    "consensus",
    "copeland",
    "dawid_skene",
    "disagreement",
    "flip_margin",
    "gold_candidates",
    "information",
    "information_gain",
    "kemeny_young",
    "kendall_tau_b",
    "kendall_w",
    "krippendorff_alpha",
    "mace",
    "one_coin",
    "overwhelming",
    "plackett_luce",
    "plackett_luce_with_adherence",
    "preferences",
    "pseudo_votes",
    "ranked_pairs",
    "ranking_agreement",
    "rankings_wanted",
    "raw_agreement",
    "reviewer_reliability",
    "sequential_verdict",
    "why_split",
]
