"""Finding, aligning and encoding faces: the ports, and what stands behind them here.

Detector: dlib's HOG, or a YuNet network that the operator supplies as a file. Points and chips:
dlib's five-point predictor. Encoder: dlib's network on onnxruntime (a tenth of dlib's own time, and
other threads go on meanwhile), or dlib itself where onnxruntime does not run. One engine belongs to
one thread or process. Pictures are uint8, rows x columns x RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import dlib
import numpy as np
from numpy.typing import NDArray

from devices.mistake import Mistake
from hub.faces import models, network, yunet
from hub.faces.calibration import Calibration
from hub.faces.geometry import Box, Found, Points

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

HOG_ID: Final = "dlib-hog"
HOG_SURE_PX: Final = 60  # narrower faces it finds one time in five, or not at all
_YUNET_SURE_PX: Final = 20
_YUNET_LEAST: Final = 0.6
_BATCH_MOST: Final = 16
_CHIP_PADDING: Final = 0.25


class Detector(Protocol):
    """Finds faces."""

    model_id: str
    sure_px: int  # width from which it finds nearly every face

    def find(self, picture: Picture, upsample: int = 0) -> list[Found]:
        """Faces, best first; ``upsample``: how often the picture is doubled before."""
        ...


class Aligner(Protocol):
    """Finds the points of a face and cuts it out upright."""

    def points(self, picture: Picture, box: Box) -> tuple[Points, Any]:
        """Eyes and nose, and the shape that ``chip`` wants."""
        ...

    def chip(self, picture: Picture, shape: Any) -> Picture:
        """The face upright, network.CHIP_PX square."""
        ...


class Encoder(Protocol):
    """Turns chips into embeddings that are compared by Euclidean distance."""

    model_id: str
    calibration: Calibration

    def encode(self, chips: Picture) -> Floats:
        """Embeddings (count x dim) of chips (count x side x side x 3)."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The three parts of one pipeline."""

    detector: Detector
    aligner: Aligner
    encoder: Encoder


class HogDetector:
    """dlib's frontal detector on the picture's luminance."""

    def __init__(self) -> None:
        self.model_id = HOG_ID
        self.sure_px = HOG_SURE_PX
        self._find = dlib.get_frontal_face_detector()

    def find(self, picture: Picture, upsample: int = 0) -> list[Found]:
        """See Detector; a score of 0 is the detector's own bar."""
        boxes, scores, _ = self._find.run(grey(picture), upsample, 0.0)
        found = [
            Found(Box(box.left(), box.top(), box.right(), box.bottom()), float(score))
            for box, score in zip(boxes, scores, strict=True)
        ]
        return sorted(found, key=lambda one: -one.score)


class YunetDetector:
    """A YuNet network from the operator's file; raises Mistake for any other."""

    def __init__(self, content: bytes, threads: int = 1) -> None:
        self.model_id = models.supplied_detector(content)
        self.sure_px = _YUNET_SURE_PX
        self._session = _session(content, threads)
        self._names = [one.name for one in self._session.get_outputs()]
        wanted = {f"{kind}_{n}" for kind in ("cls", "obj", "bbox") for n in yunet.STRIDES}
        if not wanted <= set(self._names):
            raise Mistake("the detector's file is no YuNet network")
        self._entry = self._session.get_inputs()[0].name

    def find(self, picture: Picture, upsample: int = 0) -> list[Found]:
        """See Detector; it sees small faces without doubling."""
        del upsample
        given = yunet.planes(picture)
        outputs = dict(zip(self._names, self._session.run(None, {self._entry: given}), strict=True))
        return yunet.faces(outputs, given.shape[3], _YUNET_LEAST)


