"""Every sentence that the program can say has its Chinese, with the same fields; and nothing else has."""

import ast
import string
from collections.abc import Iterator

import pytest

from bmgui.base import places
from bmgui.wording import LANGUAGES, translations
from bmgui.wording.sentences import BANDS, DOUBTS, ERRORS, FINDINGS, NOTES, POINTS
from tests.conftest import REPOSITORY

MARKING = {"tr", "mark"}


def said(source: str) -> Iterator[tuple[int, str | None]]:
    """(line, literal) of each call of `tr` or `mark`; None where the first argument is no literal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKING:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value
            else:
                yield node.lineno, None


def all_sentences() -> set[str]:
    literals = {
        text
        for path in sorted((REPOSITORY / "bmgui").rglob("*.py"))
        for _, text in said(path.read_text("utf-8"))
        if text is not None
    }
    return literals | {text for table in (ERRORS, DOUBTS, BANDS, NOTES, POINTS, FINDINGS) for text in table.values()}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_collector_sees_literals_and_what_is_none() -> None:
    source = 'tr("a {b}", b=1)\nmark("c" "d")\ntr(words)\nother("e")'
    assert list(said(source)) == [(1, "a {b}"), (2, "cd"), (3, None)]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_is_translated_and_no_other(code: str) -> None:
    table, wanted = translations(code), all_sentences()
    assert len(wanted) > 200  # the collector collects
    assert sorted(wanted - set(table)) == []
    assert sorted(set(table) - wanted) == []


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_a_translation_has_the_fields_of_its_sentence(code: str) -> None:
    table = translations(code)
    assert {text: table[text] for text in table if fields(text) != fields(table[text])} == {}
    assert [text for text in table if not table[text].strip()] == []


def test_access_keys_are_kept_and_are_unique_within_a_menu() -> None:
    """ "&Open…" becomes "打开(&O)…": Chinese menus are used with the same Alt keys."""
    from bmgui.ui.actions import ACTIONS, MENUS

    table = translations("zh_CN")
    for menu in MENUS:
        for tell in (lambda text: text, table.get):
            texts = [tell(spec.text) for spec in ACTIONS if spec.menu == menu and not spec.submenu]
            keys = [text[text.index("&") + 1].upper() for text in texts]
            assert len(set(keys)) == len(keys), (menu, texts)


def test_the_file_is_sorted_and_plain_json() -> None:
    text = (places.resources() / "translations" / "zh_CN.json").read_text("utf-8")
    keys = list(translations("zh_CN"))
    assert keys == sorted(keys)
    assert text.endswith("}\n")
