"""Does this file fit this cfg, and which cut of it is it?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .._cut_name import named_cut
from ..errors import WeightsError
from .bad_numbers import number_problems
from .file import read_layers
from .fit import Fit, check_fit, read_fit
from .header import Header
from .layout import Cfg, Layout, layer_weights


@dataclass(frozen=True)
class Verification:
    """What was found out about a file.

    Attributes:
        file: its path.
        cfg: name of the cfg.
        kind: "whole", "cut" (it ends exactly behind a layer), "misfit" or "foreign" (it is no
            weights file).
        problems: what is wrong, a sentence each; empty where the file is good.
        fit: sizes, header and layers; None for a foreign file.
    """

    file: str
    cfg: str
    kind: str
    problems: tuple[str, ...]
    fit: Fit | None

    @property
    def ok(self) -> bool:
        """The file is whole, or a cut, and its numbers can be computed with."""
        return not self.problems

    @property
    def cut(self) -> tuple[int, int] | None:
        """Of a cut: the fewest and the most layers it may have been cut to."""
        return self.fit.cut if self.fit is not None and self.kind == "cut" else None

    def __str__(self) -> str:
        if self.fit is None:
            return "\n".join(self.problems)
        header, total = self.fit.header, len(self.fit.layout.layers)
        lines = [*self.problems]
        if self.kind == "whole":
            lines.append(f"{self.file}: fits {self.cfg}: all {total} layers with weights")
        elif self.cut is not None:
            least, most = self.cut
            layers = f"{least}" if least == most else f"{least} to {most}"
            lines.append(
                f"{self.file}: a cut of {self.cfg}: its first {layers} layers, "
                f"{self.fit.layers} of {total} with weights"
            )
        lines.append(
            f"{self.fit.bytes_found:,} bytes, version {header.major}.{header.minor}."
            f"{header.revision}, {header.seen:,} images seen ({8 * header.seen_bytes} bits)"
        )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        fit, header = self.fit, self.fit.header if self.fit else Header()
        found: dict[str, Any] = {
            "file": self.file, "cfg": self.cfg, "ok": self.ok, "kind": self.kind,
            "problems": list(self.problems),
        }  # fmt: skip
        if fit is not None:
            found |= {
                "cut": list(self.cut) if self.cut else None,
                "layers": fit.layers,
                "layers_expected": len(fit.layout.layers),
                "bytes": fit.bytes_found,
                "bytes_expected": fit.bytes_expected,
                "version": [header.major, header.minor, header.revision],
                "seen": header.seen,
                "seen_bytes": header.seen_bytes,
            }
        return found


def verify(path: str | os.PathLike[str], cfg: Cfg | Layout, *, whole: bool = False) -> Verification:
    """Checks a weights file: its kind, its size by the cfg, and if that is right every number.

    A file that ends exactly behind a layer is a cut, as ``yolov4.conv.137``; one that ends
    elsewhere is broken. If its name ends in ``.conv.N`` it must be that cut.

    Args:
        path: of the file.
        cfg: the network it should fit.
        whole: a cut is a problem too.

    Raises:
        CfgError: the cfg is wrong.
        OSError: a file cannot be read.
    """
    file = os.fspath(path)
    layout = cfg if isinstance(cfg, Layout) else layer_weights(cfg)
    try:
        fit = read_fit(path, layout)
    except WeightsError as error:
        return Verification(file, layout.name, "foreign", (str(error),), None)
    problems = []
    kind = "whole" if fit.whole else "cut" if fit.cut else "misfit"
    try:
        if kind == "misfit" or whole or named_cut(path) is not None:
            check_fit(path, fit, len(layout.structure.layers) if whole else None)
    except WeightsError as error:
        problems.append(str(error))
    # what does not fit would be read from the wrong places
    layers = read_layers(path, fit) if kind != "misfit" else ()
    problems += [f"{file}: {text}" for text in number_problems(layers)]
    return Verification(file, layout.name, kind, tuple(problems), fit)
