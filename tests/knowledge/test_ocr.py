"""Scans: read by Tesseract where it is installed, refused with what to do where it is not."""

import shutil

import pytest

from knowledge import ocr, sandbox
from knowledge.errors import Refusal, Refused
from knowledge.models import Document
from tests.knowledge import papers
from tests.knowledge.test_ingestion import reviewed

SCAN = papers.pdf([], [])
WORDS = (("Take", 100, 200, 80), ("paracetamol", 190, 200, 220), ("500", 420, 200, 60), ("mg", 490, 200, 40))
HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def table(*, sureness: str = "96.5") -> str:
    """What Tesseract 5 writes of a page with two lines."""
    rows = [HEADER, "1\t1\t0\t0\t0\t0\t0\t0\t1000\t1400\t-1\t", "4\t1\t1\t1\t1\t0\t100\t200\t500\t30\t-1\t"]
    for line in (1, 2):
        rows += [
            f"5\t1\t1\t1\t{line}\t{at}\t{left}\t{top + 60 * (line - 1)}\t{width}\t30\t{sureness}\t{text}"
            for at, (text, left, top, width) in enumerate(WORDS, 1)
        ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def tesseract(tmp_path, monkeypatch):
    """A program of that name that reads the same of every picture."""

    def install(output: str, code: int = 0) -> None:
        (tmp_path / "table").write_text(output)
        program = tmp_path / "tesseract"
        program.write_text(
            f'#!/bin/sh\nwhile IFS= read -r line; do echo "$line"; done < {tmp_path}/table\nexit {code}\n'
        )
        program.chmod(0o755)
        monkeypatch.setattr("knowledge.ocr.shutil.which", lambda name: str(program))

    return install


def test_words_are_laid_out_in_lines_with_their_boxes():
    page = ocr.page_of(table(), 3)
    assert page.number == 3
    assert page.text.replace("\n", " ").count("Take paracetamol 500 mg") == 2
    assert [page.text[word.start : word.end] for word in page.words][:2] == ["Take", "paracetamol"]
    assert (page.words[0].left, page.words[0].right) == (1000, 1800)


@pytest.mark.parametrize("made", ["", "nonsense", HEADER, table(sureness="12.0")])
def test_noise_is_not_read(made):
    assert ocr.page_of(made, 1).text == ""


@pytest.mark.django_db
def test_a_scan_is_read_where_tesseract_is_installed(tesseract):
    tesseract(table())
    document = reviewed(data=SCAN)
    assert (document.state, document.pages) == (Document.State.REVIEW, 2)
    assert "paracetamol 500 mg" in document.chunks.first().text


@pytest.mark.django_db
@pytest.mark.parametrize(("output", "code"), [("", 0), ("", 1)])
def test_a_scan_that_cannot_be_read_says_so(tesseract, output, code):
    tesseract(output, code)
    document = reviewed(data=SCAN)
    assert (document.state, document.refusal) == (Document.State.REFUSED, Refusal.UNREADABLE_SCAN.value)
    assert "300" in document.refusal_sentence


@pytest.mark.django_db
def test_without_tesseract_the_admin_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("knowledge.ocr.shutil.which", lambda name: None)
    document = reviewed(data=SCAN)
    assert document.refusal == Refusal.NO_TEXT.value
    assert "Tesseract" in document.refusal_sentence


def test_a_tesseract_that_hangs_is_stopped(tmp_path, monkeypatch):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nwhile :; do :; done\n")
    program.chmod(0o755)
    monkeypatch.setattr("knowledge.ocr.shutil.which", lambda name: str(program))
    monkeypatch.setattr(ocr, "LIMIT_S", 1)
    with pytest.raises(Refused):
        ocr.read(b"", 1)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_the_real_tesseract_reads_a_page_of_ours():
    typed = papers.pdf(papers.lines("Take paracetamol 500 mg twice a day.", size=20))
    assert "paracetamol 500 mg" in ocr.read(sandbox.render(typed, 1, scale=3.0), 1).text
