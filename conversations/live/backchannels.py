"""Is this "mm-hm", or do they want the floor? Pure: the words and how long they took.

The rule is short because the question is: on 1,384 overlapping utterances of the AMI corpus, knowing the label that
each text mostly gets would reach F1 0.846; this rule reaches 0.80, held-out logistic regression and boosted
trees over words and duration 0.81 (docs/decisions/0043). It leans to carrying on: of true backchannels, 95 % pass.
"""

import re

MOST_WORDS = 3
LONGEST_S = 3.0  # "mm" drawn out longer than this is a groan


def word_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


HUMS = word_list("mm mmm mhm mmhm mmhmm mmmm mmmhmm hmm hmmm hm uhhuh huh aha uh um er erm oh ah eh")
ASSENT = word_list("yeah yah yep yup yes okay ok kay alright right fine sure")


def words_in(text: str) -> list[str]:
    """Lower case, "mm-hm" as one word."""
    return [word.strip("'") for word in re.findall(r"[a-z0-9']+", text.lower().replace("-", "").replace("’", "'"))]


def is_backchannel(text: str, duration_s: float) -> bool:
    words = words_in(text)
    few = len(words) <= MOST_WORDS or all(word in HUMS for word in words)
    return few and duration_s <= LONGEST_S and all(word in HUMS or word in ASSENT for word in words)
