"""What one clinician's episodes say about the clinician's rate: log likelihood and derivatives.

Given the log rate ratio b, the moves of an episode are Poisson with mean g E exp(b), E what stages,
case mix and time lead one to expect, and g the episode's own pace, gamma with mean 1 and variance
phi. Without such differences (phi = 0) the sums of moves and of E say all.
"""

from dataclasses import dataclass

import numpy as np

from hinge_outcomes.analysis.progression.counting_process import Floats, Integers

_SMALL = 1e-3
"""Below this a series is more exact than the formula."""


@dataclass(frozen=True, slots=True, repr=False)
class SharedRates:
    """Hold the moves of each episode, or of each clinician where phi is 0.

    Parameters
    ----------
    moves, expected : ndarray, shape (n,)
        Moves, and E.
    clinician : ndarray of int, shape (n,)
        Number of the clinician, 0 to G - 1, sorted.
    n_clinicians : int
        G.
    phi : float
        Variance of the episodes' own pace.
    """

    moves: Floats
    expected: Floats
    clinician: Integers
    n_clinicians: int
    phi: float

    @classmethod
    def of(
        cls, moves: Floats, expected: Floats, clinician: Integers, n_clinicians: int, phi: float
    ) -> "SharedRates":
        """Gather the episodes, or add them up by clinician where phi is 0.

        Parameters
        ----------
        moves, expected : ndarray, shape (n,)
            Moves, and E, of each episode.
        clinician : ndarray of int, shape (n,)
            Its clinician, sorted.
        n_clinicians : int
            G.
        phi : float
            Variance of the episodes' own pace.

        Returns
        -------
        SharedRates
            What says all about the clinicians.
        """
        if phi > 0:
            return cls(moves, expected, clinician, n_clinicians, phi)
        return cls(
            moves=np.bincount(clinician, moves, n_clinicians).astype(float),
            expected=np.bincount(clinician, expected, n_clinicians).astype(float),
            clinician=np.arange(n_clinicians),
            n_clinicians=n_clinicians,
            phi=0.0,
        )

    def at(self, b: Floats) -> tuple[Floats, Floats, Floats]:
        """Give the log likelihood of each clinician, its slope and its bend.

        Parameters
        ----------
        b : ndarray, shape (G, …)
            Log rate ratios.

        Returns
        -------
        value, slope, bend : ndarray, shape (G, …)
            The log likelihood without terms free of b, its first derivative, and minus its second.

        Examples
        --------
        >>> rates = SharedRates(np.array([3.0]), np.array([2.0]), np.zeros(1, int), 1, 0.0)
        >>> [float(part[0]) for part in rates.at(np.zeros(1))]
        [-2.0, 1.0, 2.0]
        """
        b = b[self.clinician]
        shape = (len(self.moves), *[1] * (b.ndim - 1))
        moves, mean = self.moves.reshape(shape), self.expected.reshape(shape) * np.exp(b)
        if self.phi == 0:
            return moves * b - mean, moves - mean, mean
        grown = 1 + self.phi * mean
        pull = mean * (1 + self.phi * moves) / grown
        value = moves * b - (moves + 1 / self.phi) * np.log1p(self.phi * mean)
        return self._add(value), self._add(moves - pull), self._add(pull / grown)

    def pull(self, b: Floats) -> Floats:
        """Give d mean / d E of each episode, its own pace averaged over what its moves say of it.

        Parameters
        ----------
        b : ndarray, shape (G, …)
            Log rate ratios.

        Returns
        -------
        ndarray, shape (n, …)
            exp(b) (1 + phi moves) / (1 + phi E exp(b)).
        """
        ratio = np.exp(b[self.clinician])
        shape = (len(self.moves), *[1] * (b.ndim - 1))
        moves, expected = self.moves.reshape(shape), self.expected.reshape(shape)
        return np.asarray(ratio * (1 + self.phi * moves) / (1 + self.phi * expected * ratio))

    def by_phi(self, b: Floats) -> Floats:
        """Differentiate the log likelihood of each clinician to phi, terms free of b left out.

        Parameters
        ----------
        b : ndarray, shape (G, …)
            Log rate ratios.

        Returns
        -------
        ndarray, shape (G, …)
            Derivatives.
        """
        b = b[self.clinician]
        shape = (len(self.moves), *[1] * (b.ndim - 1))
        moves, mean = self.moves.reshape(shape), self.expected.reshape(shape) * np.exp(b)
        x = self.phi * mean
        safe = np.maximum(x, _SMALL)
        series = 0.5 - 2 * x / 3 + 3 * x**2 / 4
        h = np.where(x < _SMALL, series, (np.log1p(safe) / safe - 1 / (1 + safe)) / safe)
        return self._add(mean**2 * h - moves * mean / (1 + x))

    def _add(self, values: Floats) -> Floats:
        """Add up the episodes of each clinician."""
        first = np.searchsorted(self.clinician, np.arange(self.n_clinicians))
        return np.add.reduceat(values, first, axis=0)
