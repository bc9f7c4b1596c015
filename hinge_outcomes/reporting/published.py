"""What every block has in common: it is shown in JupyterLab and read back by the report."""

from dataclasses import fields
from typing import Any, ClassVar

from hinge_outcomes.reporting import preview
from hinge_outcomes.reporting.text import plain_data

BLOCK_MIMETYPE = "application/vnd.hinge.block+json"


class Published:
    """What every block can do: be shown in JupyterLab and be read back by the report."""

    __slots__ = ()
    kind: ClassVar[str]

    def to_data(self) -> dict[str, Any]:
        """Return the block as JSON data, the form in which a notebook stores it.

        Returns
        -------
        dict
            The fields of the block and its ``kind``.
        """
        named = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        return {"kind": self.kind, **plain_data(named)}

    def _repr_html_(self) -> str:
        return preview.block_html(self.to_data())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {BLOCK_MIMETYPE: self.to_data(), "text/html": self._repr_html_()}
