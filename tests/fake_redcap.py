"""A small REDCap server for tests: it knows one project and one token, and fails when asked to."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "0123456789ABCDEF0123456789ABCDEF"

METADATA = [
    {"field_name": "case_no", "form_name": "base", "field_type": "text"},
    {"field_name": "surname", "form_name": "base", "field_type": "text", "identifier": "y"},
    {"field_name": "pain", "form_name": "visit", "field_type": "text",
     "text_validation_type_or_show_slider_number": "integer"},
]  # fmt: skip

EMPTY = {"case_no": "", "redcap_repeat_instrument": "", "redcap_repeat_instance": "",
         "surname": "", "base_complete": "", "pain": "", "visit_complete": ""}  # fmt: skip

RECORDS: list[dict[str, Any]] = [
    row
    for number in range(5)
    for row in (
        EMPTY | {"case_no": f"K{number}", "surname": "Дое", "base_complete": "2"},
        EMPTY | {"case_no": f"K{number}", "redcap_repeat_instrument": "visit",
                 "redcap_repeat_instance": 1, "pain": str(number), "visit_complete": "1"},
    )
]  # fmt: skip


class FakeRedcap:
    """What the server was asked, and what it shall answer before it behaves."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.troubles: list[tuple[int, bytes]] = []
        self.url = ""

    def answer(self, form: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of one answer."""
        self.asked.append(form)
        if self.troubles:
            return self.troubles.pop(0)
        if form.get("token") != TOKEN:
            told = {"error": f"You do not have permissions to use the API ({form['token']})"}
            return 403, json.dumps(told).encode()
        if form["content"] == "metadata":
            return 200, json.dumps(METADATA).encode()
        records, fields = listed(form, "records"), listed(form, "fields")
        rows = [row for row in RECORDS if not records or row["case_no"] in records]
        if fields:
            own = {"redcap_repeat_instrument", "redcap_repeat_instance", *fields}
            rows = [{name: row[name] for name in row if name in own} for row in rows]
        return 200, json.dumps(rows, ensure_ascii=False).encode()


def listed(form: dict[str, str], name: str) -> list[str]:
    """The values of a list in a request."""
    return [value for key, value in form.items() if re.fullmatch(rf"{name}\[\d+\]", key)]


@contextmanager
def fake_redcap() -> Iterator[FakeRedcap]:
    """Run the server on a free port of this machine."""
    fake = FakeRedcap()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            status, answer = fake.answer(form)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", fake.url)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
