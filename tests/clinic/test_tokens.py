"""Every pair of text and ground in the design tokens can be read, in light and in dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ASSETS = Path(settings.BASE_DIR) / "clinic" / "assets" / "aftercare"
MEANINGS = ("emergency", "urgent", "question", "well")

# (letters, ground, least contrast): 7:1 is what patients' pages need, 4.5:1 staff's
TEXT = [
    *[("ink", ground, 7.0) for ground in ("paper", "raised", "sand", "sand-light", "act-wash")],
    *[("ink", f"{meaning}-wash", 7.0) for meaning in MEANINGS],
    *[("ink-soft", ground, 7.0) for ground in ("paper", "raised", "sand-light")],
    *[("ink-soft", ground, 4.5) for ground in ("sand", "act-wash")],
    *[("act", ground, 7.0) for ground in ("paper", "raised")],
    *[("act", "act-wash", 4.5), ("act-strong", "act-wash", 7.0), ("act-strong", "paper", 7.0)],
    *[("on-act", ground, 7.0) for ground in ("act", "act-strong")],
    *[(meaning, ground, 7.0) for meaning in MEANINGS for ground in ("paper", "raised")],
    *[(meaning, f"{meaning}-wash", 4.5) for meaning in MEANINGS],
    *[(f"on-{meaning}", meaning, 7.0) for meaning in MEANINGS],
    ("on-mark", "mark", 7.0),
]
# bounds of controls and the focus ring (WCAG 2.2, 1.4.11)
EDGES = [(line, ground, 3.0) for line in ("edge", "focus") for ground in ("paper", "raised", "sand-light", "act-wash")]


def schemes() -> dict[str, dict[str, str]]:
    light, dark = (ASSETS / "tokens.css").read_text().split("@media (prefers-color-scheme: dark)")
    first, second = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", part)) for part in (light, dark))
    return {"light": first, "dark": {**first, **second}}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("letters", "ground", "least"), TEXT + EDGES)
def test_a_pair_can_be_told_apart(scheme, letters, ground, least):
    tokens = schemes()[scheme]
    assert contrast(tokens[letters], tokens[ground]) >= least


def test_the_dark_scheme_changes_every_colour():
    light, dark = schemes()["light"], schemes()["dark"]
    assert [name for name in light if light[name] == dark[name]] == []


def test_only_the_tokens_name_a_colour():
    for sheet in ASSETS.glob("*.css"):
        if sheet.name != "tokens.css":
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", sheet.read_text()) == [], sheet.name


def test_every_token_that_is_used_is_defined():
    defined = set(re.findall(r"(--[\w-]+):", (ASSETS / "tokens.css").read_text()))
    for sheet in ASSETS.glob("*.css"):
        used = set(re.findall(r"var\((--[\w-]+)", sheet.read_text()))
        local = set(re.findall(r"(--[\w-]+):", sheet.read_text()))
        assert used <= defined | local, sheet.name
