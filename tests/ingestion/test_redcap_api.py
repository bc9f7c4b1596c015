"""Fetching a REDCap project: in batches, patiently, and without ever telling the token."""

import inspect
import sys
import traceback
from collections.abc import Iterator

import pytest

from hinge_outcomes.exceptions import ConfigError, DataError, HingeError, MissingExtraError
from hinge_outcomes.ingestion import redcap_api
from hinge_outcomes.ingestion.redcap_api import ATTEMPTS, TOKEN_VARIABLE, export_redcap
from tests.fake_redcap import RECORDS, TOKEN, FakeRedcap, fake_redcap

pytest.importorskip("redcap", reason="PyCap is not installed")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRedcap]:
    """A REDCap server, and its token in the environment."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_redcap() as fake:
        yield fake


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none of them is waited."""
    asked: list[float] = []
    monkeypatch.setattr(redcap_api.time, "sleep", asked.append)
    return asked


def test_records_come_in_batches(server: FakeRedcap) -> None:
    """Every record arrives once, in order, and progress is told after each batch."""
    told: list[tuple[int, int]] = []
    project = export_redcap(server.url, batch_size=2, progress=lambda *done: told.append(done))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert project.keys == ("case_no", "redcap_repeat_instrument", "redcap_repeat_instance")
    assert project.instruments["base"]["surname"].tolist() == ["Дое"] * 5
    assert project.instruments["visit"]["pain"].tolist() == [0, 1, 2, 3, 4]
    assert project.as_flat().to_numpy().tolist() == [
        [str(cell) for cell in row.values()] for row in RECORDS
    ]
    assert project.identifiers == {"surname"}
    assert {form["content"] for form in server.asked} == {"metadata", "record"}


def test_only_the_fields_asked_for_are_fetched(server: FakeRedcap) -> None:
    """The record id comes along, nothing else does."""
    project = export_redcap(server.url, fields=["pain"])
    assert "surname" not in project.as_flat()
    assert project.instruments["visit"]["pain"].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match="no field 'pian'"):
        export_redcap(server.url, fields=["pian"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_after_growing_waits(
    server: FakeRedcap, waits: list[float], status: int
) -> None:
    """Two failures, then success: the wait doubles, and nothing is fetched twice."""
    server.troubles = [(status, b"busy"), (status, b"<html>")]
    assert len(export_redcap(server.url).as_flat()) == len(RECORDS)
    assert waits == [1.0, 2.0]


def test_an_answer_that_breaks_off_is_asked_for_again(
    server: FakeRedcap, waits: list[float]
) -> None:  # fmt: skip
    """Half a JSON is no answer."""
    server.troubles = [(200, b'[{"field_name": "case')]
    assert len(export_redcap(server.url).as_flat()) == len(RECORDS)
    assert len(waits) == 1


def test_a_server_that_stays_busy_is_given_up(server: FakeRedcap, waits: list[float]) -> None:
    """The message says how often it was asked and with what answer."""
    server.troubles = [(503, b"busy")] * ATTEMPTS
    with pytest.raises(DataError, match=f"asked {ATTEMPTS} times without success: it answers 503"):
        export_redcap(server.url)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_server_that_is_not_there_is_given_up(
    monkeypatch: pytest.MonkeyPatch, server: FakeRedcap, waits: list[float]
) -> None:
    """No connection is no traceback."""
    with fake_redcap() as gone:
        url = gone.url
    with pytest.raises(DataError, match="cannot be reached"):
        export_redcap(url)
    assert len(waits) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ((403, b'{"error": "no"}'), r"does not know the token.*status 403"),
        ((400, b'{"error": "The record K1 is not valid"}'), "status 400"),
        ((302, b""), r"it has moved \(status 302\)"),
        ((404, b"nothing"), "no REDCap at this address"),
        ((200, b'{"error": "The record K1 is not valid"}'), "it refuses"),
        ((200, b'{"a": 1}'), "something else than records"),
        ((200, b"[1, 2]"), "something else than records"),
        ((200, b"[]"), "describes no field"),
    ],
)
def test_a_refusal_is_one_sentence_at_once(
    server: FakeRedcap, waits: list[float], trouble: tuple[int, bytes], words: str
) -> None:
    """What will not pass is not asked again, and what the server says of a record is not quoted."""
    server.troubles = [trouble]
    with pytest.raises(DataError, match=words) as caught:
        export_redcap(server.url)
    assert not waits
    assert "K1" not in str(caught.value)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and every error behind it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("trouble", ["token", "busy", "gone", "cut"])
def test_the_token_stands_in_no_error(
    server: FakeRedcap, waits: list[float], monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Neither in the message, nor in any error behind it, nor in a traceback with variables."""
    secret = TOKEN if trouble != "token" else "F" * 32
    monkeypatch.setenv(TOKEN_VARIABLE, secret)
    if trouble == "busy":
        server.troubles = [(503, secret.encode())] * ATTEMPTS
    if trouble == "cut":
        server.troubles = [(200, secret.encode())] * ATTEMPTS
    url = server.url if trouble != "gone" else "http://127.0.0.1:9/api/"
    with pytest.raises(HingeError) as caught:
        export_redcap(url)
    for error in chain(caught.value):
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [frame for frame in told.stack if "test_redcap_api" not in frame.filename]
        assert secret not in repr(error) + "".join(told.stack.from_list(ours).format())


def test_no_call_takes_a_token() -> None:
    """The environment is the only place for it."""
    assert not [name for name in inspect.signature(export_redcap).parameters if "token" in name]


@pytest.mark.parametrize(
    ("token", "words"), [("", "is empty"), ("short", "no token"), ("ä" * 32, "no token")]
)
def test_a_token_that_cannot_be_one_is_refused_before_anything_is_sent(
    server: FakeRedcap, monkeypatch: pytest.MonkeyPatch, token: str, words: str
) -> None:
    """The message names the variable, and not what it holds."""
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(ConfigError, match=words) as caught:
        export_redcap(server.url)
    assert not server.asked
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://redcap.test/api/", "https://redcap.test/", "ftp://redcap.test/api/", "redcap",
     "https://me:x@redcap.test/api/", "https://redcap.test/api/?token=x"],
)  # fmt: skip
def test_an_address_that_would_give_the_token_away_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It must be https, end in /api/, and hold no user and no token."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with pytest.raises(ConfigError, match="address of the REDCap API"):
        export_redcap(url)


def test_a_batch_of_nothing_is_refused(server: FakeRedcap) -> None:
    """It would never end."""
    with pytest.raises(ConfigError, match="batch_size"):
        export_redcap(server.url, batch_size=0)


def test_without_pycap_the_extra_is_named(
    server: FakeRedcap, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """One sentence says what to install."""
    monkeypatch.setitem(sys.modules, "redcap", None)
    monkeypatch.setitem(sys.modules, "redcap.project", None)
    with pytest.raises(MissingExtraError, match=r"hinge-outcomes\[redcap\]"):
        export_redcap(server.url)
