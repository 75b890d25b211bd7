"""The words people agree to. A published version is never edited: a new wording is a new version.

`tests/compliance/test_consent.py` keeps the SHA-256 of every published text.
Plain words, one idea each (grade 6), in each language that the pages offer.
"""

from compliance.models import Purpose

CURRENT = "2027-02"
VOICE_NAMED_SINCE = "2027-01"  # earlier words for services outside did not name the sound of a voice
POSTURE_NAMED_SINCE = "2027-02"  # earlier words named neither posture nor what the care team reads after the call
FALLBACK = "en"

PUBLISHED: dict[str, dict[str, dict[Purpose, str]]] = {
    "2026-11": {
        "en": {
            Purpose.AI_CALL: "I agree to talk with an AI assistant, not a person, by video call about my recovery.",
            Purpose.VOICE: "I agree that the assistant turns what I say into words, so that it can understand me.",
            Purpose.PERCEPTION: "I agree that my own device notices my expression and posture "
            "and tells the assistant in short notes.",
            Purpose.RECORDING: "I agree that sound and picture of my call are recorded for my care team.",
            Purpose.MEMORY: "I agree that the assistant remembers what I told it for my next call.",
            Purpose.EXTERNAL_MODEL: "I agree that my words are sent to an outside language model "
            "that my clinic has a contract with.",
            Purpose.SHARING: "I agree that a summary is shared with the people I name.",
        },
        "es": {
            Purpose.AI_CALL: "Acepto hablar por videollamada sobre mi recuperación con un asistente de IA, "
            "que no es una persona.",
            Purpose.VOICE: "Acepto que el asistente convierta en texto lo que digo, para poder entenderme.",
            Purpose.PERCEPTION: "Acepto que mi propio dispositivo observe mi expresión y mi postura "
            "y se lo diga al asistente en notas breves.",
            Purpose.RECORDING: "Acepto que se graben el sonido y la imagen de mi llamada para mi equipo médico.",
            Purpose.MEMORY: "Acepto que el asistente recuerde lo que le conté para mi próxima llamada.",
            Purpose.EXTERNAL_MODEL: "Acepto que mis palabras se envíen a un modelo de lenguaje externo "
            "con el que mi clínica tiene un contrato.",
            Purpose.SHARING: "Acepto que se comparta un resumen con las personas que yo indique.",
        },
        "de": {
            Purpose.AI_CALL: "Ich bin einverstanden, per Videoanruf mit einem KI-Assistenten, nicht mit einem "
            "Menschen, über meine Genesung zu sprechen.",
            Purpose.VOICE: "Ich bin einverstanden, dass der Assistent das, was ich sage, in Text umwandelt, "
            "damit er mich verstehen kann.",
            Purpose.PERCEPTION: "Ich bin einverstanden, dass mein eigenes Gerät meinen Ausdruck und meine Haltung "
            "bemerkt und sie dem Assistenten in kurzen Notizen mitteilt.",
            Purpose.RECORDING: "Ich bin einverstanden, dass Ton und Bild meines Anrufs für mein Behandlungsteam "
            "aufgenommen werden.",
            Purpose.MEMORY: "Ich bin einverstanden, dass sich der Assistent für den nächsten Anruf merkt, "
            "was ich erzählt habe.",
            Purpose.EXTERNAL_MODEL: "Ich bin einverstanden, dass meine Worte an ein fremdes Sprachmodell gesendet "
            "werden, mit dessen Anbieter meine Klinik einen Vertrag hat.",
            Purpose.SHARING: "Ich bin einverstanden, dass eine Zusammenfassung an die Menschen geht, die ich nenne.",
        },
    },
}

