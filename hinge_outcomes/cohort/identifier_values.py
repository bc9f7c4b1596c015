"""Texts that look like a person's identifier: an address, a number, a date, a name."""

import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Given names that are frequent in the languages of the headers. Names that are also words, places
# or movements (Mark, Rose, Will, Max, Jack, Victoria) are left out: they would accuse the innocent.
_GIVEN_NAMES = """
    aaron abigail adam adrian agnes alan albert alejandro alessandro alexander alexandra alfred
    alice alicia allison amanda amelia amy ana anders andrea andreas andrew angela anita anja ann
    anna anne annette anthony antoine antonio arthur astrid barbara beatrice benjamin bernard
    bernd bertil betty birgit birgitta bjorn brandon brenda brian brigitte britta bruno camille
    carl carla carlos carmen carol caroline carolyn catherine cecilia charles christina christine
    christopher claire claudia clara craig cynthia daniel daniela danielle david deborah debra
    dennis derek diana diane dieter dietmar dominique donald donna doris dorothy douglas eduardo
    edward elena elisabeth elizabeth ellen else elsa emily emma emmanuel eric erica erik ernst
    esther eva fabian felix fernando florian francesca francisco francois frederic friedrich
    gabriel gabriele gary george gerald gerard gerda gisela giulia giuseppe gordon gregory greta
    guillaume gunther gustav hannah hanna hans harald harold heather heike heinz helen helena
    helga helmut henrik henry herbert hermann hugo ines inge ingrid irene irma isabel isabelle
    jacob jacqueline jakob james jan jana janet janice jason javier jean jeffrey jennifer jens
    jeremy jesper jessica joan johan johanna johannes john jonas jonathan jorge jose josef joseph
    joshua juan judith julia julian julie jurgen justin karen karin karl katharina katherine
    kathleen katrin keith kenneth kerstin kevin kimberly kirsten kjell klaus kurt lars laura
    lauren laurent lena leonard leslie linda lisa lorenzo louis louise lucas lucia lucie ludwig
    luis lukas magnus manfred manuel manuela marcel marco marcus margaret margarita margit maria
    marianne marie marina marion markus marlene marta martha martin martina mary mathias matteo
    matthew matthias maurice mayumi melanie melissa mette michael michel michele michelle miguel
    mikael mikkel mohamed mohammed monica monika monique muhammad nancy natalie nathalie nathan
    niels nicholas nicolas nicole nils olga oliver olivier oskar otto pablo pamela patricia
    patrick paul paula paulo pedro peter petra philip philipp philippe pierre rachel rafael
    rainer ralph ramon raymond rebecca renate renee ricardo richard robert roberto roger roland
    ronald rosa rosemary roxanne rudolf ruth ryan sabine samantha samuel sandra sara sarah sean
    sebastian sergio sharon sigrid silke silvia simone sofia sofie sonia sophia sophie soren
    stefan stefanie stephan stephanie stephen steven susan susanne svend sven sylvia sylvie
    tatiana teresa theresa thierry thomas timothy tobias ulrich ulrike ursula uwe valerie vanessa
    vera veronica veronika vincent virginia walter werner wilhelm wilhelmina william wolfgang
    yvonne zoe
"""

_FREQUENT = frozenset(_GIVEN_NAMES.split())

# Only texts with one of these signs can break a rule: ids and codes leave here.
_WORTH_A_LOOK = r"[@+.,/:\- ]"

_MONTH = "(?:0?[1-9]|1[0-2])"
_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = "(?:19|20)[0-9]{2}"
_TWO_MONTH = "(?:0[1-9]|1[0-2])"
_TWO_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_NAMED = (
    "(?:jan|ene|gen|feb|fev|fév|mar|mär|maa|mrt|apr|avr|abr|may|mai|maj|mei|mag|jun|juin|giu|jul|"
    r"jui|lug|aug|ago|aoû|aou|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic)\p{L}*"
)
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_CAPITAL = r"\p{Lu}[\p{L}'’\-]+"
_GIVEN = rf"{_CAPITAL}(?: {_CAPITAL}| \p{{Lu}}\.?)?"


def _has_phone_length(text: str) -> bool:
    return 9 <= sum(letter.isdigit() for letter in text) <= 15


def _has_given_name(text: str) -> bool:
    before, comma, after = text.partition(",")
    parts = (after if comma else before).split()
    return bool(parts) and _bare(parts[0]) in _FREQUENT


def _bare(name: str) -> str:
    """Write a name without capitals and accents, its first half where it is a double one."""
    plain = name.casefold().replace("ø", "o").replace("ß", "ss").partition("-")[0]
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


def _is_swedish_number(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()][-10:]
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


# The sign before and after a date or a number that stands in a sentence.
_BEFORE = r"(?:^|[^0-9./\-])"
_AFTER = r"(?:$|[^0-9./\-])"
_TITLE = "(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle|Sra?|Señora?|Fru|Mevr|Dhr)"

