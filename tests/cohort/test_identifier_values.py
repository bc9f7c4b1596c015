"""Texts that look like identifiers are found; ids, codes, numbers and sentences are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.identifier_values import looks_like_identifier

IDENTIFIERS = {
    "e-mail address": "ann@example.org|mail to bob.b@clinic.co.uk please|jörg@müller.de",
    "web address": "https://x.org/a|see www.foo.com",
    "IP address": "192.168.1.20|2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "national number": "123-45-6789|SSN 123-45-6789|010190-1234|756.1234.5678.97|811218-9876",
    "telephone number": "+49 30 1234567|+1 (555) 123-4567|555-234-5678|(503) 555-0199|"
    "call 503.555.0199|030/12345678|07700 900123|06 12 34 56 78|0151 23456789",
    "date": "24/03/1956|1956-03-24|24.03.1956|born 3/24/1956|1956-03-24 10:00|24. 3. 1956|"
    "24 March 1956|24-Mar-1956|24. März 1956|born March 24, 1956|Sept 3rd, 1956",
    "name": "Jensen, Karen|Müller, Jürgen|García López, María|Anna Schmidt|Mary Jane Watson|"
    "Dr. House|Herr Müller|seen by Mrs Jones|O'Neil, Sean|Karl-Heinz Meyer|Søren Berg",
}

INNOCENT = (
    "|E0001234|K1001|C01|12/2026|03/2026|E-0001-234|2026Q3|2026-Q3|P_000123|A.1.2|1.2.3|1,234.5|"
    "1.234,56|10:30|10:30:00|0-10|3/10|5-10 reps|Hero Squats|KB Swing|Front Desk|Max Effort|"
    "Mark Complete|Rose Hill|Jack Knife|left, right|Pain, Acute|Low back pain|M54.50|ICD-10|v2.0.1|"
    "2.5 kg|16 kg x 10|123-456|12-34-56|00-0000-123|2026/27|0001 0002|10 20 30 40|1 2 3 4 5|"
    "Yes, sometimes|Better, Slower|Stage 3, Butt Taps|patient-001|site/01/0001|012-345-678|"
    "1234567890|0123456789|+5|+10 points|-3.5|1e-5|a@b|@home|St. Mary|Portland, Oregon|"
    "Physio, Hip|Hinge to Squat|Dr|Frank Stage|Will Improve|555-1234|10.12.14|811218-9877|"
    "March 2026|Mar 24|24 March|Stage 3, 2026|2 marks in 2026|"
    "99.99.2026|13/13/1956|1956-13-01|300.1.1.1|2026-000123"
)


def kinds_of(texts: list[str]) -> list[str]:
    """The kinds as a list."""
    return looks_like_identifier(np.array(texts, dtype="object")).tolist()


@pytest.mark.parametrize("kind", list(IDENTIFIERS))
def test_identifiers_are_found(kind: str) -> None:
    """Every text of a kind is recognised as that kind, alone or in a sentence."""
    texts = IDENTIFIERS[kind].split("|")
    assert kinds_of(texts) == [kind] * len(texts)


def test_the_innocent_are_left_alone() -> None:
    """Ids, codes, numbers, months, times, stages and phrases are no identifiers."""
    texts = INNOCENT.split("|")
    assert [text for text, kind in zip(texts, kinds_of(texts), strict=True) if kind] == []


@pytest.mark.parametrize(
    "pattern", ["E{:07d}", "K{:04d}", "C{:02d}", "{:010d}", "A-{:04d}", "2026-{:06d}", "{:d}.5"]
)
def test_running_numbers_are_never_accused(pattern: str) -> None:
    """Of ten thousand running ids in each usual form, none is accused."""
    assert set(kinds_of([pattern.format(number) for number in range(10_000)])) == {""}


@given(st.lists(st.text(max_size=30)))
def test_any_text_is_answered(texts: list[str]) -> None:
    """Whatever stands in a file, each text gets one answer."""
    assert len(kinds_of(texts)) == len(texts)


def test_half_a_character_is_no_crash() -> None:
    """A lone surrogate beside an address does not hide the address."""
    assert kinds_of(["\ud800 x", "ann@example.org"]) == ["", "e-mail address"]
