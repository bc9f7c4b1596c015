"""Fetch a REDCap project over its API: in batches, patiently, and never telling the token."""

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from hinge_outcomes.exceptions import ConfigError, DataError, MissingExtraError
from hinge_outcomes.ingestion.redcap import RedcapProject, build_project
from hinge_outcomes.ingestion.redcap_dictionary import CsvRows, RedcapDictionary

TOKEN_VARIABLE = "HINGE_REDCAP_TOKEN"

TIMEOUT_SECONDS = 120.0
ATTEMPTS = 6

_TOKEN = re.compile(r"[0-9A-Za-z]{32}")
_BUSY = 429
_REFUSALS = {
    301: "it has moved", 302: "it has moved", 303: "it has moved", 307: "it has moved",
    308: "it has moved", 400: "it does not understand the request",
    401: "it does not know the token", 403: "it does not know the token, or the token may not "
    "export data", 404: "there is no REDCap at this address",
}  # fmt: skip


class _Retry(Exception):
    """A failure that may be over in a moment; it bears no text of anybody else's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def export_redcap(
    url: str,
    *,
    fields: Sequence[str] | None = None,
    labels: str = "raw",
    missing: Sequence[str] = (),
    batch_size: int = 200,
    first_wait_seconds: float = 1.0,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> RedcapProject:
    """Fetch the records of a REDCap project over its API.

    The token is read from the environment variable ``HINGE_REDCAP_TOKEN`` and from nowhere else; it
    stands in no message. Records are fetched in batches. A server that is busy, out of order or out
    of reach is asked again, each time after twice the wait, six times in all.

    Parameters
    ----------
    url : str
        Address of the API, such as ``https://redcap.example.org/api/``.
    fields : sequence of str, optional
        Fields to fetch, besides the record id; all that the token may export where not given.
    labels : str, default "raw"
        "raw" gives the codes of answers, "label" their labels.
    missing : sequence of str, default ()
        The project's codes for missing data; such a cell is null.
    batch_size : int, default 200
        Records in one request.
    first_wait_seconds : float, default 1.0
        Wait before a request is repeated for the first time.
    progress : callable, optional
        Called with the number of records fetched and their total, after each batch.

    Returns
    -------
    RedcapProject
        The records, as `read_redcap` gives them from files.

    Raises
    ------
    MissingExtraError
        If PyCap is not installed.
    ConfigError
        If the token is not in the environment or has another form, or the address is none.
    DataError
        If the server refuses, cannot be reached, or answers with something else than records.
    """
    _check_url(url)
    if batch_size < 1:
        raise ConfigError(f"batch_size must be at least 1, not {batch_size}.")
    ask = _client(url, first_wait_seconds)
    described = ask("export_metadata", format_type="json")
    dictionary = RedcapDictionary.of_rows(_rows(described, url), "The project's dictionary")
    record_id = dictionary.record_id
    _check_fields(fields, dictionary)
    found = ask("export_records", format_type="json", fields=[record_id])
    records = list(dict.fromkeys(str(row.get(record_id, "")) for row in _rows(found, url)))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(records), batch_size):
        batch = records[start : start + batch_size]
        answer = ask(
            "export_records",
            format_type="json",
            records=batch,
            fields=None if fields is None else list(dict.fromkeys([record_id, *fields])),
            event_name="unique",
            export_survey_fields=True,
            export_data_access_groups=True,
        )
        rows += _rows(answer, url)
        progress(start + len(batch), len(records))
    header = tuple(dict.fromkeys(name for row in rows for name in row)) or (record_id,)
    cells = [[str(row.get(name, "")) for name in header] for row in rows]
    lines = list(range(2, len(rows) + 2))
    table = CsvRows(_host(url), header, cells, lines)
    return build_project(table, dictionary, labels=labels, missing=missing)


def _read_token() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigError(
            f"The environment variable {TOKEN_VARIABLE} is empty. Put the project's API token "
            "there (REDCap shows it under API); it belongs into no file and no command."
        )
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{TOKEN_VARIABLE} holds no token of a REDCap project: one has 32 letters and digits. "
            "Copy it again from the project's API page."
        )
    return token


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        raise ConfigError(
            "The address of the REDCap API must begin with https://, because the token travels "
            "with every request."
        )
    if not parts.path.endswith("/api/") or parts.query or parts.username:
        raise ConfigError(
            "The address of the REDCap API must end with /api/, such as "
            "https://redcap.example.org/api/, and hold neither a user nor a token."
        )


def _check_fields(fields: Iterable[str] | None, dictionary: RedcapDictionary) -> None:
    known = {field.name for field in dictionary.fields}
    unknown = [name for name in fields or () if name not in known]
    if unknown:
        raise DataError(f"The project has no field {', '.join(map(repr, unknown))}.")


def _client(url: str, first_wait_seconds: float) -> Callable[..., Any]:
    """Make a function that calls PyCap, and repeats what may be over in a moment."""
    try:
        from redcap.project import Project
        from requests import RequestException
    except ImportError as error:
        raise MissingExtraError(
            'The REDCap API needs PyCap. Install it with: pip install "hinge-outcomes[redcap]"'
        ) from error

    project = Project(
        url,
        _read_token(),
        timeout=TIMEOUT_SECONDS,
        allow_redirects=False,  # the token goes to the address that was named, and to no other
        hooks={"response": _check_status},
    )

    def once(call: str, arguments: dict[str, Any]) -> tuple[Any, str, bool]:
        """Answer, or what went wrong and whether it may be over in a moment.

        No error of another's is passed on, nor its words: the request within it holds the token,
        and what REDCap says may quote a record.
        """
        try:
            return getattr(project, call)(**arguments), "", False
        except _Retry as error:
            return None, error.reason, True
        except DataError as error:
            return None, str(error), False
        except RequestException as error:
            if type(error) is RequestException:  # so PyCap tells of REDCap's own errors
                return None, "it refuses; see the project's API log for the reason", False
            return None, "it cannot be reached, broke off, or answers no JSON", True
        except Exception as error:
            return None, f"the request failed ({type(error).__name__})", False

    def ask(call: str, **arguments: Any) -> Any:
        wait = first_wait_seconds
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(wait)
                wait *= 2
            answer, reason, may_pass = once(call, arguments)
            if not reason:
                return answer
            if not may_pass:
                raise DataError(f"{_host(url)}: {reason}")
        raise DataError(
            f"{_host(url)} was asked {ATTEMPTS} times without success: {reason}. Nothing was "
            "fetched; try again later, or with a smaller batch_size."
        )

    return ask


def _check_status(response: Any, *_: Any, **__: Any) -> None:
    """Judge an answer by its status, before anybody looks into it."""
    status = response.status_code
    if status == _BUSY or status >= 500:
        raise _Retry(f"it answers {status}")
    if status >= 300:
        reason = _REFUSALS.get(status, "it refuses")
        raise DataError(
            f"{reason} (status {status}). Check the address, the token in {TOKEN_VARIABLE} and "
            "its right to export."
        )


def _rows(answer: Any, url: str) -> list[dict[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise DataError(
            f"{_host(url)} answers with something else than records. Check that the address is "
            "that of the API."
        )
    return answer


def _host(url: str) -> str:
    return urlsplit(url).hostname or "REDCap"


__all__ = ["ATTEMPTS", "TIMEOUT_SECONDS", "TOKEN_VARIABLE", "export_redcap"]
