"""Formats that are only read: small files as their tools write them, boxes worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pydarknet import DataError
from pydarknet.datasets.checking import check_dataset
from pydarknet.datasets.formats import (
    CROWD,
    DIFFICULT,
    OCCLUDED,
    READERS,
    TRUNCATED,
    WRITERS,
    LabelledDataset,
    ReadOptions,
    find_format,
    read_dataset,
    write_dataset,
)

from .drawn import png_header


def put(folder: Path, files: dict[str, object]) -> None:
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            path.write_bytes(value)
        else:
            path.write_text(value if isinstance(value, str) else json.dumps(value))


def objects(dataset: LabelledDataset) -> dict[str, list[tuple[str, list[float], int]]]:
    return {
        image.name: [
            (dataset.names[k], np.round(box, 3).tolist(), flags)
            for k, box, flags in zip(
                image.class_id.tolist(), image.boxes, image.flags.tolist(), strict=True
            )
        ]
        for image in dataset.images
    }


PNG = png_header(200, 100)

LABELME = {
    "a.png": PNG,
    "a.json": {
        "version": "5", "imagePath": "a.png", "imageHeight": 100, "imageWidth": 200,
        "imageData": None, "shapes": [
            {"label": "dog", "points": [[30, 40], [10, 20]], "shape_type": "rectangle"},
            {"label": "cat", "points": [[1, 2], [9, 4], [5, 8]], "shape_type": "polygon"},
            {"label": "cat", "points": [[50, 50], [50, 60]], "shape_type": "circle"},
            {"label": "cat", "points": [[5, 5]], "shape_type": "point"},
        ],
    },
}  # fmt: skip
CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels><label><name>cat</name></label>
<label><name>dog</name></label></labels></task></meta>
<image id="0" name="a.png" width="200" height="100">
<box label="dog" occluded="1" xtl="10.5" ytl="20" xbr="30" ybr="40" z_order="0"></box>
<polygon label="cat" occluded="0" points="1,2;9,4;5,8"></polygon>
<box label="cat" occluded="0" xtl="40" ytl="40" xbr="60" ybr="50" rotation="90"/>
<polyline label="cat" points="1,2;3,4"></polyline></image></annotations>"""
TRACKS = """<annotations><meta><task><original_size><width>200</width><height>100</height>
</original_size></task></meta><track id="0" label="car">
<box frame="0" outside="0" occluded="0" keyframe="1" xtl="1" ytl="2" xbr="3" ybr="4"/>
<box frame="1" outside="0" occluded="1" keyframe="0" xtl="2" ytl="2" xbr="4" ybr="4"/>
<box frame="2" outside="1" occluded="0" keyframe="1" xtl="2" ytl="2" xbr="4" ybr="4"/>
</track></annotations>"""


def studio(values: list[dict]) -> list[dict]:
    results = [
        {
            "type": "x",
            "original_width": 200,
            "original_height": 100,
            "image_rotation": 0,
            "value": v,
        }
        for v in values
    ]
    return [{"id": 1, "data": {"image": "/data/upload/1/1234abcd-a.png"},
             "annotations": [{"was_cancelled": True, "result": []}, {"result": results}]}]  # fmt: skip  # noqa: E501


STUDIO = studio([
    {"x": 5, "y": 20, "width": 10, "height": 20, "rotation": 0, "rectanglelabels": ["dog"]},
    {"points": [[1, 2], [9, 4], [5, 8]], "polygonlabels": ["cat"]},
    {"x": 50, "y": 10, "width": 10, "height": 10, "rotation": 90, "rectanglelabels": ["cat"]},
    {"choices": ["blurred"]},
])  # fmt: skip
STUDIO_MIN = [{"image": "/data/local-files/?d=x/a.png", "id": 1, "annotator": 1, "annotation_id": 2,
               "label": [{"x": 5, "y": 20, "width": 10, "height": 20, "rotation": 0,
                          "rectanglelabels": ["dog"], "original_width": 200,
                          "original_height": 100}]}]  # fmt: skip
