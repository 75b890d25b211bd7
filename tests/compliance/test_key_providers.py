"""Who keeps the key-encryption key: the file, AWS KMS and Vault, each by its documented wire format."""

import base64
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

from compliance.errors import KeyServiceUnavailable, SealBroken
from compliance.key_providers import Wrapped
from compliance.key_providers.aws import AwsKms, Signer
from compliance.key_providers.file import KeyFile
from compliance.key_providers.vault import VaultTransit

MARIA, TOMAS = {"patient": "maria", "version": "1"}, {"patient": "tomas", "version": "1"}
SECRET = bytes(range(32))
VAULT_TOKEN, AWS_SECRET = "s.token", "secret"


# -- file ------------------------------------------------------------------------
@pytest.fixture
def key_file(tmp_path):
    return KeyFile(tmp_path / "keys" / "kek", make=True)


def test_what_the_file_wraps_it_opens_for_that_patient_only(key_file):
    wrapped = key_file.wrap(SECRET, MARIA)
    assert key_file.unwrap(wrapped, MARIA) == SECRET
    for context in (TOMAS, {**MARIA, "version": "2"}):
        with pytest.raises(SealBroken):
            key_file.unwrap(wrapped, context)


def test_an_earlier_key_opens_until_it_is_forgotten(key_file, tmp_path):
    old, wrapped = key_file.current(), key_file.wrap(SECRET, MARIA)
    elsewhere = KeyFile(tmp_path / "keys" / "kek", make=False)
    assert elsewhere.current() == old
    new = key_file.add()
    assert new != old
    assert elsewhere.current() == new  # a running process notices
    assert elsewhere.unwrap(wrapped, MARIA) == SECRET
    key_file.keep_only_current()
    with pytest.raises(SealBroken, match="not in"):
        elsewhere.unwrap(wrapped, MARIA)


def test_only_we_may_read_the_key(key_file, tmp_path):
    key_file.current()
    assert (tmp_path / "keys" / "kek").stat().st_mode & 0o777 == 0o600


def test_production_makes_no_key_and_refuses_a_weak_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        KeyFile(tmp_path / "none", make=False).current()
    (tmp_path / "weak").write_text(base64.b64encode(b"short").decode())
    with pytest.raises(ImproperlyConfigured, match="32 bytes"):
        KeyFile(tmp_path / "weak", make=False).current()


# -- services, as little servers that speak the documented protocol -----------------
class Service(BaseHTTPRequestHandler):
    """Answers with `server.answer(path, headers, body)` → (status, object or bytes)."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.answer(self.path, self.headers, body)
        told = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_args):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(answer):
        server = HTTPServer(("127.0.0.1", 0), Service)
        server.answer = answer
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


KEK = AESGCM(b"k" * 32)


def vault(path, headers, body):
    """transit/encrypt and transit/decrypt: developer.hashicorp.com/vault/api-docs/secret/transit."""
    asked = json.loads(body)
    if headers["X-Vault-Token"] != VAULT_TOKEN or headers["X-Vault-Request"] != "true":
        return 403, {"errors": ["permission denied"]}
    bound = base64.b64decode(asked["associated_data"])
    if path == "/v1/transit/encrypt/aftercare":
        sealed = KEK.encrypt(b"n" * 12, base64.b64decode(asked["plaintext"]), bound)
        return 200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}", "key_version": 1}}
    assert path == "/v1/transit/decrypt/aftercare"
    try:
        plain = KEK.decrypt(b"n" * 12, base64.b64decode(asked["ciphertext"].removeprefix("vault:v1:")), bound)
    except Exception:
        return 400, {"errors": ["cipher: message authentication failed"]}
    return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


def kms(path, headers, body):
    """TrentService.Encrypt and .Decrypt: docs.aws.amazon.com/kms/latest/APIReference."""
    asked = json.loads(body)
    assert path == "/"
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    signer = Signer("AKID", AWS_SECRET, "eu-north-1", "kms")
    signed = {name: headers[name] for name in ("Content-Type", "Host", "X-Amz-Date", "X-Amz-Target")}
    at = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if headers["Authorization"] != signer.authorization("POST", "/", signed, body, at):
        return 403, {"__type": "IncompleteSignatureException"}
    bound = json.dumps(asked["EncryptionContext"], sort_keys=True).encode()
    if headers["X-Amz-Target"] == "TrentService.Encrypt":
        assert asked["KeyId"] == "alias/aftercare"
        sealed = KEK.encrypt(b"n" * 12, base64.b64decode(asked["Plaintext"]), bound)
        return 200, {"CiphertextBlob": base64.b64encode(sealed).decode(), "KeyId": "arn:aws:kms:…"}
    assert headers["X-Amz-Target"] == "TrentService.Decrypt"
    try:
        plain = KEK.decrypt(b"n" * 12, base64.b64decode(asked["CiphertextBlob"]), bound)
    except Exception:
        return 400, {"__type": "InvalidCiphertextException"}
    return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": "arn:aws:kms:…"}


def vault_at(url, token=VAULT_TOKEN):
    return VaultTransit(address=url, token=token, key="aftercare")


def kms_at(url, secret=AWS_SECRET):
    return AwsKms(key_id="alias/aftercare", region="eu-north-1", access_key="AKID", secret_key=secret, endpoint=url)


@pytest.mark.parametrize(("service", "client"), [(vault, vault_at), (kms, kms_at)])
def test_a_service_wraps_for_one_patient_only(serve, service, client):
    keeper = client(serve(service))
    wrapped = keeper.wrap(SECRET, MARIA)
    assert SECRET not in wrapped.secret
    assert keeper.unwrap(wrapped, MARIA) == SECRET
    with pytest.raises(SealBroken):
        keeper.unwrap(wrapped, TOMAS)
    assert len(keeper.current()) <= 64


@pytest.mark.parametrize(("service", "client"), [(vault, vault_at), (kms, kms_at)])
def test_the_wrong_credentials_open_nothing(serve, service, client):
    with pytest.raises(SealBroken, match="refused: 403"):
        client(serve(service), "wrong").wrap(SECRET, MARIA)


@pytest.mark.parametrize("client", [vault_at, kms_at])
@pytest.mark.parametrize(
    "answer", [(500, {}), (200, b"not json"), (200, []), (200, {}), (200, {"data": None}), (302, {}), (429, {})]
)
def test_a_service_that_answers_badly_is_unavailable(serve, client, answer):
    keeper = client(serve(lambda *_: answer))
    with pytest.raises(KeyServiceUnavailable):
        keeper.wrap(SECRET, MARIA)


@pytest.mark.parametrize("client", [vault_at, kms_at])
def test_a_service_that_is_not_there_is_unavailable(client):
    with pytest.raises(KeyServiceUnavailable):
        client("http://127.0.0.1:9").unwrap(Wrapped(b"x", ""), MARIA)


def test_signatures_are_those_of_the_aws_test_suite():
    """aws-sig-v4-test-suite: get-vanilla and post-vanilla."""
    signer = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
    at = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    headers = {"Host": "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z"}
    assert signer.authorization("GET", "/", headers, b"", at) == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )
    assert signer.authorization("POST", "/", headers, b"", at).endswith(
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
    )
