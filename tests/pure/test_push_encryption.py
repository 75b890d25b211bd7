"""Web Push messages against the example of RFC 8291, appendix A, which others made."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from clinic.push.encryption import CURVE, check_keys, encrypt, public_point
from compliance import base64url

OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT, AUTH = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard():
    ours = ec.derive_private_key(int.from_bytes(base64url.read(OURS), "big"), CURVE)
    words = b"When I grow up, I want to be a watermelon"
    sealed = encrypt(words, base64url.read(THEIRS), base64url.read(AUTH), ours=ours, salt=base64url.read(SALT))
    assert base64url.write(sealed) == MESSAGE


def test_no_two_messages_are_alike():
    sealed = {encrypt(b"x", base64url.read(THEIRS), base64url.read(AUTH)) for _ in range(3)}
    assert len(sealed) == 3


@pytest.mark.parametrize(
    ("point", "auth"), [("", ""), (THEIRS, "AAAA"), ("AAAA", AUTH), (THEIRS[:-4], AUTH), ("ä", AUTH), (THEIRS, "")]
)
def test_what_no_browser_gives_is_refused(point, auth):
    with pytest.raises(ValueError):
        check_keys(point, auth)


def test_a_point_off_the_curve_is_refused():
    wrong = bytearray(public_point(ec.generate_private_key(CURVE)))
    wrong[-1] ^= 1
    with pytest.raises(ValueError):
        check_keys(base64url.write(bytes(wrong)), AUTH)
