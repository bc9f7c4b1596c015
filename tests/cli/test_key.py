"""The key's commands: back up, bring back, show its fingerprint and never the key."""

import os
from pathlib import Path

import pytest

from hinge_outcomes.cohort.secret_key import KEY_VARIABLE, key_path, make_key, read_key_file
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own folder in a temporary one, without a key in the environment."""
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "profile")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_show_tells_the_fingerprint_and_never_the_key(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fingerprint and place are shown, for a file and for the variable; the key is not."""
    key = make_key()
    shown = run(capsys, "key", "show")
    assert shown.code == 0
    assert shown.out.splitlines() == [f"fingerprint\t{key.fingerprint}", f"kept in\t{key_path()}"]
    monkeypatch.setenv(KEY_VARIABLE, "ab" * 32)
    shown = run(capsys, "key", "show")
    assert f"the variable {KEY_VARIABLE}" in shown.out
    assert "abab" not in shown.out


def test_no_key_yet_is_said(capsys: Capture) -> None:
    """Without a key, show says how one comes about, and a backup is refused."""
    assert "no key yet" in run(capsys, "key", "show").out
    refused = run(capsys, "key", "backup", "key.txt")
    assert refused.code == 2
    assert "There is no key" in refused.err


def test_a_backup_moves_to_another_computer(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was backed up here is restored there, and both have the same fingerprint."""
    key = make_key()
    backup = tmp_path / "stick" / "key.txt"
    written = run(capsys, "key", "backup", backup)
    assert written.code == 0, written.err
    assert "Keep it away from the data" in written.out
    assert key.secret.hex() not in written.out
    assert key.secret.hex() in backup.read_text(encoding="utf-8")
    if os.name == "posix":
        assert backup.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "elsewhere")
    restored = run(capsys, "key", "restore", backup)
    assert restored.code == 0, restored.err
    assert key.fingerprint in restored.out
    assert read_key_file(tmp_path / "elsewhere" / "key") == key


def test_a_backup_overwrites_nothing(tmp_path: Path, capsys: Capture) -> None:
    """A file that exists is refused and left as it is."""
    make_key()
    (tmp_path / "key.txt").write_text("mine", encoding="utf-8")
    refused = run(capsys, "key", "backup", tmp_path / "key.txt")
    assert refused.code == 2
    assert "overwrites nothing" in refused.err
    assert (tmp_path / "key.txt").read_text(encoding="utf-8") == "mine"


def test_another_key_is_replaced_on_request_only(tmp_path: Path, capsys: Capture) -> None:
    """Without --replace nothing changes; with it the other key is kept beside and named."""
    first = make_key(tmp_path / "first.txt")
    second = make_key()
    refused = run(capsys, "key", "restore", tmp_path / "first.txt")
    assert refused.code == 2
    assert "--replace" in refused.err
    assert read_key_file(key_path()) == second
    replaced = run(capsys, "key", "restore", tmp_path / "first.txt", "--replace")
    assert replaced.code == 0, replaced.err
    assert read_key_file(key_path()) == first
    kept = key_path().with_name(f"key.{second.fingerprint}")
    assert str(kept) in replaced.out
    assert read_key_file(kept) == second
    assert len(files_below(tmp_path / "profile")) == 2


def test_a_variable_that_comes_first_is_pointed_out(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restored key that the environment would hide is not left unmentioned."""
    make_key(tmp_path / "first.txt")
    monkeypatch.setenv(KEY_VARIABLE, "ab" * 32)
    assert "unset it" in run(capsys, "key", "restore", tmp_path / "first.txt").out
