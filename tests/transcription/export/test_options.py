"""Export options as they come in a query string."""

from __future__ import annotations

import pytest

from transcription.asr.export import ExportOptions, InvalidOption


def test_the_example_of_the_api() -> None:
    query = {"format": "srt", "speakers": "1", "max_chars": "42", "max_lines": "2", "max_cps": "17"}
    assert ExportOptions.from_query(query) == ExportOptions()


def test_values_reach_the_rules() -> None:
    options = ExportOptions.from_query(
        {"speakers": "false", "max_chars": "30", "max_lines": "1", "max_cps": "12.5", "max_duration": "4.5"}
    )
    assert not options.speakers
    rules = options.rules
    assert (rules.max_chars, rules.max_lines, rules.max_cps, rules.max_duration_ms) == (30, 1, 12.5, 4_500)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("speakers", "maybe"),
        ("timestamps", ""),
        ("max_chars", "x"),
        ("max_chars", "9"),
        ("max_chars", "42.5"),
        ("max_chars", "1" * 5_000),
        ("max_lines", "0"),
        ("max_cps", "nan"),
        ("max_cps", "inf"),
        ("min_duration", "8"),
        ("max_char", "42"),
    ],
)
def test_a_bad_value_names_its_field(field: str, value: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        ExportOptions.from_query({field: value})
    assert caught.value.field == field
    assert caught.value.message.endswith(".")
