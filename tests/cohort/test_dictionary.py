"""The data dictionary and the package are read from the declarations."""

from hinge_outcomes.cohort.dictionary import data_dictionary, data_package, dictionary_markdown
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.tables import SCHEMAS

GROUP = ExtraColumn("episodes", "x_group", "category", label="Trial arm", allowed=("a", "b"))


def test_every_declared_column_is_listed_once() -> None:
    """The dictionary has the declared columns, in order, and the clinic's own."""
    dictionary = data_dictionary([GROUP])
    for table in TABLE_NAMES:
        listed = list(dictionary.loc[dictionary["table"] == table, "column"])
        own = ["x_group"] if table == "episodes" else []
        assert listed == [*SCHEMAS[table].columns, *own]
    assert dictionary.set_index("column").loc["x_group", "allowed"] == "a, b"


def test_people_can_read_it() -> None:
    """The Markdown names keys, codes and labels."""
    text = dictionary_markdown([GROUP])
    assert "Key: episode_id, visit_day, visit_number." in text
    assert "| x_group | code | a, b | yes | Trial arm |" in text


def test_the_package_constrains_as_the_declaration_does() -> None:
    """Codes, ranges and required fields reach the Frictionless schema."""
    manifest = {"tables": {name: {"file": f"{name}.csv"} for name in TABLE_NAMES}}
    resources = {r["name"]: r for r in data_package(manifest, [GROUP])["resources"]}
    fields = {f["name"]: f for f in resources["assessments"]["schema"]["fields"]}
    assert fields["mastery_level"]["constraints"] == {"minimum": 0, "maximum": 3}
    assert fields["episode_id"]["constraints"] == {"required": True}
    visits = {f["name"]: f for f in resources["visits"]["schema"]["fields"]}
    assert visits["status"]["constraints"]["enum"] == ["attended", "no_show", "cancelled"]
    assert "foreignKeys" not in resources["patients"]["schema"]
