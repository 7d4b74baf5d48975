"""What was found in an image: boxes, confidences and classes as arrays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import supervision

Index = slice | Sequence[int] | Sequence[bool] | npt.NDArray[np.bool_] | npt.NDArray[np.integer]
"""What selects several detections."""


class Detection(NamedTuple):
    """One class of one box."""

    xyxy: tuple[float, float, float, float]
    """Left, top, right and bottom edge in pixels of the image."""
    confidence: float
    """0..1."""
    class_id: int
    name: str
    """Name of the class, its number where there are no names."""


class Detections:
    """Objects found in one image, the most confident first.

    The boxes are in pixels of the image that was given, whatever the network's input size, and
    may reach beyond its edges (see `clip`). A box that passed the threshold with two classes
    stands here twice, with the same number in ``box``. Selecting keeps the order asked for.

    >>> found = Detections([[10, 20, 110, 220], [0, 0, 50, 50]], [0.5, 0.9], [0, 1], ("cat", "dog"))
    >>> found.class_names
    ['dog', 'cat']
    >>> len(found[found.confidence > 0.6])
    1

    Attributes:
        xyxy: float32 (N, 4), left, top, right and bottom edge in pixels.
        confidence: float32 (N,), 0..1.
        class_id: int32 (N,), from 0.
        names: name of every class the network knows; empty where none were given.
        box: int32 (N,), number of the box in the order the network lists them.
        uncertainty: float32 (N, 4), of x, y, width and height (Gaussian_yolo), else None.
    """

    __slots__ = ("box", "class_id", "confidence", "names", "uncertainty", "xyxy")

    xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    class_id: npt.NDArray[np.int32]
    names: tuple[str, ...]
    box: npt.NDArray[np.int32]
    uncertainty: npt.NDArray[np.float32] | None

    def __init__(
        self,
        xyxy: npt.ArrayLike,
        confidence: npt.ArrayLike,
        class_id: npt.ArrayLike,
        names: Sequence[str] = (),
        *,
        box: npt.ArrayLike | None = None,
        uncertainty: npt.ArrayLike | None = None,
    ) -> None:
        """Takes arrays of equal length in any order.

        Args:
            xyxy: (N, 4).
            confidence: (N,).
            class_id: (N,), whole numbers >= 0, below ``len(names)`` where there are names.
            names: name of every class.
            box: (N,), equal for the classes of one box; each its own box where not given.
            uncertainty: (N, 4).

        Raises:
            ValueError: the lengths differ, or a class has no name.
        """
        corners = np.asarray(xyxy, np.float32)
        corners = corners.reshape(-1, 4) if corners.size == 0 else corners
        scores = np.asarray(confidence, np.float32)
        classes = np.asarray(class_id, np.int32)
        count = len(corners)
        boxes = np.arange(count, dtype=np.int32) if box is None else np.asarray(box, np.int32)
        spread = None if uncertainty is None else np.asarray(uncertainty, np.float32)
        for name, array, shape in (
            ("xyxy", corners, (count, 4)),
            ("confidence", scores, (count,)),
            ("class_id", classes, (count,)),
            ("box", boxes, (count,)),
            ("uncertainty", spread, (count, 4)),
        ):
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, expected {shape}")
        if count and (classes.min() < 0 or (names and classes.max() >= len(names))):
            raise ValueError(
                f"class_id is {classes.min()} to {classes.max()}, expected 0 to "
                f"{len(names) - 1 if names else 'any number'}"
            )
        order = np.argsort(-scores, kind="stable")
        self.xyxy = corners[order]
        self.confidence = scores[order]
        self.class_id = classes[order]
        self.box = boxes[order]
        self.uncertainty = None if spread is None else spread[order]
        self.names = tuple(names)

    @classmethod
    def empty(cls, names: Sequence[str] = ()) -> Detections:
        """No detections."""
        return cls(np.empty((0, 4)), (), (), names)

    @property
    def class_names(self) -> list[str]:
        """The name of each detection's class, its number where there are no names."""
        if not self.names:
            return [str(number) for number in self.class_id.tolist()]
        return [self.names[number] for number in self.class_id.tolist()]

    def __len__(self) -> int:
        return len(self.confidence)

    def __iter__(self) -> Iterator[Detection]:
        columns = (self.xyxy.tolist(), self.confidence.tolist(), self.class_id.tolist())
        for corners, confidence, number, name in zip(*columns, self.class_names, strict=True):
            yield Detection(tuple(corners), confidence, number, name)

    @overload
    def __getitem__(self, index: int) -> Detection: ...
    @overload
    def __getitem__(self, index: Index) -> Detections: ...
    def __getitem__(self, index: int | Index) -> Detection | Detections:
        """One detection for a number, a selection for a slice, a mask or a list of numbers."""
        if isinstance(index, (int, np.integer)):
            return next(iter(self._take(np.arange(len(self))[index].reshape(1))))
        if not isinstance(index, slice):
            selected = np.asarray(index)
            index = selected.astype(np.intp) if selected.size == 0 else selected
        return self._take(np.arange(len(self))[index])

    def _take(self, rows: npt.NDArray[np.intp]) -> Detections:
        taken = Detections.__new__(Detections)
        taken.xyxy = self.xyxy[rows]
        taken.confidence = self.confidence[rows]
        taken.class_id = self.class_id[rows]
        taken.box = self.box[rows]
        taken.uncertainty = None if self.uncertainty is None else self.uncertainty[rows]
        taken.names = self.names
        return taken

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Detections):
            return NotImplemented
        same = self.names == other.names and (self.uncertainty is None) == (
            other.uncertainty is None
        )
        return same and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("xyxy", "confidence", "class_id", "box", "uncertainty")
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [f"{d.name} {d.confidence:.2f}" for d in self[:5]]
        more = ", ..." if len(self) > len(shown) else ""
        return f"Detections({len(self)}: {', '.join(shown)}{more})" if shown else "Detections(0)"

    def clip(self, width: int, height: int) -> Detections:
        """The same detections, cut at the edges of an image of ``width`` x ``height`` pixels."""
        clipped = self._take(np.arange(len(self)))
        limits = np.array([width, height, width, height], np.float32)
        clipped.xyxy = np.clip(clipped.xyxy, np.float32(0), limits)
        return clipped

    def rows_by_box(self) -> list[list[int]]:
        """Rows that belong to one box, its strongest class first; boxes in the network's order.

        >>> Detections([[0, 0, 9, 9]] * 3, [0.3, 0.9, 0.5], [0, 1, 2], box=[7, 2, 7]).rows_by_box()
        [[0], [1, 2]]
        """
        groups: dict[int, list[int]] = {}
        for row, number in enumerate(self.box.tolist()):
            groups.setdefault(number, []).append(row)
        return [
            sorted(groups[number], key=lambda row: -float(self.confidence[row]))
            for number in sorted(groups)
        ]

    def relative_boxes(self, width: int, height: int) -> npt.NDArray[np.float32]:
        """Boxes as Darknet writes them: float32 (N, 4), centre x, y, width, height, 0..1.

        Args:
            width: of the image, in pixels.
            height: of the image, in pixels.
        """
        low, high = self.xyxy[:, :2], self.xyxy[:, 2:]
        size = np.array([width, height], np.float32)
        return np.concatenate([(low + high) * np.float32(0.5) / size, (high - low) / size], axis=1)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain values, one dict a detection: name, class_id, confidence, xyxy."""
        return [
            {
                "name": found.name,
                "class_id": found.class_id,
                "confidence": found.confidence,
                "xyxy": list(found.xyxy),
            }
            for found in self
        ]

    def to_json(self, *, indent: int | None = None) -> str:
        """A JSON array of what `to_dicts` gives."""
        return json.dumps(self.to_dicts(), indent=indent, ensure_ascii=False)

    def to_coco(
        self, image_id: int, category_ids: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Entries of a COCO results file.

        Args:
            image_id: number of the image in the COCO annotations.
            category_ids: COCO category of each class; None takes the class numbers as they are.

        Returns:
            One dict a detection: image_id, category_id, bbox (left, top, width, height in pixels)
            and score.
        """
        return [
            {
                "image_id": image_id,
                "category_id": number if category_ids is None else category_ids[number],
                "bbox": [left, top, right - left, bottom - top],
                "score": confidence,
            }
            for (left, top, right, bottom), confidence, number, _ in self
        ]

    def to_supervision(self) -> supervision.Detections:
        """A ``supervision.Detections``, with the names in ``data["class_name"]``.

        Raises:
            ImportError: supervision is not installed.
        """
        try:
            import supervision
        except ImportError as error:
            raise ImportError("this needs supervision: pip install supervision") from error
        return supervision.Detections(
            xyxy=self.xyxy.copy(),
            confidence=self.confidence.copy(),
            class_id=self.class_id.astype(int),
            data={"class_name": np.array(self.class_names, dtype=str)},
        )