VIA = {"a.png123": {"filename": "a.png", "size": 123, "file_attributes": {}, "regions": [
    {"shape_attributes": {"name": "rect", "x": 10, "y": 20, "width": 20, "height": 20},
     "region_attributes": {"label": "dog"}},
    {"shape_attributes": {"name": "polygon", "all_points_x": [1, 9, 5], "all_points_y": [2, 4, 8]},
     "region_attributes": {"label": "cat"}},
    {"shape_attributes": {"name": "point", "cx": 1, "cy": 2}, "region_attributes": {"label": "x"}},
]}}  # fmt: skip
VIA_CSV = """filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,\
region_attributes
a.png,1,"{}",1,0,"{""name"":""rect"",""x"":10,""y"":20,""width"":20,""height"":20}",\
"{""label"":""dog""}"
b.png,1,"{}",0,0,"{}","{}"
"""
WIDER = """0--Parade/a.jpg
2
449 330 122 149 0 0 0 0 0 0
10 20 5 6 0 0 0 1 2 0
0--Parade/b.jpg
0
0 0 0 0 0 0 0 0 0 0
"""
OPEN = """ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,\
IsDepiction,IsInside
a,x,/m/01,1,0.05,0.15,0.2,0.4,1,0,0,0,0
a,x,/m/02,1,0,1,0,1,0,1,1,0,0
"""
SUPERVISELY = {
    "meta.json": {"classes": [{"title": "cat", "shape": "polygon"}, {"title": "dog"}]},
    "train/ann/a.png.json": {"size": {"width": 200, "height": 100}, "objects": [
        {"classTitle": "dog", "geometryType": "rectangle",
         "points": {"exterior": [[30, 40], [10, 20]], "interior": []}},
        {"classTitle": "cat", "geometryType": "polygon",
         "points": {"exterior": [[1, 2], [9, 4], [5, 8]], "interior": []}},
        {"classTitle": "cat", "geometryType": "bitmap", "bitmap": {}}]},
    "train/img/a.png": PNG,
}  # fmt: skip
DOG, CAT = ("dog", [10, 20, 30, 40], 0), ("cat", [1, 2, 9, 8], 0)

CASES = {
    "labelme": (LABELME, "", {"a.png": [DOG, CAT, ("cat", [40, 40, 60, 60], 0)]}),
    "cvat": (
        {"annotations.xml": CVAT}, "annotations.xml",
        {"a.png": [("dog", [10.5, 20, 30, 40], OCCLUDED), CAT, ("cat", [45, 35, 55, 55], 0)]},
    ),
    "cvat video": (
        {"x.xml": TRACKS}, "x.xml",
        {"frame_000000.PNG": [("car", [1, 2, 3, 4], 0)],
         "frame_000001.PNG": [("car", [2, 2, 4, 4], OCCLUDED)]},
    ),
    "label-studio": (
        {"x.json": STUDIO, "images/a.png": PNG}, "x.json",
        {"a.png": [DOG, ("cat", [2, 2, 18, 8], 0), ("cat", [90, 10, 100, 30], 0)]},
    ),
    "label-studio min": ({"x.json": STUDIO_MIN}, "x.json", {"x/a.png": [DOG]}),
    "open-images": (
        {"train-bbox.csv": OPEN, "class-descriptions-boxable.csv": "/m/01,dog\n/m/02,big cat\n",
         "train/a.png": PNG}, "",
        {"a.png": [("dog", [10, 20, 30, 40], OCCLUDED),
                   ("big cat", [0, 0, 200, 100], TRUNCATED | CROWD)]},
    ),
    "kitti": (
        {"label_2/000001.txt": "Car 0.88 3 -0.69 0 192.37 402.31 374 1.6 1.57 3.23 -2 1.5 3.6 -1\n"
         "Cyclist 0.00 1 -0.69 1 2 3 4 1.6 1.57 3.23 -2 1.5 3.6 -1\n"
         "DontCare -1 -1 -10 8 1 9 2 -1 -1 -1 -1000 -1000 -1000 -10\n"}, "",
        {"000001.png": [("Car", [0, 192.37, 402.31, 374], TRUNCATED),
                        ("Cyclist", [1, 2, 3, 4], OCCLUDED)]},
    ),
    "createml": (
        {"x.json": [{"image": "a.png", "annotations": [{"label": "dog", "coordinates":
            {"x": 20, "y": 30, "width": 20, "height": 20}}]}]}, "x.json",
        {"a.png": [DOG]},
    ),
    "via": ({"x.json": VIA}, "x.json", {"a.png": [DOG, CAT]}),
    "via project": (
        {"x.json": {"_via_settings": {}, "_via_img_metadata": VIA}}, "x.json", {"a.png": [DOG, CAT]}
    ),
    "via csv": ({"x.csv": VIA_CSV}, "x.csv", {"a.png": [DOG], "b.png": []}),
    "via csv of old": ({"x.csv": f"#{VIA_CSV}"}, "x.csv", {"a.png": [DOG], "b.png": []}),
    "wider": (
        {"wider_face_val_bbx_gt.txt": WIDER}, "",
        {"0--Parade/a.jpg": [("face", [449, 330, 571, 479], 0),
                             ("face", [10, 20, 15, 26], DIFFICULT | OCCLUDED)],
         "0--Parade/b.jpg": []},
    ),
    "visdrone": (
        {"annotations/a.txt": "10,20,20,20,1,4,0,1\n1,1,5,5,0,0,0,0\n1,1,5,5,1,11,1,0,\n"}, "",
        {"a.jpg": [("car", [10, 20, 30, 40], OCCLUDED), ("others", [1, 1, 6, 6], TRUNCATED)]},
    ),
    "bdd100k": (
        {"labels_val.json": [{"name": "a.jpg", "labels": [
            {"category": "dog", "attributes": {"occluded": True},
             "box2d": {"x1": 10, "y1": 20, "x2": 30, "y2": 40}},
            {"category": "lane", "poly2d": []}]}]}, "labels_val.json",
        {"a.jpg": [("dog", [10, 20, 30, 40], OCCLUDED)]},
    ),
    "supervisely": (SUPERVISELY, "", {"a.png": [DOG, CAT]}),
}  # fmt: skip


