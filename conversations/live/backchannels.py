"""Is this "mm-hm", or do they want the floor? Pure: the words and how long they took."""

import re


def word_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What listeners say to show that they follow, without wanting the floor.
BACKCHANNELS = word_list(
    "mm mhm mm-hm mmhm mmhmm mm-hmm hmm hm uh-huh uhhuh huh yeah yep yes yup okay ok 'kay right sure ah oh aha alright "
    "i see good fine really got it of course"
)
LONGEST_WORDS = 4
LONGEST_S = 1.6


def words_in(text: str) -> list[str]:
    return re.findall(r"[a-z'-]+", text.lower())


def is_backchannel(text: str, duration_s: float) -> bool:
    words = words_in(text)
    return len(words) <= LONGEST_WORDS and duration_s <= LONGEST_S and all(word in BACKCHANNELS for word in words)
