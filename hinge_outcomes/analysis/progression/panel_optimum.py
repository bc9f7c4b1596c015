"""Find the maximum of a likelihood, and say honestly whether there is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinge_outcomes.exceptions import AnalysisError

Floats = npt.NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the log-likelihood and its gradient; minus infinity where it has none."""

Information = Callable[[Floats], Floats | None]
"""From parameters to minus the second derivatives; None where differences must be taken."""

_LONGEST_MOVE = 2.0
"""No step changes a parameter by more than this many times its scale."""

_ENOUGH_GAIN = 1e-10
"""A step that promises less on the log-likelihood is not worth taking."""

_NEAR = 1e-10
"""Where a step of BFGS promises less, Newton takes over."""

_SHORT = 1e-5
"""Over so short a move, as a share of the scale, the curvature does not change."""

_STILL = 1e-3
"""At a maximum Newton's step is far shorter than this share of a parameter's scale."""

_FLAT = 1 / 400
"""Less information than this in a direction is none: a standard error above 20 times the scale."""

_LOOKS = (5.0, 10.0, 20.0, 40.0)
"""How far one looks along a flat direction to tell a boundary from parameters nobody can know."""

_NO_LOSS = 1e-5
_CLEAR_LOSS = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Hold where the search ended, and what the likelihood looks like there.

    Parameters
    ----------
    theta : ndarray of shape (K,)
        The parameters.
    scale : ndarray of shape (K,)
        A change of each parameter that matters.
    loglik : float
        The log-likelihood.
    gradient : ndarray of shape (K,)
        Its first derivatives.
    information : ndarray of shape (K, K)
        Observed information.
    covariance : ndarray of shape (K, K)
        Inverse of the information, with the flat directions held where they are.
    flat : ndarray of shape (K, F)
        Directions in which the likelihood does not fall; none at a proper maximum. Whatever moves
        along one of them has no standard error.
    named : tuple of str
        Parameters that take part in a flat direction.
    converged : bool
        True if this is a maximum: no gradient, no flat direction, no upward curvature.
    is_at_boundary : bool
        True if parameters run off: the likelihood still rises towards infinity or minus infinity.
    message : str
        The verdict in words.
    n_evaluations : int
        How often the gradient was computed.
    """

    theta: Floats
    scale: Floats
    loglik: float
    gradient: Floats
    information: Floats
    covariance: Floats
    flat: Floats
    named: tuple[str, ...]
    converged: bool
    is_at_boundary: bool
    message: str
    n_evaluations: int


def maximise(
    objective: Objective,
    start: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    scale: npt.ArrayLike | None = None,
    curvature: npt.ArrayLike | None = None,
    information: Information | None = None,
    most_steps: int = 500,
    progress: Callable[[int, float], None] | None = None,
) -> Optimum:
    """Climb to the maximum of a smooth log-likelihood and check what was found.

    BFGS climbs, Newton finishes; a step is halved until the likelihood rises. Then gradient and
    curvature are checked: a direction without information is followed outwards, and is reported
    as a boundary where the likelihood falls on one side only, as not identified where it falls on
    neither.

    Parameters
    ----------
    objective : callable
        From parameters to the log-likelihood and its exact gradient. Minus infinity or NaN marks
        parameters that are not possible.
    start : array_like of shape (K,)
        Where to begin.
    names : sequence of str, optional
        Names of the parameters, for the message. Default: their numbers.
    scale : array_like of shape (K,), optional
        A change of each parameter that matters: 1 for a log rate, 1 over the spread of the
        covariate for its effect. Default: 1.
    curvature : array_like of shape (K,) or (K, K), optional
        A rough information at the start, such as the number of moves behind each log rate.
    information : callable, optional
        From parameters to the exact observed information. Default: central differences of the
        gradient.
    most_steps : int, default 500
        Steps after which the search gives up.
    progress : callable, optional
        Called with the number of each step and the log-likelihood.

    Returns
    -------
    Optimum
        The end of the search; ``converged`` is False where it is no maximum, with the reason.

    Raises
    ------
    AnalysisError
        If the likelihood is not finite at the start.

    Notes
    -----
    With g the gradient and I the observed information, g'I^-1 g is twice what a Newton step can
    still gain. Where exp(theta) runs to 0 that gain vanishes while the step itself stays about 1,
    so the gain alone cannot tell a boundary from a maximum: the step must vanish too [1]_.

    References
    ----------
    .. [1] Nocedal J, Wright S (2006). Numerical optimization, 2nd edition. Springer, chapters 3, 6.

    Examples
    --------
    Ten events in 50 days: the log rate is log 0.2, its information is 10.

    >>> found = maximise(lambda x: (10 * x[0] - 50 * np.exp(x[0]), 10 - 50 * np.exp(x)), [-3.0])
    >>> found.converged, np.exp(found.theta).round(6).tolist(), found.information.round(3).tolist()
    (True, [0.2], [[10.0]])

    No event in 50 days: the rate runs off to 0, and the fit says so.

    >>> found = maximise(lambda x: (-50 * np.exp(x[0]), -50 * np.exp(x)), [-3.0], names=["rate"])
    >>> found.converged, found.is_at_boundary, found.named
    (False, True, ('rate',))
    """
    first = np.asarray(start, dtype=np.float64)
    size = len(first)
    unit = np.ones(size) if scale is None else np.asarray(scale, dtype=np.float64)
    search = _Search(objective, unit, information, most_steps, progress)
    point = search.at(first / unit)
    if not np.isfinite(point.loglik):
        raise AnalysisError(
            "The likelihood is not finite where the search starts: an observation has probability "
            "0 there. Give starting values under which everything observed is possible."
        )
    if size == 0:
        return _verdict(search, point, np.zeros((0, 0)), (), True)
    rough = np.ones(size) if curvature is None else np.asarray(curvature, dtype=np.float64)
    rough = np.diag(rough) if rough.ndim == 1 else rough
    rough = rough * np.outer(unit, unit)
    if information is not None:
        # Far from the maximum the exact curvature may be wrong in sign, not in size.
        value, vector = np.linalg.eigh(search.curve(point))
        rough = (vector * np.maximum(np.abs(value), 1e-3)) @ vector.T
    point = search.climb(point, np.asarray(np.linalg.inv(rough), dtype=np.float64))
    point, curve, is_done = search.finish(point)
    labels = [str(number) for number in range(size)] if names is None else list(names)
    return _verdict(search, point, curve, labels, is_done)


@dataclass(frozen=True, slots=True)
class _Point:
    """A place in scaled parameters, with what the likelihood is there."""

    x: Floats
    loglik: float
    gradient: Floats


class _Search:
    """Count evaluations and steps while climbing in scaled parameters."""

    def __init__(
        self,
        objective: Objective,
        unit: Floats,
        information: Information | None,
        most_steps: int,
        progress: Callable[[int, float], None] | None,
    ) -> None:
        self.objective, self.unit, self.information = objective, unit, information
        self.steps_left, self.progress = most_steps, progress
        self.n_evaluations = self.n_steps = 0

    def at(self, x: Floats) -> _Point:
        self.n_evaluations += 1
        loglik, gradient = self.objective(x * self.unit)
        if not (np.isfinite(loglik) and np.isfinite(gradient).all()):
            return _Point(x, -np.inf, np.zeros_like(x))
        return _Point(x, float(loglik), np.asarray(gradient) * self.unit)

    def curve(self, point: _Point) -> Floats:
        """Give the observed information in scaled parameters."""
        if self.information is not None:
            exact = self.information(point.x * self.unit)
            if exact is not None and np.isfinite(exact).all():
                return exact * np.outer(self.unit, self.unit)
        size, width = len(point.x), 1e-4
        rows = np.empty((size, size))
        for number in range(size):
            shift = np.zeros(size)
            shift[number] = width
            above, below = self.at(point.x + shift), self.at(point.x - shift)
            rows[number] = (below.gradient - above.gradient) / (2 * width)
        return (rows + rows.T) / 2

    def step(self, point: _Point, move: Floats, *, stretches: bool = False) -> _Point | None:
        """Try a move, halved until the likelihood rises enough; None if it never does."""
        self.steps_left -= 1
        self.n_steps += 1
        move = move / max(1.0, float(np.abs(move).max()) / _LONGEST_MOVE)
        slope = float(move @ point.gradient)
        found = None
        for halving in range(40):
            share = 0.5**halving
            trial = self.at(point.x + share * move)
            if trial.loglik >= point.loglik + 1e-4 * share * slope and trial.loglik > -np.inf:
                found = trial
                break
        if found is None:
            return None
        length = 2.0
        while stretches and found.loglik > point.loglik and length <= 16:
            trial = self.at(point.x + length * move)
            if trial.loglik <= found.loglik:
                break
            found, length = trial, 2 * length
        if self.progress is not None:
            self.progress(self.n_steps, found.loglik)
        return found

    def climb(self, point: _Point, inverse: Floats) -> _Point:
        """Climb by BFGS until a step promises next to nothing."""
        fresh = inverse.copy()
        while self.steps_left > 0:
            move = inverse @ point.gradient
            promised = float(move @ point.gradient)
            if promised < _NEAR:
                if promised >= 0:
                    return point
                inverse = fresh.copy()
                continue
            found = self.step(point, move)
            if found is None:
                if np.array_equal(inverse, fresh):
                    return point
                inverse = fresh.copy()
                continue
            moved, change = found.x - point.x, point.gradient - found.gradient
            product = float(moved @ change)
            if product > 1e-10 * float(np.linalg.norm(moved) * np.linalg.norm(change)):
                outer = np.outer(moved, inverse @ change)
                stretch = 1 + float(change @ inverse @ change) / product
                inverse = inverse + (stretch * np.outer(moved, moved) - outer - outer.T) / product
            point = found
        return point

    def finish(self, point: _Point) -> tuple[_Point, Floats, bool]:
        """Finish by Newton; True if nothing more is to be gained."""
        while True:
            curve = self.curve(point)
            value, vector = np.linalg.eigh(curve)
            along = vector.T @ point.gradient
            # Where the curvature is wrong or missing, its size still says how far to trust a step.
            size = np.maximum(np.abs(value), 1e-8)
            move = vector @ (along / size)
            gain = float(along @ (along / size))
            is_regular = bool((value > _FLAT).all())
            if is_regular and float(np.abs(move).max()) < _SHORT:
                # Over so short a move the curvature holds, and the step costs one evaluation.
                point = self._polished(point, move)
                left = vector.T @ point.gradient
                if float(left @ (left / value)) < _ENOUGH_GAIN:
                    return point, curve, True
            elif gain < _ENOUGH_GAIN and (value > -_FLAT).all():
                return point, curve, True
            if self.steps_left <= 0:
                return point, curve, False
            found = self.step(point, move, stretches=True)
            if found is None or found.loglik <= point.loglik:
                # What is left lies below what the arithmetic resolves, or the gradient is wrong.
                noise = 1e-11 * (1 + abs(point.loglik))
                return point, curve, gain < 1e3 * noise and bool((value > -_FLAT).all())
            point = found

    def _polished(self, point: _Point, move: Floats) -> _Point:
        found = self.at(point.x + move)
        noise = 1e-12 * (1 + abs(point.loglik))
        return found if found.loglik >= point.loglik - noise else point


def _verdict(
    search: _Search, point: _Point, curve: Floats, labels: Sequence[str], is_done: bool
) -> Optimum:
    value, vector = np.linalg.eigh(curve)
    known = value > _FLAT
    # A direction that still moves belongs to the flat ones even while its curvature is counted.
    step = np.where(known, (vector.T @ point.gradient) / np.where(known, value, 1.0), 0.0)
    if is_done:
        known &= np.abs(step) < _STILL
    flat = vector[:, ~known]
    keep = vector[:, known]
    covariance = (keep / value[known]) @ keep.T
    takes_part = (np.abs(flat) > 0.1).any(axis=1)
    named = tuple(name for name, part in zip(labels, takes_part, strict=False) if part)
    is_at_boundary = is_done and any(_falls_on_one_side(search, point, way) for way in flat.T)
    unit = search.unit
    return Optimum(
        theta=point.x * unit,
        scale=unit,
        loglik=point.loglik,
        gradient=point.gradient / unit,
        information=curve / np.outer(unit, unit),
        covariance=covariance * np.outer(unit, unit),
        flat=flat * unit[:, None],
        named=named,
        converged=is_done and not flat.shape[1],
        is_at_boundary=is_at_boundary,
        message=_message(point, is_done, named, is_at_boundary),
        n_evaluations=search.n_evaluations,
    )


def _falls_on_one_side(search: _Search, point: _Point, way: Floats) -> bool:
    losses = []
    for side in (1.0, -1.0):
        loss = 0.0
        for look in _LOOKS:
            there = search.at(point.x + side * look * way).loglik
            # Too far out nothing can be computed; what was seen before counts.
            loss = max(loss, point.loglik - there) if np.isfinite(there) else loss
            if loss > _CLEAR_LOSS:
                break
        losses.append(loss)
    return min(losses) < _NO_LOSS and max(losses) > _CLEAR_LOSS


def _message(point: _Point, is_done: bool, named: tuple[str, ...], is_at_boundary: bool) -> str:
    if not is_done:
        return (
            "The search stopped before it reached a maximum. Use fewer parameters: share rates or "
            "effects between moves, or leave covariates out."
        )
    if is_at_boundary:
        return (
            "There is no maximum: the likelihood still rises while these parameters run off to "
            f"infinity or minus infinity: {', '.join(named)}. The observations say that a rate or "
            "a probability lies at its limit (0, or too fast to be seen at this spacing); share or "
            "leave out what is named."
        )
    if named:
        return (
            "The observations do not tell these parameters apart or hold nothing on them: "
            f"{', '.join(named)}. Share them, fix them, or leave them out."
        )
    return "Converged: the gradient vanishes and the likelihood falls in every direction."
