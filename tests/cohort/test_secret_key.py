"""The secret key: kept private, never shown, never overwritten, and told from any other."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

import pytest

from hinge_outcomes.cohort.secret_key import (
    KEY_VARIABLE,
    Key,
    find_key,
    key_path,
    make_key,
    read_key,
    read_key_file,
    restore_key,
    write_key_file,
)
from hinge_outcomes.exceptions import ConfigError

SECRET = bytes(range(32))
KEY = Key(SECRET)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own folder in a temporary one, without a key in the environment."""
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "profile")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_the_key_never_shows() -> None:
    """Neither repr nor str of a key, nor of an error about one, holds a part of it."""
    for text in (repr(KEY), str(KEY), f"{KEY}"):
        assert SECRET.hex()[:8] not in text
        assert KEY.fingerprint in text
    with pytest.raises(ConfigError) as error:
        read_key(environment={KEY_VARIABLE: SECRET.hex()[:-2]})
    assert SECRET.hex()[:8] not in str(error.value)


def test_digests_are_those_of_the_standard_library() -> None:
    """A digest is HMAC-SHA256 with the key, as `hmac` computes it."""
    messages = [b"", b"patient\0K1", b"x" * 1000]
    due = [hmac.new(SECRET, message, hashlib.sha256).digest() for message in messages]
    assert KEY.digests(messages) == due


def test_a_key_has_32_bytes() -> None:
    """A shorter or longer secret is refused."""
    with pytest.raises(ConfigError, match="32 bytes; 16 were found"):
        Key(bytes(16))


@pytest.mark.parametrize(
    "written", [SECRET.hex(), SECRET.hex().upper(), base64.b64encode(SECRET).decode() + "\n"]
)
def test_the_variable_holds_hexadecimal_or_base64(written: str) -> None:
    """Either form of the variable gives the same key, before any file is asked."""
    make_key()
    assert read_key(environment={KEY_VARIABLE: written}) == KEY


@pytest.mark.parametrize("written", ["", "secret", "zz" * 32, "A" * 40])
def test_a_variable_that_is_no_key_is_refused(written: str) -> None:
    """What is neither form is refused, saying what is expected, not what was found."""
    with pytest.raises(ConfigError, match=f"{KEY_VARIABLE} holds no key. Expected: 32 bytes"):
        read_key(environment={KEY_VARIABLE: written})


def test_a_made_key_is_kept(tmp_path: Path) -> None:
    """A new key is random, private, in the user's own folder, and read back."""
    assert find_key(environment={}) is None
    made = make_key()
    assert key_path() == tmp_path / "profile" / "key"
    assert read_key(environment={}) == find_key(environment={}) == made
    assert make_key(tmp_path / "other") != made
    if os.name == "posix":
        assert key_path().stat().st_mode & 0o777 == 0o600
        assert key_path().parent.stat().st_mode & 0o777 == 0o700


def test_a_key_is_never_overwritten() -> None:
    """Making a key where there is one is refused, and the first stays."""
    made = make_key()
    with pytest.raises(ConfigError, match="overwrites nothing"):
        make_key()
    assert read_key(environment={}) == made


def test_no_key_says_how_to_get_one() -> None:
    """Where there is no key the message names both ways to one."""
    with pytest.raises(ConfigError, match=r"hinge ingest.*hinge key restore"):
        read_key(environment={})


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no rights in a file's mode")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A key whose file others may read is not used before that is mended."""
    write_key_file(KEY, tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)
    assert read_key(tmp_path / "key") == KEY


def test_damage_is_noticed(tmp_path: Path) -> None:
    """One changed digit anywhere in the key, its date or its fingerprint breaks the checksum."""
    write_key_file(KEY, tmp_path / "key")
    text = (tmp_path / "key").read_text(encoding="utf-8")
    for name in ("made", "fingerprint", "key", "checksum"):
        place = text.index(f"\n{name}: ") + len(name) + 3
        flipped = "1" if text[place] != "1" else "2"
        (tmp_path / "key").write_text(text[:place] + flipped + text[place + 1 :], encoding="utf-8")
        with pytest.raises(ConfigError, match="damaged"):
            read_key_file(tmp_path / "key")


@pytest.mark.parametrize("content", [b"", b"key: 1234", b"\xff\xfe\x00", b"PK\x03\x04"])
def test_another_file_is_no_key(tmp_path: Path, content: bytes) -> None:
    """A file that is no key's is refused by name."""
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigError, match="file"):
        read_key_file(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key_file(tmp_path / "absent")


def test_a_backup_comes_back(tmp_path: Path) -> None:
    """A key restored on an empty computer is the one that was backed up; again changes nothing."""
    write_key_file(KEY, tmp_path / "backup.txt")
    assert restore_key(tmp_path / "backup.txt") == (KEY, None)
    assert restore_key(tmp_path / "backup.txt") == (KEY, None)
    assert read_key(environment={}) == KEY


def test_a_backup_from_windows_comes_back(tmp_path: Path) -> None:
    """Windows line ends and a byte order mark do no harm to a backup."""
    write_key_file(KEY, tmp_path / "backup.txt")
    text = (tmp_path / "backup.txt").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "backup.txt").write_bytes(b"\xef\xbb\xbf" + text)
    assert restore_key(tmp_path / "backup.txt")[0] == KEY


def test_another_key_is_replaced_only_when_asked_and_never_lost(tmp_path: Path) -> None:
    """Without replace= the other key stays; with it, it is kept beside, each time anew."""
    other = make_key()
    write_key_file(KEY, tmp_path / "backup.txt")
    with pytest.raises(ConfigError, match=r"another key.*--replace"):
        restore_key(tmp_path / "backup.txt")
    assert read_key(environment={}) == other
    for number in range(2):
        found, kept = restore_key(tmp_path / "backup.txt", replace=True)
        assert found == KEY == read_key(environment={})
        assert kept is not None
        assert read_key_file(kept) == other
        assert len(list(kept.parent.iterdir())) == 2 + number
        key_path().unlink()
        write_key_file(other)


def test_a_failed_restore_leaves_the_key_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new key cannot be written, the old one is where it was."""
    other = make_key()
    write_key_file(KEY, tmp_path / "backup.txt")

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("hinge_outcomes.cohort.secret_key.write_private", fail)
    with pytest.raises(OSError, match="No space"):
        restore_key(tmp_path / "backup.txt", replace=True)
    assert read_key(environment={}) == other
