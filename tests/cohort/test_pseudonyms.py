"""Pseudonyms: the same for the same key, unrelated between domains, and never undone."""

import base64
import hashlib
import hmac
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.pseudonyms import DOMAINS, pseudonymise
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.exceptions import DataError

KEY = Key(bytes(range(32)))


@given(st.text(max_size=20).filter(lambda text: unicodedata.is_normalized("NFC", text)))
def test_a_pseudonym_is_the_head_of_an_hmac(text: str) -> None:
    """Letter, then the first 80 bits of HMAC-SHA256(key, domain NUL text) in base32."""
    message = b"patient\0" + text.encode("utf-8", "surrogatepass")
    digest = hmac.new(KEY.secret, message, hashlib.sha256).digest()
    due = "P" + base64.b32encode(digest[:10]).decode()
    assert pseudonymise([text], KEY, "patient").tolist() == [due]


def test_rows_nulls_and_repeats_stay_in_place() -> None:
    """Equal texts have equal pseudonyms, nulls stay null, in lists, arrays and Series alike."""
    values = ["K2", None, "K1", "K2"]
    found = pseudonymise(values, KEY, "episode").tolist()
    assert found[1] is None
    assert found[0] == found[3] != found[2]
    assert pseudonymise(np.array(values, dtype="object"), KEY, "episode").tolist() == found
    assert pseudonymise(pd.Series(values, dtype="str"), KEY, "episode").tolist() == found
    assert pseudonymise([], KEY, "episode").tolist() == []
    assert pseudonymise([None], KEY, "episode").tolist() == [None]


def test_key_and_domain_change_everything() -> None:
    """The same text under another key or in another domain has an unrelated pseudonym."""
    found = {pseudonymise(["K1"], KEY, domain)[0][1:] for domain in DOMAINS}
    found |= {pseudonymise(["K1"], Key(bytes(32)), domain)[0][1:] for domain in DOMAINS}
    assert len(found) == 2 * len(DOMAINS)
    assert {len(text) for text in found} == {16}


def test_a_mac_and_a_pc_agree() -> None:
    """An umlaut typed as one character or as two is the same; case and blanks are not."""
    composed, parted = "Müller-7", unicodedata.normalize("NFD", "Müller-7")
    assert composed != parted
    one, two, three = pseudonymise([composed, parted, "müller-7"], KEY, "patient")
    assert one == two != three


def test_a_damaged_character_is_no_crash() -> None:
    """Half a character, as broken exports hold, has a pseudonym too."""
    assert len(pseudonymise(["\ud800"], KEY, "patient")[0]) == 17


def test_an_unknown_domain_is_refused() -> None:
    """A domain that does not exist is refused, listing those that do."""
    with pytest.raises(DataError, match="patient, episode, clinician, clinic"):
        pseudonymise(["K1"], KEY, "dentist")


def test_many_are_all_different() -> None:
    """A hundred thousand numbers have a hundred thousand pseudonyms."""
    assert len(set(pseudonymise([str(n) for n in range(100_000)], KEY, "patient"))) == 100_000
