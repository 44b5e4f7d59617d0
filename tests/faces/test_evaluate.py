"""`linli face evaluate`: rates by hand, sets on the disk, and the whole command on drawn people."""

import argparse
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devices.mistake import Mistake
from hub import doctor
from hub.faces import albums, calibration, curves, evaluate, plots, verbs
from hub.faces.albums import Album, Pair
from hub.faces.audit import Wanted
from hub.faces.engine import Engine
from simulators.drawn import Pose, portrait
from tests.faces.crowds import Crowd

# --- rates -----------------------------------------------------------------------------------


def test_rates_are_shares_counted_by_hand() -> None:
    """Ann has three comparisons and Bob one: each person weighs a half."""
    genuine = [(0.1, "ann"), (0.2, "ann"), (0.6, "ann"), (0.3, "bob")]
    held = curves.compare(genuine, np.array([0.5, 0.4, 0.7, 0.9, 0.25]))
    assert held.fmr(0.4) == pytest.approx(2 / 5)
    assert held.fmr(0.39) == pytest.approx(1 / 5)
    assert held.fnmr(0.4) == pytest.approx(1 / 6)
    assert held.fnmr(0.2) == pytest.approx(1 / 6 + 1 / 2)
    at = held.threshold_at(0.4)
    assert at is not None
    assert held.fmr(at) == pytest.approx(2 / 5)
    assert held.fmr(at + 1e-9) == pytest.approx(3 / 5)
    assert held.threshold_at(0.1) is None
    assert 1 / 6 <= held.equal_error() <= 1 / 5
    table = curves.thresholds_for(held, [0.4, 0.01])
    assert (table[0]["fnmr"], table[1]["threshold"]) == (0.1667, None)


def test_of_a_cut_sample_only_the_low_part_is_told() -> None:
    held = curves.compare([(0.1, "a")], np.array([0.3, 0.4]), total=1_000)
    assert held.fmr(0.35) == pytest.approx(1e-3)
    rows = curves.rates_at(held, [0.35, 0.9])
    assert (rows[0]["fmr"], rows[1]["fmr"]) == (0.001, None)


# --- a set of embeddings ---------------------------------------------------------------------


def album_of(crowd: Crowd, count: int, photos: int, name: str) -> dict[tuple[str, int], object]:
    shots = crowd.photos(crowd.identities(count), photos)
    return {(f"{name}{who}", number + 1): shots[who, number]
            for who in range(count) for number in range(photos)}  # fmt: skip


WANTED = Wanted(strangers=0.05, claims=0.004, misses=0.05)


@pytest.fixture(scope="module")
def judged() -> evaluate.Evaluation:
    """Two groups, of which the model takes one for much alike."""
    wide, close = Crowd(1, noise=0.05), Crowd(2, spread=0.06, noise=0.05)
    faces = album_of(wide, 260, 6, "wide") | album_of(close, 260, 6, "close")
    album = Album("m", faces, {"face_none": 2})  # type: ignore[arg-type]
    groups = {person: "alike" if person.startswith("close") else "apart" for person, _ in faces}
    pairs = [Pair(("wide1", 1), ("wide1", 2)), Pair(("wide1", 1), ("wide2", 1)),
             Pair(("wide1", 1), ("nobody", 1))]  # fmt: skip
    return evaluate.evaluate(album, pairs, groups, [15, 200, 900], WANTED, random.Random(1))


def test_groups_are_told_apart_and_the_worst_one_calibrates(judged: evaluate.Evaluation) -> None:
    report = judged.report
    assert set(report["groups"]) == {"everybody", "apart", "alike"}
    needed = {name: told["at_fmr"][1]["threshold"] for name, told in report["groups"].items()}
    assert needed["alike"] < needed["everybody"] < needed["apart"]
    assert report["calibration"]["source"] == "evaluated, alike"
    read = calibration.parse(report["calibration"])
    worst = report["groups"]["alike"]["at_fmr"][1]
    assert read.threshold(1e-3, 1, 1) == pytest.approx(worst["threshold"])
    assert report["refused"] == {"face_none": 2}
    assert report["pairs"]["used"] == 2
    assert report["pairs"]["left_out"] == 1
    assert report["pairs"]["best_accuracy"] == 1.0