class FivePoints:
    """dlib's predictor of the corners of the eyes and the nose's foot, and dlib's own chips."""

    def __init__(self) -> None:
        self._predict = dlib.shape_predictor(str(models.points_weights()))

    def points(self, picture: Picture, box: Box) -> tuple[Points, Any]:
        """See Aligner."""
        shape = self._predict(picture, dlib.rectangle(box.left, box.top, box.right, box.bottom))
        at = [(float(part.x), float(part.y)) for part in shape.parts()]
        return Points(_middle(at[2], at[3]), _middle(at[0], at[1]), at[4]), shape

    def chip(self, picture: Picture, shape: Any) -> Picture:
        """See Aligner."""
        cut = dlib.get_face_chip(picture, shape, network.CHIP_PX, _CHIP_PADDING)
        return np.asarray(cut, np.uint8)


def _middle(one: tuple[float, float], two: tuple[float, float]) -> tuple[float, float]:
    return (one[0] + two[0]) / 2, (one[1] + two[1]) / 2


class OnnxEncoder:
    """dlib's network as converted by hub/faces/network.py."""

    def __init__(self, model: models.Model, content: bytes, threads: int = 1) -> None:
        self.model_id = model.model_id
        self.calibration = model.calibration
        self._session = _session(content, threads)

    def encode(self, chips: Picture) -> Floats:
        """See Encoder."""
        parts = [
            self._session.run(
                None, {network.ENTRY: chips[at : at + _BATCH_MOST].astype(np.float32)}
            )
            for at in range(0, len(chips), _BATCH_MOST)
        ]
        empty = np.zeros((0, network.DIM), np.float32)
        return np.concatenate([part[0] for part in parts]) if parts else empty


class DlibEncoder:
    """The same weights run by dlib: slow, and everything else in the process waits."""

    def __init__(self) -> None:
        self.model_id = models.ENCODER.model_id
        self.calibration = models.ENCODER.calibration
        self._network = dlib.face_recognition_model_v1(str(models.encoder_weights()))

    def encode(self, chips: Picture) -> Floats:
        """See Encoder."""
        found = [np.array(self._network.compute_face_descriptor(chip)) for chip in chips]
        return np.array(found, np.float32).reshape(len(found), network.DIM)


def grey(picture: Picture) -> Picture:
    """Luminance, by integers."""
    wide = picture.astype(np.uint16)
    return ((wide[..., 0] * 77 + wide[..., 1] * 150 + wide[..., 2] * 29) >> 8).astype(np.uint8)


def _session(content: bytes, threads: int) -> Any:
    import onnxruntime  # noqa: PLC0415 (where it does not run, dlib does)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # it greets every start with a warning about the machine
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # the library's own errors have no common parent
        raise Mistake(f"a network's file cannot be read: {type(fault).__name__}") from fault


def make(data: Path, detector: Path | None = None, weights: Path | None = None) -> Engine:
    """The best engine this machine runs, with the operator's files where given; raises Mistake."""
    try:
        model, content = models.encoder_onnx(data, weights)
        encoder: Encoder = OnnxEncoder(model, content)
    except ImportError:
        if weights is not None or detector is not None:
            raise Mistake("files of your own need onnxruntime, which does not run here") from None
        encoder = DlibEncoder()
    found: Detector = HogDetector()
    if detector is not None:
        found = YunetDetector(models.operators_file(detector))
    return Engine(found, FivePoints(), encoder)


def encode_both(encoder: Encoder, chips: list[Picture]) -> tuple[Floats, Floats]:
    """Mean embedding of each chip and its mirror, and how far the two lie apart.

    The mean is what everything compares; a wide gap tells of blur, shadow or a turned head.
    """
    if not chips:
        return np.zeros((0, network.DIM), np.float32), np.zeros(0, np.float32)
    straight = np.stack(chips)
    both = encoder.encode(np.concatenate([straight, straight[:, :, ::-1]]))
    one, mirror = both[: len(chips)], both[len(chips) :]
    gap = np.linalg.norm(one - mirror, axis=1)
    return np.asarray((one + mirror) / 2, np.float32), np.asarray(gap, np.float32)
