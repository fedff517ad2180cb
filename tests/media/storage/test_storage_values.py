"""The pure half of storage: cutting, choosing parts, names for headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.local_upload import RangeOutsideError, parse_range
from media.storage import InvalidKeyError, Part, PartPlan, UploadIncompleteError, check_key, disposition
from media.storage.base import choose_parts, download_type, folder_of, upload_type

MIB = 1 << 20


@given(st.integers(min_value=1, max_value=5 << 40))
def test_parts_cover_the_file_within_the_limits_of_s3(size: int) -> None:
    plan = PartPlan.for_size(size)
    assert 5 * MIB <= plan.part_size <= 5 << 30
    assert plan.count <= 10_000
    last = plan.count
    assert plan.offset(last) + plan.length(last) == size
    assert 1 <= plan.length(last) <= plan.part_size
    assert plan.offset(max(1, last - 1)) + plan.part_size in {plan.offset(last), plan.part_size}


def test_parts_grow_only_for_very_large_files() -> None:
    assert PartPlan.for_size(10 << 30).part_size == 16 * MIB
    assert PartPlan.for_size(1 << 40).part_size == 105 * MIB


def test_plans_that_s3_would_refuse_cannot_be_made() -> None:
    for size, part_size in ((0, 16 * MIB), (10 * MIB, 5 * MIB - 1), (10_001 * 5 * MIB, 5 * MIB)):
        with pytest.raises(ValueError, match="cannot be cut"):
            PartPlan(size, part_size)


STORED = [Part(2, 3, "b"), Part(1, 5, "a")]


def test_chosen_parts_are_in_order_whatever_order_they_came_in() -> None:
    assert choose_parts(STORED, None, 8) == [Part(1, 5, "a"), Part(2, 3, "b")]
    assert choose_parts(STORED, {2: '"b"', 1: ""}, 8) == [Part(1, 5, "a"), Part(2, 3, "b")]


def test_a_stored_part_that_is_not_named_is_left_out() -> None:
    assert choose_parts(STORED, {1: "a"}, 5) == [Part(1, 5, "a")]


@pytest.mark.parametrize(
    ("wanted", "size", "message"),
    [
        ({1: "a", 2: "b", 3: "c"}, 8, "Part 3 is missing"),
        ({2: "b"}, 3, "Part 1 is missing"),
        ({1: "x", 2: "b"}, 8, "Part 1 is not the one"),
        ({0: "", 1: "a", 2: "b"}, 8, "Part 3 is missing"),
        ({10**15: ""}, 8, "Part 1 is missing"),
        (None, 9, "8 bytes arrived of 9"),
        (None, 7, "8 bytes arrived of 7"),
    ],
)
def test_parts_that_do_not_fit_are_named(wanted: dict[int, str] | None, size: int, message: str) -> None:
    with pytest.raises(UploadIncompleteError, match=message):
        choose_parts(STORED, wanted, size)


def test_nothing_arrived() -> None:
    with pytest.raises(UploadIncompleteError, match="Part 1 is missing"):
        choose_parts([], None, 8)


def test_folders_end_where_their_name_ends() -> None:
    assert folder_of("org/1") == folder_of("org/1/") == "org/1/"
    for empty in ("", "/"):
        with pytest.raises(InvalidKeyError):
            folder_of(empty)


def test_long_keys_are_refused() -> None:
    assert check_key("a" * 512)
    with pytest.raises(InvalidKeyError):
        check_key("a" * 513)


@given(st.text(max_size=400))
def test_any_file_name_makes_one_ascii_header(filename: str) -> None:
    for inline in (False, True):
        header = disposition(filename, inline=inline)
        assert header.isascii()
        assert header.isprintable()
        assert header.startswith("inline; filename" if inline else "attachment; filename")


def test_long_file_names_keep_their_ending() -> None:
    assert disposition("x" * 300 + ".mp3", inline=False) == f'attachment; filename="{"x" * 176}.mp3"'


def test_types() -> None:
    assert upload_type("Audio/MPEG; codecs=mp3") == "audio/mpeg"
    assert upload_type("audio/wav\r\nX: y") == "application/octet-stream"
    assert download_type("video/mp4") == "video/mp4"
    assert download_type("text/plain") == "text/plain; charset=utf-8"
    assert download_type("image/svg+xml") == "application/octet-stream"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=-", None),
        ("bytes=9-3", None),
        ("bytes=0-1,4-5", None),
        ("items=0-1", None),
        ("bytes=٠-٩", None),
        (f"bytes={'9' * 5000}-", None),
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=9-", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=3-99", (3, 10)),
    ],
)
def test_ranges(header: str, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_ranges_outside(header: str, size: int) -> None:
    with pytest.raises(RangeOutsideError):
        parse_range(header, size)
