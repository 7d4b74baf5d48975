"""The weights files that Darknet users know by name: where they are published, and their sums.

Sizes and sums are those that were logged publicly or follow from the cfg. An owner may replace a
file in place: a sum that does not match says so.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from ..errors import ArgumentError

_PJREDDIE = "https://data.pjreddie.com/files/"
_PJREDDIE_OLD = "https://pjreddie.com/media/files/"
_V3 = "https://github.com/AlexeyAB/darknet/releases/download/darknet_yolo_v3_optimal/"
_V4_PRE = "https://github.com/AlexeyAB/darknet/releases/download/darknet_yolo_v4_pre/"
_V4 = "https://github.com/AlexeyAB/darknet/releases/download/yolov4/"
_HANK = "https://github.com/hank-ai/darknet/releases/download/v2.0/"
_DRIVE = "its authors published it on a web drive only, linked from AlexeyAB's README"
_MAKE = "nobody published it: make it with `pydarknet weights partial`"


@dataclass(frozen=True)
class Published:
    """A published weights file.

    Attributes:
        name: of the file.
        cfg: name of the cfg it belongs to, as circulated with Darknet.
        sizes: in bytes; two where it is not known which width its counter of images has.
        bases: addresses it was published under, without its name; the best first.
        sums: "sha256", "sha1" or "md5" with the hexadecimal digest.
        other_builds: sha256 of other files that go by this name, and what they are.
        cut: number of layers it holds; None for all.
        note: why there is no address.
    """

    name: str
    cfg: str
    sizes: tuple[int, ...]
    bases: tuple[str, ...] = ()
    sums: dict[str, str] = field(default_factory=dict)
    other_builds: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    note: str = ""

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it can be had, the best address first."""
        return tuple(base + self.name for base in self.bases)


def _pjreddie(*others: str) -> tuple[str, ...]:
    return (_PJREDDIE, *others, _PJREDDIE_OLD)


