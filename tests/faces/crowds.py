"""Made-up residents as embeddings: what distributions they follow is known, faces there are none.

Identities fill few of the 128 directions, as trained embeddings do, and every person belongs to a
group whose members are more alike than others; photos scatter about their person.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hub.faces.gallery import Person

DIM = 128
Floats = NDArray[np.float32]


@dataclass
class Crowd:
    """Draws people of one population and their photos."""

    seed: int
    spread: float = 0.075  # of identities, per direction; 0.6 to 0.9 between two people
    noise: float = 0.024  # of photos about their person
    groups: int = 4
    directions: int = 40
    random: np.random.Generator = field(init=False)
    middles: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        fall = np.ones(DIM) * 0.15
        fall[: self.directions] = np.linspace(1.3, 0.7, self.directions)
        self._fall = fall
        self.middles = self.random.normal(size=(self.groups, DIM)) * fall * self.spread * 0.5

    def identities(self, count: int) -> NDArray[np.float64]:
        """True faces nobody ever sees."""
        group = self.random.integers(self.groups, size=count)
        own = self.random.normal(size=(count, DIM)) * self._fall * self.spread
        return np.asarray(self.middles[group] + own)

    def photos(self, identities: NDArray[np.float64], each: int) -> Floats:
        """People x photos x dim."""
        scatter = self.random.normal(size=(len(identities), each, DIM)) * self.noise
        return np.asarray(identities[:, None, :] + scatter, np.float32)

    def people(self, count: int, photos: int) -> tuple[list[Person], NDArray[np.float64]]:
        """Enrolled people, and their true faces."""
        true = self.identities(count)
        shots = self.photos(true, photos)
        return [Person(f"p{number}", shots[number]) for number in range(count)], true

    def families(self, count: int, size: int, alike: float) -> NDArray[np.float64]:
        """People in families, one after the other, of ``size``: relatives are nearer than others.

        ``alike``: how far from their family each lies, in spreads of the population.
        """
        base = self.identities(-(-count // size))
        own = self.random.normal(size=(len(base), size, DIM)) * self._fall * self.spread * alike
        return np.asarray((base[:, None] + own).reshape(-1, DIM)[:count])

    def dense(self, count: int, share: float, alike: float) -> NDArray[np.float64]:
        """A population of which a part lies close together: whom the model was shown too few of."""
        many = int(count * share)
        own = self.random.normal(size=(many, DIM)) * self._fall * self.spread * alike
        mixed = np.concatenate([self.identities(count - many), self.middles[0] + own])
        return np.asarray(mixed[self.random.permutation(count)])

    def probes(self, identities: NDArray[np.float64], frames: int = 3) -> Floats:
        """One track's mean a face."""
        return np.asarray(self.photos(identities, frames).mean(axis=1), np.float32)