def test_every_format_has_a_case() -> None:
    assert {name.split()[0] for name in CASES} == set(READERS) - {"darknet", "yolo", "voc", "coco"}


@pytest.mark.parametrize("name", CASES)
def test_reads(name: str, tmp_path: Path) -> None:
    files, place, expected = CASES[name]
    put(tmp_path, files)
    assert find_format(tmp_path / place) == name.split()[0]
    found = read_dataset(tmp_path / place)
    assert objects(found) == expected
    slim = read_dataset(tmp_path / place, options=ReadOptions(shapes=False))
    assert objects(slim) == expected
    assert all(image.shapes is None for image in slim.images)
    outlines = sum(s is not None for image in found.images for s in image.shapes or ())
    assert slim.notes["polygons written as boxes"] == outlines


def test_what_is_left_out_is_counted_and_splits_are_known(tmp_path: Path) -> None:
    seen = {}
    for name, (files, place, _) in CASES.items():
        put(tmp_path / name, files)
        found = read_dataset(tmp_path / name / place)
        seen[name] = (dict(found.notes), found.splits())
    assert seen["labelme"][0] == {"points and lines left out": 1}
    assert seen["cvat"][0] == {"CVAT's polyline left out": 1}
    assert seen["kitti"][0] == {"DontCare regions left out": 1}
    assert seen["visdrone"][0] == {"regions to ignore left out": 1}
    assert seen["bdd100k"] == ({"labels without box left out": 1}, ["valid"])
    assert seen["supervisely"] == ({"Supervisely's bitmap left out": 1}, ["train"])
    assert seen["wider"][1] == ["valid"]
    assert seen["open-images"][1] == ["train"]


