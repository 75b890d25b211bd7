"""What keeps the code readable and the walls standing, beyond what the linters see."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("clinic", "compliance", "knowledge", "conversations")
MODULE_LINES = 400
FUNCTION_LINES = 40
DRAWING_LINES = 70  # a drawing is a list of strokes, and reads best in the order they are laid
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "base", "manager", "managers", "misc", "common"}


def modules() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    ]


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_says_why_it_exists_and_stays_small(path: Path) -> None:
    source = path.read_text()
    lines = len(source.splitlines())
    assert lines <= MODULE_LINES, f"{lines} lines: split it by noun"
    if source.strip() and path.name not in {"apps.py", "urls.py", "__init__.py"}:
        assert ast.get_docstring(ast.parse(source)), "a module begins with why it exists and who calls it"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_functions_fit_in_a_glance(path: Path) -> None:
    limit = DRAWING_LINES if "drawing" in path.parts else FUNCTION_LINES
    long = [f"{name} ({lines} lines)" for name, lines in _functions(path) if lines > limit]
    assert not long, f"ask what the second idea is: {', '.join(long)}"


def test_names_come_from_the_field() -> None:
    assert [named(path) for path in modules() if path.stem in VAGUE_NAMES] == []


def test_the_live_loop_loads_no_django() -> None:
    """The whole of conversations.live, imported in a process of its own."""
    names = [named(path).removesuffix(".py").replace("/", ".") for path in modules() if "live" in path.parts]
    names = [name.removesuffix(".__init__") for name in names]
    script = f"import importlib, sys\n[importlib.import_module(n) for n in {names!r}]\n"
    script += "sys.exit('loaded: django' if 'django' in sys.modules else 0)"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]


@pytest.mark.parametrize("app", APPS)
def test_importing_an_app_loads_nothing_else(app: str) -> None:
    assert not [node for node in ast.parse((ROOT / app / "__init__.py").read_text()).body if _imports(node)]


@pytest.mark.parametrize("path", templates(), ids=named)
def test_a_template_obeys_the_content_security_policy(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}|\{% comment .*?%\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"<style\b", source), "styles live in stylesheets"
    assert not re.search(r"\sstyle\s*=", source), "no style attributes"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source), "listeners live in modules"
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or "application/json" in script, f"no inline scripts: {script}"
    assert not re.search(r"(src|href)\s*=\s*[\"']https?://(?!\{)", source), "nothing is loaded from elsewhere"


def test_the_ladder_holds() -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:]


def _imports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            docstring = node.body[0]
            documented = isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)
            within = (docstring.end_lineno or 0) - docstring.lineno + 1 if documented else 0
            yield node.name, node.end_lineno - node.lineno + 1 - within