def test_photos_and_frames_averaged_miss_less(judged: evaluate.Evaluation) -> None:
    rows = judged.report["groups"]["alike"]["fusion"]
    missed = {(row["photos"], row["frames"]): row["distance"][1]["fnmr"] for row in rows}
    assert set(missed) == {(1, 1), (1, 3), (3, 1), (3, 3)}  # 5 x 3 wants eight photos
    assert missed[1, 1] > 0
    assert missed[3, 3] < min(missed[1, 3], missed[3, 1])
    assert max(missed[1, 3], missed[3, 1]) < missed[1, 1]


def test_search_is_as_the_audit_predicts(judged: evaluate.Evaluation) -> None:
    rows = {row["people"]: row for row in judged.report["groups"]["everybody"]["open_set"]}
    assert rows[900]["told"] == "too few people in this set"
    assert rows[15]["refused"] == "face_audit_few"
    assert rows[200]["strangers"] == 320
    assert WANTED.strangers / 2 <= rows[200]["fpir"] <= WANTED.strangers * 2
    assert rows[200]["fnir"] <= rows[200]["fnir_expected"] * 1.5 + 0.01
    told = {row["fpir"]: row for row in rows[200]["at_fpir"]}
    assert told[1e-3] == {"fpir": 1e-3, "threshold": None, "fnir": None, "wrong": None}
    assert told[1e-2]["threshold"] < rows[200]["threshold"] < told[1e-1]["threshold"]
    assert told[1e-2]["fnir"] >= rows[200]["fnir"] >= told[1e-1]["fnir"]
    line = judged.search["everybody, 200"]
    assert [point[0] for point in line] == sorted(point[0] for point in line)
    assert line[0][1] >= line[-1][1]


def test_no_name_is_in_the_report(judged: evaluate.Evaluation) -> None:
    told = json.dumps(judged.report)
    assert "wide" not in told
    assert "close" not in told


def test_plots_are_pictures_with_lines(judged: evaluate.Evaluation) -> None:
    for content in (
        plots.trade_off("Comparisons", ("FMR", "FNMR"), judged.errors),
        plots.distributions("Distances", judged.single),
    ):
        image = Image.open(io.BytesIO(content))
        assert image.size == plots.SIZE
        colours = {colour for _, colour in image.convert("RGB").getcolors(100_000) or []}
        assert (0x00, 0x72, 0xB2) in colours
        assert (0xD5, 0x5E, 0x00) in colours
    empty = plots.trade_off("None", ("FMR", "FNMR"), {})
    assert Image.open(io.BytesIO(empty)).size == plots.SIZE


# --- on the disk -----------------------------------------------------------------------------


def test_pairs_are_read_as_lfw_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("10\t300\nA_B\t1\t4\nA_B\t1\tC\t2\n\n", encoding="utf-8")
    assert albums.read_pairs(file) == [Pair(("A_B", 1), ("A_B", 4)), Pair(("A_B", 1), ("C", 2))]
    assert [pair.same for pair in albums.read_pairs(file)] == [True, False]
    file.write_text("Ann Lee\t1\t2\n", encoding="utf-8")
    assert albums.read_pairs(file) == [Pair(("Ann Lee", 1), ("Ann Lee", 2))]


@pytest.mark.parametrize(
    ("text", "told"),
    [("A\t1\n", "line 1"), ("A 1 2\nA x 2", "line 2"), ("10 300\n", "no pairs"), ("\xff", "text")],
)
def test_wrong_pairs_are_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "pairs.txt"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(Mistake, match=told):
        albums.read_pairs(file)