def changed(value: object, old: str, new: str) -> object:
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "expected"),
    [
        ("labelme", "a.json", "[30, 40]", "[30]", r"a\.json:1: shapes\[0\]\.points: \[30\], expected"),  # noqa: E501
        ("labelme", "a.json", '"a.png"', '"../../a.png"', "leaves the data set's folder"),
        ("labelme", "a.json", "30", "NaN", r"a\.json:1: NaN is no JSON number"),
        ("labelme", "a.json", "rectangle", "cube", "'cube' of 2 points, expected a known shape"),
        ("cvat", "annotations.xml", 'xtl="10.5"', 'xtl="99"', r"xml:5: box has the edges 99"),
        ("cvat", "annotations.xml", 'xtl="10.5"', 'xtl="x"', r"xml:5: xtl='x', expected a number"),
        ("cvat", "annotations.xml", "</image>", "", r"xml:8: mismatched tag, expected XML"),
        ("cvat", "annotations.xml", "a.png", "/etc/a.png", r"xml:4: '/etc/a.png' leaves"),
        ("label-studio", "x.json", '"x": 5', '"x": null', r"x\.json:1: x=None, expected a number"),
        ("open-images", "train-bbox.csv", "0.05", "5", r"csv:2: .*expected edges from 0 to 1"),
        ("open-images", "train-bbox.csv", "XMin", "Min", "holds no boxes|cannot tell"),
        ("open-images", "train-bbox.csv", "\na,x", "\nb,x", r"csv:2: the image b.* is not there"),
        ("kitti", "label_2/000001.txt", "Cyclist 0.00", "Cyclist", r"txt:2: has 14 columns"),
        ("createml", "x.json", '"x": 20', '"x": "a"', r"x\.json:1: \[0\]\.annotations\[0\]\.x='a', expected a number"),  # noqa: E501
        ("via", "x.json", '"label": "dog"', '"a": 1, "b": 2', "name no class, expected"),
        ("via csv", "x.csv", '""name"":', '""name"', r"x\.csv:2: holds no JSON"),
        ("wider", "wider_face_val_bbx_gt.txt", "\n2\n", "\nx\n", r"txt:2: 'x', expected the number"),  # noqa: E501
        ("wider", "wider_face_val_bbx_gt.txt", "\n2\n", "\n9\n", r"txt:5: has 1 columns"),
        ("wider", "wider_face_val_bbx_gt.txt", "\n0\n0 0 0 0 0 0 0 0 0 0\n", "\n3\n1 2 3 4\n", r"txt:7: ends after 1 of 3 faces$"),  # noqa: E501
        ("wider", "wider_face_val_bbx_gt.txt", "\n0\n0 0 0 0 0 0 0 0 0 0\n", "\n0\n", r"txt:6: ends here, expected a line of zeros"),  # noqa: E501
        ("visdrone", "annotations/a.txt", ",4,0,1", ",14,0,1", r"txt:1: category 14, expected 0"),
        ("bdd100k", "labels_val.json", '"x1": 10', '"x1": true', r"x1=True, expected a number"),
        ("supervisely", "train/ann/a.png.json", '"width": 200', '"width": 0', r"width=0, expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    name: str, file: str, old: str, new: str, expected: str, tmp_path: Path
) -> None:
    files, place, _ = CASES[name]
    put(tmp_path, {**files, file: changed(files[file], old, new)})
    with pytest.raises(DataError, match=expected):
        read_dataset(tmp_path / place, name.split()[0])


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "line"),
    [
        ("labelme", "a.json", '"dog"', "null", 8),
        ("labelme", "a.json", '"polygon"', '"cube"', 22),
        ("labelme", "a.json", '"a.png"', "7", 3),
        ("via", "x.json", '"x": 10', '"x": "b"', 7),
        ("via", "x.json", '"label": "cat"', '"a": 1, "b": 2', 19),
        ("via project", "x.json", '"x": 10', '"x": "b"', 9),
        ("supervisely", "train/ann/a.png.json", '"dog"', "null", 7),
        ("supervisely", "train/ann/a.png.json", "200", "0", 3),
        ("supervisely", "meta.json", '"dog"', "null", 7),
    ],
)
def test_faults_in_json_have_a_line(
    name: str, file: str, old: str, new: str, line: int, tmp_path: Path
) -> None:
    files, place, _ = CASES[name]
    text = json.dumps(files[file], indent=1)
    assert old in text
    put(tmp_path, {**files, file: text.replace(old, new, 1)})
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path / place, name.split()[0])
    assert caught.value.line == line, caught.value
    assert Path(str(caught.value.file)) == tmp_path / file


def test_where_labelme_images_lie(tmp_path: Path) -> None:
    def labelme(path: str) -> dict[str, object]:
        return {**LABELME["a.json"], "imagePath": path}  # type: ignore[dict-item]

    put(tmp_path, {"img/a.png": PNG, "ann/a.json": labelme("..\\img\\a.png")})
    with pytest.raises(DataError, match=r"a\.json:1: .* leaves the .* \(--image-folder says where"):
        read_dataset(tmp_path / "ann")
    options = ReadOptions(image_folders=[tmp_path / "img"])
    (image,) = read_dataset(tmp_path / "ann", options=options).images
    assert (image.name, image.path) == ("a.png", str(tmp_path / "img/a.png"))
    (image,) = read_dataset(tmp_path / "ann/a.json", options=options).images
    assert image.path == str(tmp_path / "img/a.png")
    (image,) = read_dataset(tmp_path, "labelme").images  # within the set it needs no help
    assert (image.name, image.path) == ("img/a.png", str(tmp_path / "img/a.png"))
    for number, given in enumerate(("C:\\data\\a.png", "/data/a.png")):
        home = tmp_path / f"set{number}"
        put(home, {"b/a.png": PNG, "b/a.json": labelme(given)})
        found = read_dataset(home)
        assert [(each.name, each.path) for each in found.images] == [
            ("b/a.png", str(home / "b/a.png"))
        ]
        assert found.notes["images taken from beside their json, imagePath is absolute"] == 1
        assert read_dataset(home, options=options).images[0].path == str(tmp_path / "img/a.png")
        (home / "b/a.png").unlink()
        with pytest.raises(DataError, match="leaves the data set's folder"):
            read_dataset(home)
    put(tmp_path / "up", {"a.png": PNG, "a.json": labelme("../../a.png")})
    with pytest.raises(DataError, match="leaves the data set's folder"):
        read_dataset(tmp_path / "up")