PUBLISHED: tuple[Published, ...] = (
    # YOLOv2
    Published(
        "yolov2.weights", "yolov2.cfg", (203934260,), _pjreddie(_HANK),
        {"sha256": "d9945162ed6f54ce1a901e3ec537bdba4d572ecae7873087bd730e5a7942df3f",
         "md5": "70d89ba2e180739a1c700a9ff238e354"},
    ),
    Published(
        "yolov2-tiny.weights", "yolov2-tiny.cfg", (44948596, 44948600), _pjreddie(_HANK),
        {"md5": "04904b18f0e0835d8e1d6e75d3fa93fe"},
    ),
    Published(
        "yolov2-tiny-voc.weights", "yolov2-tiny-voc.cfg", (63471556, 63471560), _pjreddie(),
        {"sha1": "24b4bd049fc4fa5f5e95f684a8967e65c625dff9",
         "md5": "fca33deaff44dec1750a34df42d2807e"},
    ),
    Published(
        "yolo-voc.weights", "yolo-voc.cfg", (202704260, 202704264), _pjreddie(),
        {"sha1": "1cc1a7f8ad12d563d85b76e9de025dc28ac397bb"},
    ),
    Published("yolo9000.weights", "yolo9000.cfg", (195230020, 195230024), _pjreddie()),
    # YOLOv3
    Published(
        "yolov3.weights", "yolov3.cfg", (248007048,), _pjreddie(_HANK),
        {"sha256": "523e4e69e1d015393a1b0a441cef1d9c7659e3eb2d7e15f793f060a21b32f297",
         "md5": "c84e5b99d0e52cd466ae710cadf6d84c"},
    ),
    Published(
        "yolov3-tiny.weights", "yolov3-tiny.cfg", (35434956,), _pjreddie(_HANK),
        {"sha256": "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
         "md5": "3bcd6b390912c18924b46b26a9e7ff53"},
    ),
    Published("yolov3-spp.weights", "yolov3-spp.cfg", (252209544,), _pjreddie()),
    Published("yolov3-openimages.weights", "yolov3-openimages.cfg", (259229388,), _pjreddie()),
    Published("yolov3-tiny-prn.weights", "yolov3-tiny-prn.cfg", (19759052,), note=_DRIVE),
    Published("enetb0-coco_final.weights", "enet-coco.cfg", (19233100,), note=_DRIVE),
    Published("csresnext50-panet-spp.weights", "csresnext50-panet-spp.cfg", (228123400,),
              note=_DRIVE),
    Published("csresnext50-panet-spp-original-optimal_final.weights",
              "csresnext50-panet-spp-original-optimal.cfg", (228123400,), note=_DRIVE),
    # YOLOv4
    Published(
        "yolov4.weights", "yolov4.cfg", (257717640,), (_V3, _V4, _HANK),
        {"sha256": "e8a4f6c62188738d86dc6898d82724ec0964d0eb9d2ae0f0a9d53d65d108d562",
         "sha1": "0143deb6c46fcc7f74dd35bf3c14edc3784e99ee",
         "md5": "00a4878d05f4d832ab38861b32061283"},
        {"8463fde6ee7130a947a73104ce73c6fa88618a9d9ecd4a65d0b38f07e17ec4e4":
         "a second build that circulates"},
    ),
    Published(
        "yolov4-tiny.weights", "yolov4-tiny.cfg", (24251276,), (_V4_PRE, _V4, _HANK),
        {"sha256": "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87",
         "sha1": "451caaab22fb9831aa1a5ee9b5ba74a35ffa5dcb",
         "md5": "8911bf808aed305d6854c4ea48fcc731"},
        {"037676f0d929c24e1bd9a0037fe30dc416fc26e0ca2a4491a44d024873316061":
         "the build published before December 2020"},
    ),
    Published("yolov4-csp.weights", "yolov4-csp.cfg", (211944840,), (_V4_PRE,)),
    Published("yolov4-csp-swish.weights", "yolov4-csp-swish.cfg", (211944840,), (_V4_PRE,)),
    Published("yolov4-csp-x-swish.weights", "yolov4-csp-x-swish.cfg", (399388168,), (_V4_PRE,)),
    Published(
        "yolov4x-mish.weights", "yolov4x-mish.cfg", (399388168,), (_V4_PRE,),
        {"sha1": "a6f2879af2241de2e9730d317a55db6afd0af00b"},
    ),
    Published("yolov4-p5.weights", "yolov4-p5.cfg", (283669892,), (_V4_PRE,)),
    Published("yolov4-p6.weights", "yolov4-p6.cfg", (510868180,), (_V4_PRE, _V4)),
    # YOLOv7
    Published("yolov7.weights", "yolov7.cfg", (147898248,), (_V4, _HANK)),
    Published("yolov7-tiny.weights", "yolov7-tiny.cfg", (24967560,), (_V4, _HANK)),
    Published("yolov7x.weights", "yolov7x.cfg", (285638760,), (_V4,)),
    # the first layers of trained networks, to start a training from
    Published("darknet19_448.conv.23", "darknet19_448.cfg", (79327120, 79327124), _pjreddie(),
              cut=23),
    Published("darknet53.conv.74", "darknet53.cfg", (162482580,), _pjreddie(), cut=74),
    Published("yolov3-tiny.conv.11", "yolov3-tiny.cfg", (6303188,), note=_MAKE, cut=11),
    Published("yolov3-tiny.conv.15", "yolov3-tiny.cfg", (30973396,), note=_MAKE, cut=15),
    Published("yolov4.conv.137", "yolov4.cfg", (170038676,), (_V3,), cut=137),
    Published("yolov4-tiny.conv.29", "yolov4-tiny.cfg", (19789716,), (_V4_PRE,), cut=29),
    Published("yolov4-csp.conv.142", "yolov4-csp.cfg", (146548116,), (_V4_PRE,), cut=142),
    Published("yolov4-csp-swish.conv.164", "yolov4-csp-swish.cfg", (185312660,), (_V4_PRE,),
              cut=164),
    Published("yolov4-csp-x-swish.conv.192", "yolov4-csp-x-swish.cfg", (358357268,), (_V4_PRE,),
              cut=192),
    Published("yolov4x-mish.conv.166", "yolov4x-mish.cfg", (277307668,), (_V4_PRE,), cut=166),
    Published("yolov4-p5.conv.232", "yolov4-p5.cfg", (256427412,), (_V4_PRE,), cut=232),
    Published("yolov4-p6.conv.289", "yolov4-p6.cfg", (463340948,), (_V4_PRE,), cut=289),
    Published("yolov7.conv.132", "yolov7.cfg", (121266068,), (_V4,), cut=132),
    Published("yolov7-tiny.conv.87", "yolov7-tiny.cfg", (17843092,), note=_MAKE, cut=87),
    Published("yolov7x.conv.147", "yolov7x.cfg", (244607860,), note=_MAKE, cut=147),
)  # fmt: skip


def find_published(name: str) -> Published:
    """A published file by its name, with or without ``.weights``.

    >>> find_published("yolov4-tiny").sizes
    (24251276,)

    Raises:
        ArgumentError: there is none of this name.
    """
    for published in PUBLISHED:
        if name in (published.name, published.name.removesuffix(".weights")):
            return published
    names = [published.name for published in PUBLISHED]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]}?" if near else ":"
    raise ArgumentError(
        f"no published weights are called {name!r}{hint} `pydarknet weights list` names all"
    )
