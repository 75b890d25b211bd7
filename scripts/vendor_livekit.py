"""Take LiveKit's client for browsers from its npm package into our static files.

    npm pack livekit-client@2.23.0
    python scripts/vendor_livekit.py livekit-client-2.23.0.tgz

The package is checked against the hash that npm publishes. One line is added, so that a module can import it. What was
written, with its hashes, is in SHA256SUMS beside it. Only pages of clinics with a LiveKit server load it.
"""

import hashlib
import sys
import tarfile
from pathlib import Path

from vendor_mediapipe import check

INTEGRITY = "sha512-j9Kg86nJjBjNFUD+ukp2jwMCGa0k+YD5gU//RzAM+ZY3pbG631QCte7fQjwqWMmtBzhDJL9nKYuOLMv/9IbAxg=="
TARGET = Path(__file__).parents[1] / "conversations" / "static" / "conversations" / "vendor" / "livekit"
FILES = ("LICENSE", "dist/livekit-client.umd.js")
MAP = b"//# sourceMappingURL=livekit-client.umd.js.map"
EXPORTED = b"\nexport const { Room, RoomEvent, Track } = globalThis.LivekitClient;\n"


def main(package: Path) -> None:
    check(package, INTEGRITY)
    TARGET.mkdir(parents=True, exist_ok=True)
    lines = []
    with tarfile.open(package) as archive:
        for path in FILES:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                raise SystemExit(f"{package} holds no {path}: is it livekit-client 2.23.0?")
            content, name = member.read(), Path(path).name
            if name.endswith(".js"):
                if b"new Function" in content or b"eval(" in content:
                    raise SystemExit(f"{name} makes functions from strings")
                content = content.replace(MAP, b"").rstrip() + EXPORTED
                name = "livekit-client.js"
            (TARGET / name).write_bytes(content)
            lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (TARGET / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
