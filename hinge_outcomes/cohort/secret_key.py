"""The secret key that pseudonyms are made with: kept in a private file or in the environment."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinge_outcomes.cohort.private_files import is_private, write_private
from hinge_outcomes.exceptions import ConfigError

KEY_VARIABLE = "HINGE_KEY"
"""The environment variable that may hold the key, in hexadecimal or base64."""

KEY_BYTES = 32

_TITLE = "hinge-outcomes key"
_WARNING = "Keep this file away from the data: who has both can tell who the patients are."
_MAKE = (
    "The first `hinge ingest` into a registry makes one; `hinge key restore FILE` brings it back."
)


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """Hold the secret that turns a clinic's own numbers into pseudonyms.

    Parameters
    ----------
    secret : bytes
        32 random bytes; they show neither in ``repr`` nor in any message.

    Raises
    ------
    ConfigError
        If there are not 32 bytes.

    Examples
    --------
    >>> Key(bytes(32))
    <Key with fingerprint b5b49f5077edb99f>
    """

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ConfigError(
                f"A key has {KEY_BYTES} bytes; {len(self.secret)} were found. Use the key that "
                "`hinge key backup` wrote, unchanged."
            )

    @property
    def fingerprint(self) -> str:
        """Name the key without giving it away.

        Returns
        -------
        str
            16 hexadecimal digits, the same wherever the key is.
        """
        return self.digests([b"hinge-outcomes fingerprint"])[0].hex()[:16]

    def digests(self, messages: Iterable[bytes]) -> list[bytes]:
        """Compute the HMAC-SHA256 of messages.

        Parameters
        ----------
        messages : iterable of bytes
            Anything.

        Returns
        -------
        list of bytes
            32 bytes each, which nobody without the key can compute or undo.
        """
        keyed = hmac.new(self.secret, digestmod="sha256")
        found = []
        for message in messages:
            one = keyed.copy()  # preparing the key is half of the work, and is done once
            one.update(message)
            found.append(one.digest())
        return found

    def __repr__(self) -> str:
        return f"<Key with fingerprint {self.fingerprint}>"


def key_path() -> Path:
    """Name the file in the user's own folder that keeps the key.

    Returns
    -------
    Path
        Whether or not there is such a file.
    """
    import platformdirs

    return platformdirs.user_data_path("hinge-outcomes", appauthor=False) / "key"


def find_key(
    path: str | os.PathLike[str] | None = None, *, environment: Mapping[str, str] | None = None
) -> Key | None:
    """Read the key if there is one.

    Parameters
    ----------
    path : path, optional
        A key's file. If not given, the variable HINGE_KEY is asked first, then the user's own
        folder.
    environment : mapping of str to str, optional
        The environment; ``os.environ`` if not given.

    Returns
    -------
    Key or None
        None where there is neither variable nor file.

    Raises
    ------
    ConfigError
        If there is one and it is damaged, or others can read it.
    """
    written = (os.environ if environment is None else environment).get(KEY_VARIABLE)
    if path is None and written is not None:
        return _key_of_variable(written)
    file = key_path() if path is None else Path(path)
    return read_key_file(file) if file.exists() else None


def read_key(
    path: str | os.PathLike[str] | None = None, *, environment: Mapping[str, str] | None = None
) -> Key:
    """Read the key.

    Parameters
    ----------
    path : path, optional
        A key's file. If not given, the variable HINGE_KEY is asked first, then the user's own
        folder.
    environment : mapping of str to str, optional
        The environment; ``os.environ`` if not given.

    Returns
    -------
    Key
        The key.

    Raises
    ------
    ConfigError
        If there is none, it is damaged, or others can read it.
    """
    key = find_key(path, environment=environment)
    if key is None:
        raise ConfigError(f"There is no key for pseudonyms on this computer. {_MAKE}")
    return key


def make_key(path: str | os.PathLike[str] | None = None) -> Key:
    """Make a new key and keep it in a private file.

    Parameters
    ----------
    path : path, optional
        The file; the one in the user's own folder if not given.

    Returns
    -------
    Key
        The new key.

    Raises
    ------
    ConfigError
        If there is a key already: it is never overwritten.
    """
    return write_key_file(Key(secrets.token_bytes(KEY_BYTES)), path)


def write_key_file(key: Key, path: str | os.PathLike[str] | None = None) -> Key:
    """Write a key to a new private file.

    Parameters
    ----------
    key : Key
        The key.
    path : path, optional
        The file; the one in the user's own folder if not given.

    Returns
    -------
    Key
        The same key.

    Raises
    ------
    ConfigError
        If there is such a file: nothing is ever overwritten.
    """
    target = key_path() if path is None else Path(path)
    made = dt.date.today().isoformat()
    facts = {"made": made, "fingerprint": key.fingerprint, "key": key.secret.hex()}
    facts["checksum"] = _checksum(facts)
    lines = [_TITLE, _WARNING, "", *(f"{name}: {text}" for name, text in facts.items()), ""]
    try:
        write_private(target, "\n".join(lines))
    except FileExistsError:
        raise ConfigError(
            f"{target} exists, and a key overwrites nothing. Name another file."
        ) from None
    return key


def read_key_file(path: str | os.PathLike[str]) -> Key:
    """Read a key's file, or a backup of one, and verify its checksum.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Key
        The key.

    Raises
    ------
    ConfigError
        If it is no key's file, is damaged, or others can read it.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        is_safe = is_private(file)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"The key's file {file} cannot be read: {reason}.") from None
    facts = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    if not text.startswith(_TITLE) or not {"made", "fingerprint", "key", "checksum"} <= set(facts):
        raise ConfigError(f"{file} is no key's file. Name the one that `hinge key backup` wrote.")
    facts = {name: facts[name].strip() for name in ("made", "fingerprint", "key", "checksum")}
    told = facts.pop("checksum")
    if told != _checksum(facts):
        raise ConfigError(
            f"The key in {file} is damaged: its checksum does not hold. Use another backup."
        )
    if not is_safe:
        raise ConfigError(
            f"Others can read the key in {file}. Make it yours alone, with chmod 600, and use it "
            "again."
        )
    return Key(bytes.fromhex(facts["key"]))


