"""Take CanvasKit, Skia for browsers, from its npm package into our static files.

    npm pack canvaskit-wasm@0.42.0
    python scripts/vendor_canvaskit.py canvaskit-wasm-0.42.0.tgz

The package is checked against the hash that npm publishes. One line is added, so that a module can import it; it makes
nothing from strings, so a page needs to allow no more than `wasm-unsafe-eval`. What was written, with its hashes,
is in SHA256SUMS beside it.
"""

import hashlib
import sys
import tarfile
from pathlib import Path

from vendor_mediapipe import check

INTEGRITY = "sha512-N3ikotmzYwDVAcpQKDMptBT2P5pIEWS9ywdmrQA2awwaMF9cxKEFuxZZHv9ay1Em9kDjxDsPtwUzDm1uNj136g=="
TARGET = Path(__file__).parents[1] / "conversations" / "static" / "conversations" / "vendor" / "canvaskit"
FILES = ("LICENSE", "bin/canvaskit.js", "bin/canvaskit.wasm")
EXPORTED = {"bin/canvaskit.js": b"\nexport default CanvasKitInit;\n"}


def main(package: Path) -> None:
    check(package, INTEGRITY)
    TARGET.mkdir(parents=True, exist_ok=True)
    lines = []
    with tarfile.open(package) as archive:
        for path in FILES:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                raise SystemExit(f"{package} holds no {path}: is it canvaskit-wasm 0.42.0?")
            content, name = member.read() + EXPORTED.get(path, b""), Path(path).name
            if name.endswith(".js") and (b"new Function" in content or b"eval(" in content):
                raise SystemExit(f"{name} makes functions from strings")
            (TARGET / name).write_bytes(content)
            lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (TARGET / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
