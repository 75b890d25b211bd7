"""Reading documents: structure, order, tables and lists come out as a person would read them."""

import io
from pathlib import Path

import docx
import pytest

from knowledge.extraction import pdf
from knowledge.extraction.__main__ import read
from knowledge.extraction.pages import BlockKind, Page
from knowledge.formats import Kind

SAMPLES = Path(__file__).resolve().parents[2] / "knowledge" / "samples"


@pytest.fixture(scope="module")
def hip() -> list[Page]:
    document = pdf.open_document((SAMPLES / "hip_replacement.pdf").read_bytes(), max_pages=500)
    return list(pdf.read(document))


def texts(page: Page, kind: BlockKind) -> list[str]:
    return [page.text[block.start : block.end] for block in page.blocks if block.kind is kind]


def test_a_pdf_table_is_read_row_by_row_with_wrapped_cells_joined(hip):
    rows = texts(hip[0], BlockKind.ROW)
    assert "Oxycodone | 5 mg tablet | Take 1 tablet by mouth | Every 6 hours as needed | Strong pain" in rows
    assert rows[5].startswith("Docusate (Colace) | 100 mg capsule | Take 1 capsule by mouth | Twice a day | ")


def test_headings_and_list_items_are_told_apart_even_without_bullets_in_the_text(hip):
    assert texts(hip[0], BlockKind.HEADING)[1:] == ["Your medicines", "What is normal", "When to call for help"]
    assert "Bleeding that does not stop." in texts(hip[0], BlockKind.ITEM)
    assert "Call 911 right away if you have:" in texts(hip[0], BlockKind.PARAGRAPH)


def test_a_wrapped_paragraph_is_one_block(hip):
    assert any(text.endswith("while you take apixaban.") for text in texts(hip[0], BlockKind.PARAGRAPH))


def test_every_word_of_a_pdf_knows_its_box(hip):
    for page in hip:
        assert all(page.text[word.start : word.end].strip() for word in page.words)
        assert all(0 <= word.left < word.right <= 10_000 and word.top < word.bottom for word in page.words)
        boxed = sum(word.end - word.start for word in page.words)
        assert boxed > 0.8 * sum(not c.isspace() for c in page.text)


def test_the_sample_hides_nothing(hip):
    assert not any(page.hidden for page in hip)


HTML = b"""<h1>Your medicines</h1>
<table><thead><tr><th>Medicine</th><th>Dose</th></tr></thead>
<tr><td>Oxycodone</td><td>5 mg<br>tablet</td></tr><tr><td colspan="2">Stop it before surgery.</td></tr></table>
<p>Call us if:</p><ul><li>Your wound leaks.<ul><li>Yellow or green.</li></ul></li><li>You have a fever.</li></ul>"""
MARKDOWN = b"""# Your medicines ##

| Medicine  | Dose |
|:----------|-----:|
| Oxycodone | 5 mg tablet |

Stop it before surgery.

Call us if:

- Your wound
  leaks.
  - Yellow or green.
1. You have a fever.
"""


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Your medicines", 1)
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, [("Medicine", "Dose"), ("Oxycodone", "5 mg\ntablet")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    merged = table.add_row().cells
    merged[0].merge(merged[1]).text = "Stop it before surgery."
    document.add_paragraph("Call us if:")
    for text, style in [
        ("Your wound leaks.", "List Bullet"),
        ("Yellow or green.", "List Bullet 2"),
        ("You have a fever.", "List Number"),
    ]:
        document.add_paragraph(text, style=style)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "data"), [(Kind.HTML, HTML), (Kind.MD, MARKDOWN), (Kind.DOCX, word())])
def test_tables_and_nested_lists_read_the_same_from_every_kind_of_document(kind, data):
    ((_, page),) = read(kind, data, 500)
    blocks = [(block.kind, page.text[block.start : block.end]) for block in page.blocks]
    whole_row = BlockKind.PARAGRAPH if kind is Kind.MD else BlockKind.ROW  # Markdown has no merged cells
    assert blocks == [
        (BlockKind.HEADING, "Your medicines"),
        (BlockKind.ROW, "Medicine | Dose"),
        (BlockKind.ROW, "Oxycodone | 5 mg tablet"),
        (whole_row, "Stop it before surgery."),
        (BlockKind.PARAGRAPH, "Call us if:"),
        (BlockKind.ITEM, "Your wound leaks."),
        (BlockKind.ITEM, "Yellow or green."),
        (BlockKind.ITEM, "You have a fever."),
    ]


@pytest.mark.parametrize(
    "address",
    ["https://clinic.example/a_(b)_c?d=e(f(g(h(i))))j", "https://clinic.example/over\nlines", "x 'with a title'"],
)
def test_the_address_of_a_link_is_no_text_whatever_stands_in_it(address):
    ((_, page),) = read(Kind.MD, f"Rest well. Read [our leaflet]({address}) again.".encode(), 500)
    assert page.text == "Rest well. Read our leaflet again."
