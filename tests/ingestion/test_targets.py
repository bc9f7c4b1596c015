"""What a mapping may fill is read from the table declarations."""

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.ingestion.targets import KINDS, list_targets


def test_every_declared_column_is_a_target_of_a_known_kind() -> None:
    """No column of the five tables is left out, and none is of a kind the door cannot read."""
    for table, schema in SCHEMAS.items():
        targets = list_targets(table)
        assert list(targets) == list(schema.columns)
        assert {target.kind for target in targets.values()} <= set(KINDS)


def test_ranges_keys_and_requirements_come_from_the_declaration() -> None:
    """A stage runs from 1 to 10, a key is required, a day cannot leave its integer type."""
    targets = list_targets("assessments")
    stage = targets["stage"]
    assert (stage.kind, stage.minimum, stage.maximum) == ("integer", 1, 10)
    assert stage.is_required
    assert stage.is_key
    assert not targets["load_kg"].is_required
    assert targets["assessed_day"].maximum == 32767
    assert targets["is_working_stage"].kind == "boolean"


def test_the_clinics_own_columns_are_targets_too() -> None:
    """A declared x_ column carries its codes and whether it is required."""
    own = ExtraColumn("episodes", "x_group", "category", allowed=("a", "b"), is_required=True)
    target = list_targets("episodes", [own])["x_group"]
    assert (target.kind, target.allowed, target.is_required) == ("code", ("a", "b"), True)
    assert "x_group" not in list_targets("visits", [own])