# The voice is noticed beside the face, and a picture may be shown to the care team.
_SINCE_2026_12: dict[str, dict[Purpose, str]] = {
    "en": {
        Purpose.PERCEPTION: "I agree that my own device notices my expression and where I look, that the assistant "
        "notices how my voice sounds, and that both are used in short notes. No picture leaves my device for this.",
        Purpose.PICTURES: "I agree that a picture I choose to take, of a wound or a pill box, goes to my care team.",
    },
    "es": {
        Purpose.PERCEPTION: "Acepto que mi propio dispositivo observe mi expresión y hacia dónde miro, que el "
        "asistente note cómo suena mi voz y que ambas cosas se usen en notas breves. Para ello no sale ninguna imagen "
        "de mi dispositivo.",
        Purpose.PICTURES: "Acepto que una foto que yo decida hacer, de una herida o de una caja de pastillas, se envíe "
        "a mi equipo médico.",
    },
    "de": {
        Purpose.PERCEPTION: "Ich bin einverstanden, dass mein eigenes Gerät meinen Ausdruck und meine Blickrichtung "
        "bemerkt, dass der Assistent bemerkt, wie meine Stimme klingt, und dass beides in kurzen Notizen verwendet "
        "wird. Dafür verlässt kein Bild mein Gerät.",
        Purpose.PICTURES: "Ich bin einverstanden, dass ein Bild, das ich selbst aufnehme, von einer Wunde oder einer "
        "Tablettenschachtel, an mein Behandlungsteam geht.",
    },
}
PUBLISHED["2026-12"] = {
    language: {**texts, **_SINCE_2026_12[language]} for language, texts in PUBLISHED["2026-11"].items()
}

# Services outside may also turn speech into words, and words into speech.
_SINCE_2027_01: dict[str, dict[Purpose, str]] = {
    "en": {
        Purpose.EXTERNAL_MODEL: "I agree that my words, the sound of my voice and what the assistant says to me are "
        "sent to outside services, such as a language model, that my clinic has a contract with.",
    },
    "es": {
        Purpose.EXTERNAL_MODEL: "Acepto que mis palabras, el sonido de mi voz y lo que el asistente me dice se envíen "
        "a servicios externos, como un modelo de lenguaje, con los que mi clínica tiene un contrato.",
    },
    "de": {
        Purpose.EXTERNAL_MODEL: "Ich bin einverstanden, dass meine Worte, der Klang meiner Stimme und was der "
        "Assistent mir sagt an fremde Dienste gesendet werden, etwa ein Sprachmodell, mit deren Anbietern meine "
        "Klinik einen Vertrag hat.",
    },
}
PUBLISHED["2027-01"] = {
    language: {**texts, **_SINCE_2027_01[language]} for language, texts in PUBLISHED["2026-12"].items()
}

# How somebody sits is noticed, too, and what was noticed is summed up for the care team.
_SINCE_2027_02: dict[str, dict[Purpose, str]] = {
    "en": {
        Purpose.PERCEPTION: "I agree that my own device notices my expression, where I look and how I sit, that the "
        "assistant notices how my voice sounds, and that both are used in short notes. My care team can read a short "
        "summary after the call. No picture leaves my device for this.",
    },
    "es": {
        Purpose.PERCEPTION: "Acepto que mi propio dispositivo observe mi expresión, hacia dónde miro y cómo estoy "
        "sentado o sentada, que el asistente note cómo suena mi voz y que ambas cosas se usen en notas breves. Mi "
        "equipo médico puede leer un breve resumen después de la llamada. Para ello no sale ninguna imagen de mi "
        "dispositivo.",
    },
    "de": {
        Purpose.PERCEPTION: "Ich bin einverstanden, dass mein eigenes Gerät meinen Ausdruck, meine Blickrichtung und "
        "meine Haltung bemerkt, dass der Assistent bemerkt, wie meine Stimme klingt, und dass beides in kurzen Notizen "
        "verwendet wird. Mein Behandlungsteam kann nach dem Anruf eine kurze Zusammenfassung lesen. Dafür verlässt "
        "kein Bild mein Gerät.",
    },
}
PUBLISHED["2027-02"] = {
    language: {**texts, **_SINCE_2027_02[language]} for language, texts in PUBLISHED["2027-01"].items()
}
