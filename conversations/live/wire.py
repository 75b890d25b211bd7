"""How a call is encrypted on the wire: DTLS 1.2 with ephemeral keys and AEAD suites only, SRTP with AES-GCM only.

aiortc allows CBC suites, and SRTP with AES in counter mode and HMAC-SHA1. A browser that may choose takes the latter,
since its packets are ten bytes shorter; it takes GCM if it is offered nothing else (RFC 7714; libwebrtc
`pc/media_session.cc`). Imported by `link` for its effect on every connection of the process.
"""

import OpenSSL.SSL
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile

SRTP_PROFILES = (rtcdtlstransport.SRTP_AEAD_AES_256_GCM, rtcdtlstransport.SRTP_AEAD_AES_128_GCM)
SUITES = b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
DTLS_1_2 = 0xFEFD

_stock_context = RTCCertificate._create_ssl_context


def _strict_context(certificate: RTCCertificate, srtp_profiles: list[SRTPProtectionProfile]) -> OpenSSL.SSL.Context:
    context = _stock_context(certificate, srtp_profiles)
    context.set_min_proto_version(DTLS_1_2)
    context.set_cipher_list(SUITES)
    return context


def only_aead() -> None:
    """Every connection that this process makes from now on. Raises `ImportError` if libsrtp was built without GCM."""
    missing = [profile for profile in SRTP_PROFILES if profile not in rtcdtlstransport.SRTP_PROFILES]
    if missing:
        raise ImportError("pylibsrtp lacks AES-GCM: reinstall the pinned wheel, pip install -r requirements.txt")
    rtcdtlstransport.SRTP_PROFILES[:] = SRTP_PROFILES
    # mypy takes a method for no variable; aiortc has no setting for its suites
    RTCCertificate._create_ssl_context = _strict_context  # type: ignore[assignment,method-assign]
