"""By which lane each network is explained, and which methods cannot explain it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from torch import Tensor

from carmodel.network import Network
from explain.attribution import Attribution
from explain.methods.lanes import AUTO, NoMapError, lane_of, obstacle
from explain.methods.method import Method


class Ways:
    """The ways to explain networks, where `engine` is wanted unless another is asked for; shared by threads.

    Engines are those of `explain.methods.lanes.LANES`; `frames` makes what the fast lane is proven by.
    """

    def __init__(self, networks: Mapping[str, Network], frames: Callable[[], Tensor], engine: str) -> None:
        self.networks = networks
        self.frames = frames
        self.engine = engine
        self._obstacles: dict[tuple[str, str], str] = {}  # of methods and networks: they take long to find

    def lane(self, name: str, engine: str | None = None) -> str:
        """By which lane a network is explained; proven when it is first asked. Raises NoMapError."""
        return lane_of(self.networks[name], engine or self.engine, self.frames)

    def obstacle(self, method: Method, name: str, engine: str | None = None) -> str:
        """Why a method cannot explain a network, as one or two sentences; "" if it can."""
        key, network = (method.name, name), self.networks[name]
        if key not in self._obstacles:
            self._obstacles[key] = method.obstacle(network)
        if reason := self._obstacles[key]:
            return f"{method.title} cannot explain the network of {network.size} px. {reason}"
        try:
            self.lane(name, engine)
        except NoMapError as error:
            return str(error)
        return ""

    def told(self, maps: Mapping[str, Attribution], engine: str | None = None) -> dict[str, Attribution]:
        """Maps by network, each with why the fast lane did not make it where it was to do so if it could."""
        if (engine or self.engine) != AUTO:
            return dict(maps)
        return {
            name: replace(map, not_fast=obstacle(self.networks[name], self.frames))
            for name, map in maps.items()
        }
