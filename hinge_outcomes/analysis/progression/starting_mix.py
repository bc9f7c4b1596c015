"""Where people start: shares that are given, or counted and then uncertain too."""

from dataclasses import dataclass

from hinge_outcomes.analysis.progression.counting_process import Floats


@dataclass(frozen=True, slots=True, repr=False)
class StartingMix:
    """Hold the shares of the states in which people start.

    Parameters
    ----------
    shares : ndarray, shape (S,)
        They add to 1.
    counts : ndarray, shape (G, S), optional
        The weight of each cluster in each state, of which the shares are made. Default: the shares
        are taken as given, without error.
    """

    shares: Floats
    counts: Floats | None = None

    @classmethod
    def of_counts(cls, counts: Floats) -> "StartingMix":
        """Make shares of counts.

        Parameters
        ----------
        counts : ndarray, shape (G, S)
            The weight of each cluster in each state.

        Returns
        -------
        StartingMix
            Shares with their sampling error.

        Examples
        --------
        >>> import numpy as np
        >>> StartingMix.of_counts(np.array([[3.0, 0.0], [0.0, 1.0]])).shares.tolist()
        [0.75, 0.25]
        """
        return cls(shares=counts.sum(axis=0) / counts.sum(), counts=counts)

    def influence(self) -> Floats | None:
        """Give what each cluster contributes to the shares: sum of w (1{state} - share) / n.

        Returns
        -------
        ndarray, shape (G, S), or None
            None where the shares are given.
        """
        if self.counts is None:
            return None
        heads = self.counts.sum(axis=1, keepdims=True)
        result: Floats = (self.counts - heads * self.shares) / self.counts.sum()
        return result

    def without(self, cluster: int) -> "StartingMix":
        """Give the mix that remains when one cluster is left out.

        Parameters
        ----------
        cluster : int
            Its number.

        Returns
        -------
        StartingMix
            Shares alone.
        """
        if self.counts is None:
            return self
        left = self.counts.sum(axis=0) - self.counts[cluster]
        return StartingMix(shares=left / left.sum())
