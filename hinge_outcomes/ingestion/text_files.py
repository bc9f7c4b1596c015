"""Text files as blocks of UTF-8, whatever they are written in: the encoding is settled first."""

import codecs
import hashlib
import os
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

from hinge_outcomes.exceptions import DataError

BLOCK_BYTES = 4 * 1024 * 1024

_BINARY_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE_UTF_16 = 0.2
"""Share of NUL bytes from which text is taken for UTF-16 without a byte order mark."""

_NOT_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


class TextFile:
    """Read a text file in blocks of UTF-8.

    A byte order mark decides over the encoding that was declared, and is passed over. The SHA-256
    of the file's bytes is worked out on the way.

    Parameters
    ----------
    path : path
        The file.
    encoding : str, default "utf-8"
        What it is written in, where it bears no byte order mark.
    block_bytes : int, default BLOCK_BYTES
        How much of the file is read at a time.

    Raises
    ------
    DataError
        If it cannot be opened, or is a spreadsheet or an archive.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        encoding: str = "utf-8",
        *,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._path = Path(path)
        self._block_bytes = block_bytes
        self._hash = hashlib.sha256()
        self._file = open_bytes(self._path)
        start = self._read_bytes(8)
        if start.startswith(_BINARY_MARKS):
            self._file.close()
            raise DataError(
                f"{self._path.name} is a spreadsheet or an archive, not a CSV file. Save the sheet "
                "as 'CSV UTF-8' and name that file."
            )
        mark, self.encoding = find_mark(start) or (b"", encoding)
        self._file.seek(len(mark))
        self._hash.update(mark)
        # Without a mark, "utf-16" would mean the order of bytes of the computer that reads.
        name = "utf-16-le" if self.encoding == "utf-16" else self.encoding
        self._decoder = codecs.getincrementaldecoder(name)("strict")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def digest(self) -> str:
        """Give the SHA-256 of what was read so far.

        Returns
        -------
        str
            64 hexadecimal digits; of the whole file, once `read` has given an empty block.
        """
        return self._hash.hexdigest()

    def read(self) -> bytes:
        """Give the next block.

        Returns
        -------
        bytes
            UTF-8 text, perhaps ending in the middle of a line; empty at the end.

        Raises
        ------
        DataError
            If the bytes are not text in the encoding; the message names the one they look like.
        """
        while True:
            block = self._read_bytes(self._block_bytes)
            self._hash.update(block)
            text = self._as_utf8(block)
            if b"\0" in text:
                raise self._no_text(block)
            if text or not block:
                return text

    def _read_bytes(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise cannot_open(self._path, error) from error

    def _as_utf8(self, block: bytes) -> bytes:
        is_utf8 = self.encoding == "utf-8"
        if is_utf8 and block and block.isascii() and not self._decoder.getstate()[0]:
            return block
        try:
            text = self._decoder.decode(block, final=not block)
            # A letter cut in two by the end of a block is put together again by whoever joins them.
            return block if is_utf8 else text.encode("utf-8")
        except UnicodeError:
            raise self._no_text(block) from None

    def _no_text(self, block: bytes) -> DataError:
        encoding, reason = guess_encoding(block)
        looks = ""
        if encoding not in ("", self.encoding):
            looks = (
                f'It looks like {encoding} ({reason}): write encoding = "{encoding}" under [file]. '
                "Otherwise: "
            )
        return DataError(
            f"{self._path.name} is not {self.encoding.upper()} text: it is binary, damaged or in "
            f"another encoding. {looks}Save it as 'CSV UTF-8' and name that file."
        )


def open_bytes(path: Path) -> BufferedReader:
    """Open a file for reading.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    file object
        Bytes.

    Raises
    ------
    DataError
        If it cannot be opened.
    """
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise cannot_open(path, error) from error


def cannot_open(path: Path, error: Exception) -> DataError:
    """Word that a file cannot be opened.

    Parameters
    ----------
    path : Path
        The file.
    error : Exception
        What the operating system says.

    Returns
    -------
    DataError
        To be raised.

    Examples
    --------
    >>> str(cannot_open(Path("a.csv"), PermissionError(13, "Permission denied")))[:60]
    'The export a.csv cannot be opened (Permission denied). Check'
    """
    reason = getattr(error, "strerror", None) or "no such path"
    return DataError(
        f"The export {path.name} cannot be opened ({reason}). Check the path, and close the file "
        "in other programs."
    )


def find_mark(start: bytes) -> tuple[bytes, str] | None:
    """Find a byte order mark.

    Parameters
    ----------
    start : bytes
        How a file begins.

    Returns
    -------
    tuple of (bytes, str) or None
        The mark and the encoding that it stands for; None where there is none.

    Examples
    --------
    >>> find_mark("id".encode("utf-8-sig"))[1]
    'utf-8'
    >>> find_mark(b"id")
    """
    return next((found for found in _BYTE_ORDER_MARKS if start.startswith(found[0])), None)


def guess_encoding(sample: bytes) -> tuple[str, str]:
    """Guess what bytes are written in.

    Parameters
    ----------
    sample : bytes
        A part of a file.

    Returns
    -------
    encoding : str
        Its name; empty where the bytes look like no text.
    reason : str
        What speaks for it.

    Examples
    --------
    >>> guess_encoding("Prüfung".encode("latin-1"))
    ('latin-1', 'letters beyond ASCII that are not UTF-8')
    """
    marked = find_mark(sample)
    if marked:
        return marked[1], "a byte order mark"
    nuls = (sample[0::2].count(0), sample[1::2].count(0))
    if sum(nuls):
        if max(nuls) < _BARE_UTF_16 * len(sample) or min(nuls) > max(nuls) / 10:
            return "", "NUL bytes"
        return ("utf-16-be" if nuls[0] > nuls[1] else "utf-16-le"), "every other byte is NUL"
    if sample.isascii():
        return "utf-8", "plain ASCII"
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(sample, final=False)
        return "utf-8", "letters beyond ASCII that are valid UTF-8"
    except UnicodeDecodeError:
        pass
    high = {byte for byte in sample if 0x80 <= byte < 0xA0}
    if not high:
        return "latin-1", "letters beyond ASCII that are not UTF-8"
    if high & _NOT_IN_CP1252:
        return "", "bytes that are no letters"
    return "cp1252", "signs that only Windows has, such as the euro sign or curly quotes"
