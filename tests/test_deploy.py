"""deploy/ is what people run for patients: linted, complete, and accepted by the settings."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.conf import settings

from clinic import environment, programs
from conversations.switchboard import MAX_DURATION_S

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OURS = [program.name for program in programs.serving(0, Path(settings.DATA_DIR))] + ["prepare"]


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False, **more)


def passes(*command: str | Path, **more: Any) -> None:
    ran = run(*command, **more)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def objects(kind: str) -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        yield from (one for one in yaml.safe_load_all(path.read_text()) if one["kind"] == kind)


def pods() -> dict[str, dict[str, Any]]:
    """Pod templates by program."""
    found = [*objects("Deployment"), *objects("Job")]
    return {one["metadata"]["labels"]["program"]: one["spec"]["template"] for one in found}


def test_the_image_is_linted() -> None:
    passes(BIN / "hadolint", "deploy/Dockerfile")


def test_scripts_are_linted() -> None:
    scripts = [".ci/run", "scripts/install", "scripts/ensure_chromium", "scripts/run_tests", "deploy/compose/setup"]
    passes(BIN / "shellcheck", *scripts, "deploy/postgres/make-roles.sh")


def test_the_compose_files_follow_their_schema() -> None:
    files = [f"deploy/compose/{name}.yaml" for name in ("compose", "turns")]
    passes(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files)


def test_turn_over_tls_changes_nothing_else_about_turn() -> None:
    with_tls = yaml.safe_load((DEPLOY / "compose" / "turns.yaml").read_text())["services"]["coturn"]["command"]
    without = set(COMPOSE["services"]["coturn"]["command"]) - {"--no-tls"}
    added = {one.partition("=")[0] for one in set(with_tls) - without}
    assert without <= set(with_tls)
    assert added == {"--tls-listening-port", "--cert", "--pkey", "--no-tlsv1", "--no-tlsv1_1", "--cipher-list"}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_follow_the_schema_of_kubernetes(path: Path) -> None:
    for one in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(one, "1.31", strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl on this machine")
def test_the_manifests_build() -> None:
    passes("kubectl", "kustomize", "deploy/kubernetes")


def test_every_manifest_is_part_of_the_build() -> None:
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == [path.name for path in MANIFESTS]


def test_every_program_is_deployed() -> None:
    for name in OURS:
        assert name in COMPOSE["services"]
        assert name in pods()


def test_everything_passed_in_is_a_setting() -> None:
    known = environment.asked()
    passed = set(next(objects("ConfigMap"))["data"])
    for service in COMPOSE["services"].values():
        if service.get("image") == "aftercare:latest":
            passed |= set(service["environment"])
    for template in pods().values():
        passed |= {one["name"] for one in template["spec"]["containers"][0].get("env", [])}
    assert {name.removesuffix("_FILE") for name in passed} <= known


@pytest.mark.parametrize("name", [*OURS, "turn"])
def test_pods_run_without_rights(name: str) -> None:
    spec = pods()[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", OURS)
def test_containers_run_without_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_a_draining_callhost_has_time_for_its_longest_call() -> None:
    assert pods()["callhost"]["spec"]["terminationGracePeriodSeconds"] > MAX_DURATION_S
    minutes = COMPOSE["services"]["callhost"]["stop_grace_period"].removesuffix("m")
    assert int(minutes) * 60 > MAX_DURATION_S


def test_only_the_sealer_sees_the_signing_key() -> None:
    assert [n for n, s in COMPOSE["services"].items() if "audit_signing_key" in s.get("secrets", [])] == ["sealer"]
    secrets = {name: pod["spec"]["volumes"][0]["secret"]["secretName"] for name, pod in pods().items()}
    assert [name for name, secret in secrets.items() if secret == "aftercare-sealer"] == ["sealer"]


def test_only_prepare_signs_in_as_the_owner() -> None:
    holders = [n for n, s in COMPOSE["services"].items() if "DATABASE_OWNER_URL_FILE" in s.get("environment", {})]
    assert holders == ["prepare"]


def test_only_the_doors_are_open() -> None:
    published = {name for name, service in COMPOSE["services"].items() if service.get("ports")}
    assert published == {"caddy", "coturn"}


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
def test_what_setup_makes_is_accepted_in_production(tmp_path: Path) -> None:
    passes("deploy/compose/setup", "aftercare.example.org", tmp_path)
    secrets = tmp_path / "secrets"
    before = (secrets / "secret_key").read_text()
    passes("deploy/compose/setup", "aftercare.example.org", tmp_path)
    assert (secrets / "secret_key").read_text() == before, "a second run must not replace keys"
    assert secrets.stat().st_mode & 0o077 == 0

    written = COMPOSE["services"]["sealer"]["environment"]
    settings_given = {name: str(value).replace("/run/secrets", str(secrets)) for name, value in written.items()}
    for name, value in settings_given.items():
        settings_given[name] = value.replace("${PUBLIC_NAME:?run deploy/compose/setup first}", "aftercare.example.org")
    given = {
        **settings_given,
        "AFTERCARE_ALLOWED_HOSTS": "aftercare.example.org",
        "ICE_SERVERS": "turn:aftercare.example.org:3478",
        "AFTERCARE_MODE": "production",
        "AFTERCARE_DATA": str(tmp_path / "data"),
        "AFTERCARE_ENV_FILE": "/dev/null",
        "PATH": str(BIN),
    }
    passes(sys.executable, "manage.py", "check", env=given)
