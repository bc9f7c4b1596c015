"""What a load has done: rows by table, and the files it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Counts:
    """Count what a load did to one table.

    Parameters
    ----------
    inserted, replaced, retired, unchanged : int
        Rows that are new, that replace an older version, that no longer hold, and that were there
        already.
    """

    inserted: int = 0
    replaced: int = 0
    retired: int = 0
    unchanged: int = 0


class FileRead(Protocol):
    """What a registry remembers of a file that was loaded."""

    @property
    def name(self) -> str:
        """Name of the file."""

    @property
    def sha256(self) -> str:
        """Digest of its bytes."""

    @property
    def rows(self) -> int:
        """Rows that were read."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Say what a load did.

    Parameters
    ----------
    load_id : int
        Number of the load; of the earlier one where this repeats it.
    counts : mapping of str to Counts
        By table: rows inserted, replaced, retired, unchanged.
    is_repeat : bool
        Whether the same files were loaded by the same mapping before; then nothing was changed.
    """

    load_id: int
    counts: Mapping[str, Counts]
    is_repeat: bool = False

    def summary(self) -> str:
        """Say in words what was loaded.

        Returns
        -------
        str
            One line per table, or one sentence where nothing changed.

        Examples
        --------
        >>> print(LoadResult(3, {}, is_repeat=True).summary())
        These files are in the registry already, as load 3. Nothing was changed.
        """
        if self.is_repeat:
            return (
                f"These files are in the registry already, as load {self.load_id}. Nothing was "
                "changed."
            )
        lines = [f"Load {self.load_id}:"]
        for name, found in self.counts.items():
            lines.append(
                f"{name}: {found.inserted:,} new, {found.replaced:,} corrected, "
                f"{found.retired:,} retired, {found.unchanged:,} unchanged."
            )
        return "\n".join(lines)