def restore_key(
    backup: str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    replace: bool = False,
) -> tuple[Key, Path | None]:
    """Bring a key back from its backup.

    Parameters
    ----------
    backup : path
        What `write_key_file` wrote, here or on another computer.
    path : path, optional
        Where the key shall be; the file in the user's own folder if not given.
    replace : bool, default False
        Whether another key may be replaced; it is kept beside, never lost.

    Returns
    -------
    key : Key
        The key.
    kept : Path or None
        Where the key that was there before is kept.

    Raises
    ------
    ConfigError
        If the backup is damaged, or there is another key and ``replace`` is not asked for.
    """
    key = read_key_file(backup)
    target = key_path() if path is None else Path(path)
    if not target.exists():
        return write_key_file(key, target), None
    try:
        before = read_key_file(target).fingerprint
    except ConfigError:
        before = "damaged"
    if before == key.fingerprint:
        return key, None
    if not replace:
        raise ConfigError(
            f"There is another key in {target} ({before}). What was stored with it could no longer "
            "be added to. If you are sure, repeat with --replace; the other key is kept beside."
        )
    kept = _free_name(target.with_name(f"{target.name}.{before}"))
    target.rename(kept)
    try:
        write_key_file(key, target)
    except BaseException:
        kept.rename(target)
        raise
    return key, kept


def _free_name(path: Path) -> Path:
    names = (path, *(path.with_name(f"{path.name}.{number}") for number in range(2, 1000)))
    return next(name for name in names if not name.exists())


def _key_of_variable(written: str) -> Key:
    text = written.strip()
    try:
        if len(text) == 2 * KEY_BYTES:
            return Key(bytes.fromhex(text))
        return Key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, ConfigError):
        raise ConfigError(
            f"The environment variable {KEY_VARIABLE} holds no key. Expected: {KEY_BYTES} bytes as "
            f"{2 * KEY_BYTES} hexadecimal digits or in base64."
        ) from None


def _checksum(facts: Mapping[str, str]) -> str:
    content = "\n".join(facts[name] for name in ("made", "fingerprint", "key"))
    return hashlib.sha256(content.encode()).hexdigest()[:16]
