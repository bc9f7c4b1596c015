"""Commands that make up patients: simulate, scenario."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hinge_outcomes.cli.screen import follow_count, follow_steps, say, say_rows
from hinge_outcomes.exceptions import ConfigError

if TYPE_CHECKING:
    from hinge_outcomes.simulation.scenario import Scenario

Format = Literal["parquet", "csv"]

SEED = 7

_STOPPED = 130  # what a shell expects of a command that Ctrl-C has stopped


def add_simulation_commands(app: typer.Typer) -> None:
    """Add the commands that make up patients.

    Parameters
    ----------
    app : Typer
        The application they join.
    """
    example = "Example: hinge simulate clinic --episodes 2_000 --seed 7 --out my-clinic"
    app.command("simulate", epilog=example)(_simulate)
    scenario = typer.Typer(
        help="The scenarios that patients are made up from.",
        epilog="Example: hinge scenario list",
        no_args_is_help=True,
    )
    scenario.command("list", epilog="Example: hinge scenario list")(_list)
    scenario.command("show", epilog="Example: hinge scenario show clinic --toml > mine.toml")(_show)
    app.add_typer(scenario, name="scenario")


def _simulate(
    scenario: Annotated[
        str, typer.Argument(help="A scenario that ships (hinge scenario list), or a TOML file.")
    ] = "clinic",
    episodes: Annotated[
        int | None,
        typer.Option(help="How many, such as 1_000_000; else as the scenario says.", min=1),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same patients; else 7.", min=0)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the cohort.")] = None,
    workers: Annotated[
        int, typer.Option(help="Threads; they change the speed, never a byte.", min=1)
    ] = 1,
    format: Annotated[Format, typer.Option(help="How tables are stored.")] = "parquet",
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Hold the scenario against published figures.")
    ] = False,
) -> None:
    """Make up patients with known truth and write them as a cohort.

    A long run that was stopped goes on where it was, with the same command.
    """
    chosen = chosen_scenario(scenario)
    if calibrate:
        _say_calibration(chosen, episodes, seed)
        return
    if out is None:
        raise ConfigError(
            "Say which folder the cohort shall be written to: "
            f"hinge simulate {scenario} --out FOLDER"
        )
    n_episodes = chosen.clinics.episodes if episodes is None else episodes
    own_seed = SEED if seed is None else seed
    from hinge_outcomes.simulation.partitions import PARTITION_EPISODES

    if n_episodes > PARTITION_EPISODES:
        if format == "csv":
            raise ConfigError(
                f"More than {PARTITION_EPISODES:,} episodes are written as Parquet only. Leave "
                f"--format out, or ask for at most {PARTITION_EPISODES:,}."
            )
        _write_parts(chosen, out, n_episodes, own_seed, workers)
        return
    from hinge_outcomes.simulation.generator import simulate
    from hinge_outcomes.simulation.synthetic_clinic import write_simulated

    with follow_steps() as step:
        prepare_simulator(step)
        step("Simulate the patients")
        cohort = simulate(chosen, n_episodes=n_episodes, seed=own_seed, workers=workers)
        step("Write the cohort")
        folder = write_simulated(cohort, out, format=format)
    say(f"{cohort.n_episodes:,} episodes in {folder}")


def _write_parts(scenario: "Scenario", out: Path, n_episodes: int, seed: int, workers: int) -> None:
    from hinge_outcomes.simulation.partitions import is_written, write_simulation

    wanted: dict[str, Any] = {"n_episodes": n_episodes, "seed": seed}
    if is_written(scenario, out, **wanted):
        write_simulation(scenario, out, **wanted)  # tidies what a killed run left
        say(f"{n_episodes:,} episodes are in {out} already, complete.")
        return
    with follow_steps() as step:
        prepare_simulator(step)
    say("This can be stopped, with Ctrl-C or otherwise: the same command goes on where it was.")
    try:
        with follow_count("Simulate", "episodes") as tell:
            write_simulation(scenario, out, **wanted, workers=workers, progress=tell)
    except KeyboardInterrupt:
        typer.echo(
            f"hinge: Stopped. The finished parts in {out} stay: the same command goes on after "
            "them.",
            err=True,
        )
        raise typer.Exit(_STOPPED) from None
    say(f"{n_episodes:,} episodes in {out}")


def _say_calibration(scenario: "Scenario", episodes: int | None, seed: int | None) -> None:
    from hinge_outcomes.simulation.calibration import calibrate

    # What is not said is as the calibration has it.
    said = {"n_episodes": episodes, "seed": seed}
    chosen = {name: value for name, value in said.items() if value is not None}
    with follow_steps() as step:
        prepare_simulator(step)
        found = calibrate(
            scenario, **chosen, progress=lambda done, total: step("Simulate", done, total)
        )
    table = found.table()
    rows = [
        tuple(_short(cell) for cell in row)
        for row in table[list(_CALIBRATION)].itertuples(index=False)
    ]
    say_rows(rows, _CALIBRATION, wide_only=("population", "source"))
    for note, noted in table[table["note"] != ""].groupby("note", sort=False):
        say(f"{'; '.join(noted['target'])}: {note}.")
    say(found.summary())


_CALIBRATION = (
    "target", "population", "source", "low", "high", "simulated", "mc_error", "verdict",
)  # fmt: skip


def prepare_simulator(step: Callable[[str], None]) -> None:
    """Compile the simulator if this installation has not done so yet, and say so.

    Parameters
    ----------
    step : callable
        Told what is being done, where it takes a while.
    """
    from hinge_outcomes.simulation.first_compilation import compile_apart, is_on_disk

    if not is_on_disk():
        step("Compile the simulator, once")
        compile_apart()


def _short(cell: object) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def chosen_scenario(text: str) -> "Scenario":
    """Find the scenario that a command names.

    Parameters
    ----------
    text : str
        The name of one that ships, or the path of a TOML file.

    Returns
    -------
    Scenario
        Read and checked.

    Raises
    ------
    ConfigError
        If there is none; the message says how a folder for the result is named.
    """
    from hinge_outcomes.simulation.scenario import Scenario, scenario_names

    names = scenario_names()
    if text not in names and (text.endswith(".toml") or Path(text).is_file()):
        return Scenario.read(text)
    try:
        return Scenario.named(text)
    except ConfigError as error:
        if difflib.get_close_matches(text, names):
            raise
        raise ConfigError(
            f"{error} If {text} is the folder to write to, did you mean --out {text}?"
        ) from None


def _list() -> None:
    """List the scenarios that ship, with what each is."""
    from hinge_outcomes.simulation.scenario import Scenario, scenario_names

    rows: list[tuple[str, ...]]
    rows = [(name, Scenario.named(name).description) for name in scenario_names()]
    say_rows(rows, ("name", "description"))


def _show(
    scenario: Annotated[
        str, typer.Argument(help="A scenario that ships (hinge scenario list), or a TOML file.")
    ] = "clinic",
    toml: Annotated[
        bool, typer.Option("--toml", help="Print it as TOML, a file to start from.")
    ] = False,
) -> None:
    """Show every parameter of a scenario with its value, its mark and where it is from.

    Marks: S read in a public source, D computed from public data, A assumption, - setting.
    """
    chosen = chosen_scenario(scenario)
    if toml:
        typer.echo(chosen.as_toml(), nl=False)
        return
    rows = [tuple(_words(cell) for cell in row) for row in chosen.table().itertuples(index=False)]
    header = ("key", "value", "mark", "what", "population", "source", "try")
    say_rows(rows, header, wide_only=("population", "source"))


def _words(cell: object) -> str:
    return ", ".join(str(each) for each in cell) if isinstance(cell, list) else str(cell)
