"""Tiny package trees on which a law can be seen to fail."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write files, given as paths and contents, below a root and return the root."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root
