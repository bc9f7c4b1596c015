"""Pseudonyms: a clinic's own numbers replaced by codes that only the key's holder can link."""

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import DataError

_LETTERS = {"patient": "P", "episode": "E", "clinician": "T", "clinic": "C"}

DOMAINS = tuple(_LETTERS)

_BYTES = 10
"""80 bits: among a million patients two share a pseudonym with a chance of 4 in 10^13."""


_CHARACTERS = 16
_BASE32 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)


def pseudonymise(
    values: "pd.Series | np.ndarray | Sequence[str | None]", key: Key, domain: str
) -> np.ndarray:
    """Replace identifiers by pseudonyms, the same ones wherever the key is the same.

    A pseudonym is a letter for its domain and 16 letters and digits: the first 80 bits of
    HMAC-SHA256(key, domain, NUL, value), in base32. Without the key it can be neither computed nor
    undone, nor can a list of all numbers be tried. Equal texts in different domains have unrelated
    pseudonyms. A text is first brought into Unicode's composed form (NFC), so that the same name
    typed on a Mac and on a PC is the same; letter case and blanks count.

    Parameters
    ----------
    values : Series, ndarray or sequence of str
        Identifiers; null stays null. Each distinct one is computed once.
    key : Key
        The secret.
    domain : {"patient", "episode", "clinician", "clinic"}
        Whose identifiers they are.

    Returns
    -------
    ndarray of object
        One pseudonym per value.

    Raises
    ------
    DataError
        If there is no such domain.

    Examples
    --------
    >>> pseudonymise(["K1001", None, "K1001"], Key(bytes(32)), "patient").tolist()
    ['PHLDEJB5NN4TZZIEL', None, 'PHLDEJB5NN4TZZIEL']
    """
    if domain not in _LETTERS:
        raise DataError(f"{domain!r} has no pseudonyms. Allowed: {', '.join(_LETTERS)}.")
    codes, distinct = pd.factorize(np.asarray(values, dtype="object"))
    prefix = domain.encode() + b"\0"
    digests = key.digests(prefix + _message(str(text)) for text in distinct)
    found = np.empty(len(distinct) + 1, dtype="object")  # the last, None, is what nulls have
    found[:-1] = _written(_LETTERS[domain], digests)
    written: np.ndarray = found[codes]
    return written


def _message(text: str) -> bytes:
    if text.isascii():
        return text.encode("ascii")
    # A lone surrogate is no text that UTF-8 can write, yet it may stand in a file.
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")


def _written(letter: str, digests: list[bytes]) -> list[str]:
    """Write the first 80 bits of each digest in base32, behind the letter."""
    heads = np.frombuffer(b"".join(digest[:_BYTES] for digest in digests), dtype=np.uint8)
    fives = np.unpackbits(heads).reshape(len(digests), _CHARACTERS, 5)
    digits = fives @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    text = np.concatenate(
        [np.full((len(digests), 1), ord(letter), dtype=np.uint8), _BASE32[digits]], axis=1
    )
    return text.view(f"S{_CHARACTERS + 1}").ravel().astype("str").tolist()
