"""Reading documents: structure, order, tables and lists come out as a person would read them."""

from pathlib import Path

import pytest

from knowledge.extraction import pdf
from knowledge.extraction.pages import BlockKind, Page

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