def test_groups_are_read_and_wrong_ones_told(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("A,east\nB , west\n", encoding="utf-8")
    assert albums.read_groups(file) == {"A": "east", "B": "west"}
    file.write_text("A,east,x\n", encoding="utf-8")
    with pytest.raises(Mistake, match="person,group"):
        albums.read_groups(file)


def test_a_folder_without_people_is_told(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no folder"):
        albums.find(tmp_path / "none")
    (tmp_path / "one").mkdir()
    with pytest.raises(Mistake, match="several people"):
        albums.find(tmp_path)


def test_numbers_are_those_of_the_files(tmp_path: Path) -> None:
    for name, stem in (("A_B", "A_B_0003"), ("A_B", "A_B_0007"), ("C", "x"), ("C", "y")):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{stem}.jpg").touch()
    people = albums.find(tmp_path)
    numbers = [
        albums._number(person, file, place)
        for person, files in people.items()
        for place, file in enumerate(files, 1)
    ]
    assert numbers == [3, 7, 1, 2]


def test_the_whole_command_on_drawn_people(
    eyes: Engine, site_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del eyes  # the network is converted
    images = tmp_path / "images"
    for seed in range(12):
        folder = images / f"p{seed}"
        folder.mkdir(parents=True)
        for shot in range(4):
            drawn = portrait(seed, Pose(90, shot=shot, light=0.9 + shot / 20))
            drawn.save(folder / f"p{seed}_{shot + 1:04}.jpg", quality=90)
    (images / "p0" / "p0_0005.jpg").write_bytes(b"no picture")
    pairs = [f"p{seed}\t1\t2" for seed in range(6)] + ["p0\t1\tp1\t1", "p2\t1\tp3\t2"]
    groups = "".join(f"p{seed},{'odd' if seed % 2 else 'even'}\n" for seed in range(12))
    (tmp_path / "groups.csv").write_text(groups, encoding="utf-8")
    (tmp_path / "pairs.txt").write_text("\n".join(pairs), encoding="utf-8")
    parser = argparse.ArgumentParser()
    verbs.face(parser)
    asked = parser.parse_args(
        ["evaluate", str(images), "--pairs", str(tmp_path / "pairs.txt"), "--data",
         str(site_folder), "--plots", str(tmp_path / "plots"), "--gallery", "2",
         "--strangers", "0.02", "--groups", str(tmp_path / "groups.csv")]
    )  # fmt: skip
    asked.func(asked)
    report = json.loads(capsys.readouterr().out)
    assert (report["people"], report["faces"]) == (12, 48)
    assert report["refused"] == {"photo_broken": 1}
    assert report["pairs"]["used"] == 8
    assert report["pairs"]["equal_error"] == 0.0  # shots of one drawing are nearer than two people
    assert report["detector"] == "dlib-hog"
    assert set(report["groups"]) == {"everybody", "odd", "even"}
    everybody = report["groups"]["everybody"]
    assert everybody["impostor_pairs"] == 66 * 16  # every photo of each two people
    lax, strict = everybody["at_thresholds"][-1], everybody["at_thresholds"][0]
    assert strict["fmr"] <= lax["fmr"]
    assert strict["fnmr"] >= lax["fnmr"]
    assert [row["fmr"] for row in everybody["at_fmr"]] == [1e-2, 1e-3, 1e-4, 1e-5]
    assert [row["threshold"] is None for row in everybody["at_fmr"]] == [False, False, True, True]
    fused = [(row["photos"], row["frames"], row["people"]) for row in everybody["fusion"]]
    assert fused == [(1, 1, 12), (1, 3, 12), (3, 1, 12)]
    (found,) = everybody["open_set"]
    assert (found["people"], found["strangers"]) == (2, 10)
    assert found["refused"] == "face_audit_few"  # no audit of two; strangers tell all the same
    assert found["at_fpir"][0]["fnir"] is not None
    names = sorted(file.name for file in (tmp_path / "plots").iterdir())
    assert names == ["distances.png", "errors.png", "search.png"]


def test_without_the_extra_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verbs.absent() == []
    monkeypatch.setattr(verbs, "NEEDED", ("numpy", "onnxruntime_absent"))
    parser = argparse.ArgumentParser()
    verbs.face(parser)
    asked = parser.parse_args(["evaluate", "x", "--pairs", "y"])
    with pytest.raises(Mistake, match=r"not installed \(onnxruntime_absent\): `make faces`"):
        asked.func(asked)
    found = doctor._faces()
    assert found.fine  # a hub without faces is whole
    assert found.told == "not installed (onnxruntime_absent): `make faces` if wanted"
    monkeypatch.setattr(verbs, "NEEDED", ("numpy",))
    assert doctor._faces().told == "installed"
