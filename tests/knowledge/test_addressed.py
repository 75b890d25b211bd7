"""What is said to a patient, of that patient: inventions in the papers' own words, and the papers in other words.

The inventions were written to pass: each takes a word or two of a passage and says something else.
"""

import pytest

from knowledge import addressed, embeddings, grounding
from tests.conversations import papers

INVENTED = """
You are getting better.
Your wound is healing well.
The bruise means you are healing.
That is nothing serious.
You are doing fine.
Your pain will be gone soon.
It is normal to feel dizzy after this operation.
Some drainage from the incision is normal.
A swollen calf is normal after surgery.
Your temperature is normal.
You can walk without your walker now.
Your incision is infected.
The pain comes from the staples.
Your calf will be fine.
It is safe to drive now.
You have a fever because of the incision.
Bruising gets worse before it gets better.
You are recovering nicely.
Your clots are gone.
Constipation is caused by oxycodone.
The staples hurt because they are loose.
You need a new dressing today.
Your list of medicines is wrong.
Dr. Patel will call you.
Dr. Patel says you can drive.
Your appointment was moved.
Your physical therapist says you can stop.
You can stop using your walker.
You may lift your grandchild.
Oxycodone makes people sleepy.
Apixaban can make you bleed.
A clean towel prevents infection.
Drinking water helps your wound.
Walking helps you heal.
Your bandage can come off.
The hip is bruised because you fell.
You had a blood clot.
Severe pain is expected.
Alcohol is fine in small amounts.
You may shower with a wet dressing.
The incision may get wet in the shower.
Swelling of the calf is painful.
We will call you about your temperature.
Your follow-up is important to check healing.
Put ice on the incision.
Rub the incision with a towel.
Wash the incision with soap.
Take the bandage off today.
Use a cane.
Walk up the stairs every day.
Run a little every day.
Take apixaban with food.
Drink a glass of wine a day.
Eat less fruit.
Call Dr. Patel on March 14.
Bring your walker to the appointment.
Call us when the staples are out.
Take your temperature every day.
Check your incision every day.
Take oxycodone when you drive.
Cover the incision with plastic.
Take a bath with salt.
Sleep on your hip.
Use vegetables to keep the incision dry.
Your doctor is worried about your calf.
Your calf looks swollen.
You are constipated because of oxycodone.
You will be able to drive on March 14.
Your hip is healing.
You can go back to work.
The drainage is from the staples.
Your medicines have been changed.
We have your list of medicines.
I will tell Dr. Patel about your pain.
Dr. Patel is not available.
Dr. Patel removed your staples.
Your surgery was a success.
The incision is closed.
You are allowed more oxycodone.
Constipation is nothing unusual.
Your walker is no longer needed.
You look well.
Your blood is thin.
You had severe bruising.
The wound should be left open.
Leave the towel on the incision.
Your incision should be dry by now.
You may shower tomorrow.
You may shower with help.
Stop walking if you are tired.
Your dressing is too tight.
The dressing comes off by itself.
You can lift a child.
Use the walker at night.
Your staples may fall out.
Bruising will go away on its own.
Bruising can be painful.
You may feel sleepy from the medicine.
Oxycodone can cause constipation.
Take docusate if you are constipated.
Docusate is a stool softener.
You can have one beer.
Drink coffee instead of water.
You can eat anything you like.
Fruit is good for your hip.
Your temperature should be checked every day.
Call 911 if your calf is swollen.
Your calf may have a clot.
Dr. Patel is your surgeon.
Dr. Patel wants to see your incision.
Your appointment is at the hospital.
Bring a friend to the appointment.
You do not need an appointment.
Your list of medicines is complete.
Acetaminophen is safe for you.
Take acetaminophen for a fever.
Your pain should be gone in two weeks.
Pain is normal for two weeks.
You must not walk every day.
Your physical therapist will call you.
You had surgery on your hip.
The staples hurt a little.
Some drainage from the incision is fine.
You should drink until you are full.
""".strip().splitlines()
IN_OTHER_WORDS = """
Your staples will be removed 14 days after surgery.
Your staples come out 14 days after surgery.
Your dressing should be changed every three days.
Your dressing needs changing every three days.
Your appointment with Dr. Patel is on March 14.
You have an appointment with Dr. Patel on March 14 at 10 a.m.
You will need your list of medicines at the appointment.
Your hip may be bruised for two weeks.
Bruising around your hip is normal for two weeks.
Apixaban helps prevent blood clots.
You take apixaban for 35 days.
You take apixaban twice a day to prevent clots.
Acetaminophen is for pain.
Docusate helps prevent constipation.
Oxycodone is only for severe pain.
You cannot drive while you take oxycodone.
You shouldn't lift more than 10 pounds for six weeks.
You are allowed to shower after 48 hours.
It's okay to shower after 48 hours.
No baths for two weeks.
Your incision should stay dry.
The incision should be patted dry with a clean towel.
Please call us if your temperature goes above 101 °F.
If your calf gets swollen or painful, call us.
If there is drainage from the incision, please call.
You need six to eight glasses of water a day.
Fruit and vegetables help prevent constipation.
You may stop using the walker when your physical therapist says so.
The most acetaminophen you may take in one day is 3000 mg.
Your follow-up is on March 14 at 10 a.m. with Dr. Patel.
""".strip().splitlines()


def passing(sentences: list[str]) -> list[str]:
    found = papers.passages()
    return [text for text in sentences if grounding.check(text, found, reader=embeddings.words, spoken=True).supported]


def test_hardly_an_invention_in_the_papers_own_words_is_said():
    assert len(INVENTED) >= 120
    passed = passing(INVENTED)
    assert len(passed) <= 2, passed
    assert not [text for text in passed if "should" in text or text.startswith(("Take", "Drink", "Stop"))]


def test_most_of_the_papers_may_be_said_in_other_words():
    assert len(passing(IN_OTHER_WORDS)) >= 0.8 * len(IN_OTHER_WORDS)


@pytest.mark.parametrize(
    ("sentence", "source", "reason"),
    [
        ("You are getting better.", "Call us if your calf becomes swollen.", "verdict"),
        ("Some chest pain is common.", "Chest pain or pressure", "verdict"),
        ("Your calf is swollen.", "Call us if your calf becomes swollen.", "condition"),
        ("Take docusate if you are constipated.", "Take docusate every evening.", "condition"),
        ("You bleed because of apixaban.", "Apixaban can make you bleed.", "cause"),
        ("You may have a glass of wine.", "Drink water. Do not drink alcohol.", "negation"),
        ("We have your list of medicines.", "Bring your list of medicines.", "unwritten"),
        ("Call us if your calf is swollen.", "Call us if your calf becomes swollen.", ""),
        ("You bleed more easily because of apixaban.", "You bleed more easily because you take apixaban.", ""),
    ],
)
def test_why_it_is_stopped(sentence, source, reason):
    assert addressed.objection(sentence, source) == reason


def test_what_is_new_in_a_sentence_is_named():
    assert list(addressed.unwritten("Put ice on the incision.", "Keep the incision dry.")) == ["put", "ice"]
    assert list(addressed.unwritten("Sleep on your side.", "Sleep with your head raised.")) == ["side"]
    assert not list(addressed.unwritten("Please contact your doctor.", "Call your physician."))
