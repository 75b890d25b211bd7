"""What a patient says of a medicine, against the plan."""

import pytest

from clinic.discharge_plan import Medicine
from conversations.teachback import Mark, compare

APIXABAN = Medicine("apixaban", "2.5 mg", "by mouth", "twice a day", "to prevent blood clots")
ACETAMINOPHEN = Medicine("acetaminophen", "650 mg", "by mouth", "every 6 hours", "pain")
OXYCODONE = Medicine("oxycodone", "5 mg", "by mouth", "as needed", "severe pain")
DOCUSATE = Medicine("docusate", "100 mg", "by mouth", "every evening", "constipation")
ALBUTEROL = Medicine("albuterol", "2 puffs", "inhaled", "every 4 hours as needed", "wheezing")


@pytest.mark.parametrize(
    ("medicine", "said", "amiss"),
    [
        (APIXABAN, "I take apixaban two point five milligrams twice a day so I don't get blood clots", []),
        (APIXABAN, "2.5 mg, morning and night, for clots", []),
        (APIXABAN, "one in the morning and one at night, 2.5, it thins the blood so there are no clots", []),
        (APIXABAN, "apixaban five milligrams twice a day for clots", ["dose"]),
        (APIXABAN, "2.5 milligrams once a day for clots", ["times"]),
        (APIXABAN, "2.5 milligrams twice a day", ["reason"]),
        (APIXABAN, "twice a day for the clots", ["dose"]),
        (APIXABAN, "I don't remember", ["dose", "times", "reason"]),
        (APIXABAN, "the warfarin, 2.5 mg twice a day for clots", ["drug"]),
        (APIXABAN, "apixiban 2.5 twice daily against clots", []),
        (ACETAMINOPHEN, "650 every six hours when it hurts", []),
        (ACETAMINOPHEN, "the Tylenol, six hundred fifty milligrams four times a day for the pain", []),
        (ACETAMINOPHEN, "650 mg every 4 hours for pain", ["times"]),
        (OXYCODONE, "5 milligrams only if the pain is really bad", []),
        (OXYCODONE, "5 milligrams every day for pain", ["times"]),
        (DOCUSATE, "one hundred milligrams at bedtime so I can go to the bathroom, for constipation", []),
        (DOCUSATE, "100 mg in the morning for constipation", ["times"]),
        (ALBUTEROL, "two puffs every four hours if I need it for wheezing", []),
        (ALBUTEROL, "one puff every four hours for wheezing", ["dose"]),
    ],
)
def test_each_part_is_compared(medicine, said, amiss):
    assert compare(medicine, said).amiss == amiss


def test_what_the_plan_does_not_say_is_not_asked():
    assert compare(Medicine("aspirin"), "every day").marks == {
        "drug": Mark.RIGHT,
        "dose": Mark.NOT_ASKED,
        "times": Mark.NOT_ASKED,
        "reason": Mark.NOT_ASKED,
    }


def test_missing_and_different_are_told_apart():
    assert compare(APIXABAN, "once a day").marks["times"] is Mark.DIFFERENT
    assert compare(APIXABAN, "2.5 mg").marks["times"] is Mark.MISSING