def test_a_supervisely_class_that_the_project_does_not_know(tmp_path: Path) -> None:
    file = "train/ann/a.png.json"
    put(tmp_path, {**SUPERVISELY, file: changed(SUPERVISELY[file], '"dog"', '"dgo"')})
    found = read_dataset(tmp_path)
    assert found.names == ("cat", "dog", "dgo")
    assert found.notes["objects of classes that meta.json does not name"] == 1
    problems = [p for p in check_dataset(tmp_path).problems if "dgo" in p.message]
    assert [str(p) for p in problems] == [
        f"{tmp_path / file}:1: objects[0]: class 'dgo' is not in meta.json, expected one of its "
        "classes"
    ]
    assert problems[0].severity == "error"


@pytest.mark.parametrize("name", ["label-studio", "via", "via csv"])
def test_a_folder_with_a_file_that_can_be_read_says_so(name: str, tmp_path: Path) -> None:
    files, place, _ = CASES[name]
    put(tmp_path, {**files, "0.json": "no JSON"})
    with pytest.raises(DataError, match=f"but {place} in it is {name.split()[0]}: name that file"):
        read_dataset(tmp_path)


def test_a_wider_file_that_ends_early_is_one_fault(tmp_path: Path) -> None:
    put(tmp_path, {"wider_face_val_bbx_gt.txt": "a.jpg\n999999999\n1 2 3 4\n"})
    problems = [p for p in check_dataset(tmp_path).problems if "is not there" not in p.message]
    assert [(p.line, p.message) for p in problems] == [(3, "ends after 1 of 999999999 faces")]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/data/local-files/?d=imgs/a.png", "imgs/a.png"),
        ("http://h:8080/data/local-files/?x=1&d=imgs/a%20b.png", "imgs/a b.png"),
        ("https://h/x/a.png?id=5", "x/a.png"),
        ("https://h/x/a.png?d=5", "x/a.png"),
        ("https://h/a.png?GoogleAccessId=me@x.com&Expires=1", "a.png"),
    ],
)
def test_the_image_a_label_studio_url_names(url: str, name: str, tmp_path: Path) -> None:
    task = json.loads(json.dumps(STUDIO[0]).replace("/data/upload/1/1234abcd-a.png", url))
    put(tmp_path, {"x.json": [task]})
    assert [image.name for image in read_dataset(tmp_path / "x.json").images] == [name]


@pytest.mark.parametrize("to", WRITERS)
def test_a_size_nobody_knows_is_a_fault_of_what_was_read(to: str, tmp_path: Path) -> None:
    text = json.dumps([{"image": "5.png", "annotations": [
        {"label": "cat", "coordinates": {"x": 5, "y": 5, "width": 2, "height": 2}}]}])  # fmt: skip
    put(tmp_path, {"x.json": "\n" + text})
    dataset = read_dataset(tmp_path / "x.json")
    out = tmp_path / ("o.json" if to == "coco" else "out")
    with pytest.raises(DataError) as caught:
        write_dataset(dataset, out, to)
    assert str(caught.value).startswith(
        f"{tmp_path / 'x.json'}:2: [0]: the image 5.png is not there, expected its file"
    )
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "x.json"), 2)


BROKEN_JSON = {
    "": "x.json:1: is empty, expected JSON",
    "hello": "x.json:1: 'h' found, expected JSON ({ or [)",
    '[\n{"image": "a.p': "x.json:2: Unterminated string starting at, expected JSON",
    '[{"name": "a.jpg",\n"labels": [}]': "x.json:2: Expecting value, expected JSON",
    "[": "x.json:1: Expecting value, expected JSON",
    '{"frames"\n': "x.json:2: the end of the file found, expected JSON (:)",
}


@pytest.mark.parametrize("text", BROKEN_JSON)
@pytest.mark.parametrize("format", ["createml", "bdd100k", "coco", "label-studio", None])
def test_what_is_no_json_is_told_where(format: str | None, text: str, tmp_path: Path) -> None:
    put(tmp_path, {"x.json": text})
    places = [tmp_path / "x.json"] if format not in ("createml", "bdd100k") else [
        tmp_path / "x.json", tmp_path]  # fmt: skip
    for place in places:
        with pytest.raises(DataError) as caught:
            read_dataset(place, format)
        assert str(caught.value) == f"{tmp_path}/{BROKEN_JSON[text]}"


def test_json_of_no_format_is_no_broken_json(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": [1]})
    with pytest.raises(DataError, match="cannot tell its format"):
        read_dataset(tmp_path / "x.json")
    with pytest.raises(DataError, match="holds no list of images with annotations"):
        read_dataset(tmp_path / "x.json", "createml")
