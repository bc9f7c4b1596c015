"""The words a scenario chooses among, and their places, which the compiled functions read."""

from typing import Final

MECHANISMS: Final = ("mcar", "mar", "mnar")
MCAR, MAR, MNAR = range(3)
"""What leaving, or answering, depends on: nothing, what was recorded, or what is true."""

PACES: Final = ("visits", "own")
AT_VISITS, OWN_PACE = range(2)
"""Who sets the working stage: the clinician at visits, or the patient in between."""