# Kind, pattern (RE2), and what a text must meet besides; the first that fits is told.
_RULES: tuple[tuple[str, str, Callable[[str], bool] | None], ...] = (
    ("e-mail address", r"[^@\s<>\",;]+@[^@\s]+\.\p{L}{2,}", None),
    ("web address", r"(?i)\bhttps?://\S|\bwww\.\S+\.\S", None),
    ("IP address", rf"^\s*(?:{_OCTET}\.){{3}}{_OCTET}\s*$", None),
    ("IP address", r"(?i)^\s*(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\s*$", None),
    # In the United States, in Denmark (begins with the day of birth), Switzerland, Sweden.
    ("national number", r"(?:^|[^0-9\-])[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}(?:$|[^0-9\-])", None),
    ("national number", rf"^\s*{_TWO_DAY}{_TWO_MONTH}[0-9]{{2}}-[0-9]{{4}}\s*$", None),
    ("national number", r"\b756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}\b", None),
    (
        "national number",
        rf"^\s*(?:19|20)?[0-9]{{2}}{_TWO_MONTH}{_TWO_DAY}[-+][0-9]{{4}}\s*$",
        _is_swedish_number,
    ),
    # International, North American, European with the 0 of the trunk, French in pairs.
    ("telephone number", r"(?:^|[^0-9A-Za-z])\+[1-9][0-9 ()./\-]{7,18}[0-9]\b", _has_phone_length),
    (
        "telephone number",
        r"(?:^|[^0-9A-Za-z\-])\(?[2-9][0-9]{2}\)?[ .\-]{1,2}[2-9][0-9]{2}[.\- ][0-9]{4}\b",
        None,
    ),
    (
        "telephone number",
        r"^\s*\(?0[1-9][0-9]{0,4}\)?[ /][0-9][0-9 /\-]{4,14}[0-9]\s*$",
        _has_phone_length,
    ),
    ("telephone number", r"^\s*0[1-9](?:[ .\-][0-9]{2}){4}\s*$", None),
    ("date", rf"{_BEFORE}{_YEAR}[./\-]{_MONTH}[./\-]{_DAY}{_AFTER}", None),
    ("date", rf"{_BEFORE}{_DAY}\. ?{_MONTH}\. ?{_YEAR}\b", None),
    # With the month in letters: 24 March 2026, 24-Mar-2026, 24. März 2026; March 24, 2026.
    (
        "date",
        rf"(?i){_BEFORE}{_DAY}(?:st|nd|rd|th)?[. \-]{{1,2}}{_NAMED}[., \-]{{1,2}}{_YEAR}\b",
        None,
    ),
    ("date", rf"(?i)(?:^|\P{{L}}){_NAMED}[. ]{{1,2}}{_DAY}(?:st|nd|rd|th)?,? {_YEAR}\b", None),
    (
        "date",
        rf"{_BEFORE}(?:{_DAY}[/\-]{_MONTH}|{_MONTH}[/\-]{_DAY})[/\-]{_YEAR}(?:$|[^0-9/\-])",
        None,
    ),
    ("name", rf"^\s*{_CAPITAL}(?: {_CAPITAL})?, ?{_GIVEN}\s*$", _has_given_name),
    ("name", rf"^\s*{_GIVEN} {_CAPITAL}\s*$", _has_given_name),
    ("name", rf"(?:^|\s){_TITLE}\.? {_CAPITAL}", None),
)


def looks_like_identifier(words: np.ndarray) -> np.ndarray:
    """Tell which texts look like an identifier of a person.

    Meant for the distinct texts of a column that is kept as text. Ids, codes, numbers, times,
    months with a year and plain sentences are no identifiers. A full date is one, since it may be
    a date of birth or of a visit. A name is one only on strong evidence: "Lastname, Firstname" or
    "Firstname Lastname" with a given name that is frequent and is no other word, or a title before
    it. National numbers without any sign in them cannot be told from a clinic's own.

    Parameters
    ----------
    words : ndarray of object
        Texts.

    Returns
    -------
    ndarray of object
        For each text the kind ("e-mail address", "web address", "IP address", "national number",
        "telephone number", "date", "name") or "".

    Examples
    --------
    >>> texts = np.array(["E0001234", "ann@example.org", "Jensen, Karen"], dtype="object")
    >>> looks_like_identifier(texts).tolist()
    ['', 'e-mail address', 'name']
    """
    kinds = np.full(len(words), "", dtype="object")
    texts = _as_arrow(words)
    suspect = np.flatnonzero(_matches(texts, _WORTH_A_LOOK))
    texts = texts.take(pa.array(suspect))
    for kind, pattern, confirms in _RULES:
        hits = suspect[_matches(texts, pattern)]
        if confirms is not None:
            hits = hits[[confirms(str(words[place])) for place in hits]] if len(hits) else hits
        kinds[hits[kinds[hits] == ""]] = kind
    return kinds


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    found: np.ndarray = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found.astype(bool)


def _as_arrow(words: np.ndarray) -> pa.Array:
    try:
        return pa.array(words, type=pa.large_string())
    except (UnicodeEncodeError, pa.ArrowInvalid):  # half of a character, from a damaged file
        whole = [str(word).encode("utf-8", "replace").decode() for word in words]
        return pa.array(whole, type=pa.large_string())


__all__ = ["looks_like_identifier"]
