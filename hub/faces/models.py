"""Which models there are, where their files lie, and that they are the ones that were measured.

The weights come with the package `face_recognition_models`, which is never imported: the 100 MB of
its 68-point model must not be used here (its training set's licence excludes commerce). The face
network is converted to ONNX once into the data folder; checksums are looked at whenever a file is
read, so a damaged or exchanged file is told and never used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.mistake import Mistake
from hub.faces import calibration
from hub.faces.calibration import Calibration

FOLDER: Final = "models"
CONVERTER: Final = 1  # another way of converting makes another file


@dataclass(frozen=True, slots=True)
class Model:
    """One file of weights: its id in templates and audits, and the checksum of the file."""

    model_id: str
    sha256: str
    calibration: Calibration


ENCODER: Final = Model(
    "dlib-resnet-v1",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    calibration.DLIB_RESNET,
)
POINTS_ID: Final = "dlib-points-5"
_POINTS_SHA256: Final = "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
_ENCODER_FILE: Final = "dlib_face_recognition_resnet_model_v1.dat"
_POINTS_FILE: Final = "shape_predictor_5_face_landmarks.dat"
_PACKAGE: Final = "face_recognition_models"
_CURE: Final = "install the extra `faces` (docs/faces.md)"


def packaged(name: str, sha256: str) -> Path:
    """A file of the package of weights, found without importing it; raises Mistake."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise Mistake(f"faces need the weights of {_PACKAGE}: {_CURE}")
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise Mistake(f"{_PACKAGE} lacks {name}: {_CURE}")
    if _sha256(path.read_bytes()) != sha256:
        raise Mistake(f"{name} is not the file that was measured: {_CURE}")
    return path


def encoder_weights() -> Path:
    """dlib's own file of the face network."""
    return packaged(_ENCODER_FILE, ENCODER.sha256)


def points_weights() -> Path:
    """dlib's own file of the five-point predictor."""
    return packaged(_POINTS_FILE, _POINTS_SHA256)


def encoder_onnx(data: Path, weights: Path | None = None) -> tuple[Model, bytes]:
    """The face network as ONNX, from the data folder; made there the first time (two seconds).

    ``weights``: another file of dlib's format that the operator supplies; it has an id of its own
    and no calibration until one was measured. Raises Mistake.
    """
    if weights is None:
        source, model = encoder_weights().read_bytes(), ENCODER
    else:
        source = operators_file(weights)
        model = _supplied("dlib-resnet", source)
    made = data / FOLDER / f"{model.model_id}-{CONVERTER}.onnx"
    return model, _kept(made, lambda: _convert(source, weights))


def operators_file(path: Path, sha256: str | None = None) -> bytes:
    """A file that the operator supplies, checked where its checksum is given; raises Mistake."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise Mistake(f"{path} cannot be read: {fault.strerror}") from fault
    if sha256 is not None and _sha256(content) != sha256.lower():
        raise Mistake(f"{path} has another checksum than the settings name")
    return content


def _supplied(kind: str, content: bytes) -> Model:
    sha256 = _sha256(content)
    model_id = f"{kind}-{sha256[:12]}"
    return Model(model_id, sha256, calibration.none_yet(model_id))


def supplied_detector(content: bytes) -> str:
    """The id of a detector that the operator supplies."""
    return _supplied("yunet", content).model_id


def _convert(source: bytes, weights: Path | None) -> bytes:
    from hub.faces import network  # noqa: PLC0415 (numpy: only where faces are used)
    from hub.faces.dlib_weights import WeightsBroken  # noqa: PLC0415

    try:
        return network.convert(source)
    except WeightsBroken as fault:
        raise Mistake(f"{weights or _ENCODER_FILE}: {fault}") from fault


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file if it is whole by its checksum beside it; otherwise made anew."""
    beside = path.with_suffix(".sha256")
    try:
        content = path.read_bytes()
        if _sha256(content) == beside.read_text(encoding="ascii").strip():
            return content
    except (OSError, UnicodeDecodeError):
        pass
    content = make()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(path, content)
    _replace(beside, _sha256(content).encode())
    return content


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, also where two processes do it at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
