"""Templates at rest: sealed under one key per person, rotated by one matrix per installation. Pure.

The person's key is wrapped by the site's sealing key and kept apart from the template; without
the wrapped key every copy of the template, also in a back-up made before, is unreadable. The
rotation changes no distance, so nothing is lost; it keeps a template of one site from being
compared with another's. It is no encryption: whoever holds the key can turn it back.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from hub.faces.gallery import Floats

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
PHOTOS_MOST: Final = 12
DIM_MOST: Final = 4_096
_FORM: Final = 1
_ROTATION: Final = b"linli face rotation\0"


class SealBroken(ValueError):
    """What was kept does not open: another's, of another site, damaged, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Template:
    """One person's photos as rotated embeddings, and what made them.

    ``photos``: count x dim; ``days``: the day of each photo (days since 1970), so that the console
    can say what is missing; ``calibration``: the source of the calibration in force then.
    """

    model_id: str
    calibration: str
    photos: Floats
    days: tuple[int, ...]


def wrap(person_key: bytes, site_key: bytes, person: str, nonce: bytes) -> bytes:
    """The person's key as it is kept; ``nonce``: 12 bytes of luck, used once."""
    return nonce + AESGCM(site_key).encrypt(nonce, person_key, _about("key", person))


def unwrap(wrapped: bytes, site_key: bytes, person: str) -> bytes:
    """The person's key; raises SealBroken."""
    return _open(wrapped, site_key, _about("key", person))


def seal(template: Template, person_key: bytes, person: str, nonce: bytes) -> bytes:
    """The template as it is kept; ``nonce``: 12 bytes of luck, used once under this key."""
    photos = np.ascontiguousarray(template.photos, "<f4")
    if photos.ndim != 2 or not 0 < len(photos) <= PHOTOS_MOST or len(photos) != len(template.days):
        raise ValueError("a template has 1 to 12 photos, each with its day")
    head = json.dumps(
        {
            "form": _FORM,
            "model": template.model_id,
            "calibration": template.calibration,
            "days": list(template.days),
            "dim": photos.shape[1],
        }
    ).encode()
    plain = struct.pack(">I", len(head)) + head + photos.tobytes()
    return nonce + AESGCM(person_key).encrypt(nonce, plain, _about("template", person))


def unseal(sealed: bytes, person_key: bytes, person: str) -> Template:
    """The template; raises SealBroken."""
    plain = _open(sealed, person_key, _about("template", person))
    try:
        (size,) = struct.unpack_from(">I", plain)
        head = json.loads(plain[4 : 4 + size])
        if head["form"] != _FORM or not 0 < head["dim"] <= DIM_MOST:
            raise SealBroken("the template is of a form that is not known here")
        photos = np.frombuffer(plain[4 + size :], "<f4").reshape(len(head["days"]), head["dim"])
        days = tuple(int(day) for day in head["days"])
        return Template(
            str(head["model"]), str(head["calibration"]), photos.astype(np.float32), days
        )
    except (KeyError, TypeError, ValueError, struct.error) as fault:
        raise SealBroken("the template's content is damaged") from fault


def close(plain: bytes, key: bytes, name: str, nonce: bytes) -> bytes:
    """A picture that is kept beside a template; ``nonce``: 12 bytes of luck, used once."""
    return nonce + AESGCM(key).encrypt(nonce, plain, _about("picture", name))


def reveal(sealed: bytes, key: bytes, name: str) -> bytes:
    """The picture; raises SealBroken."""
    return _open(sealed, key, _about("picture", name))


def rotation(site_key: bytes, dim: int) -> NDArray[np.float64]:
    """The site's own rotation (dim x dim, orthonormal), the same for the same key for ever.

    Made by Householder reflections of a keyed stream, in plain arithmetic: a library's random
    numbers or decompositions may change with its version, and all templates would be lost.
    """
    if not 1 < dim <= DIM_MOST:
        raise ValueError("a rotation has 2 to 4096 dimensions")
    made = np.eye(dim)
    for number in range(dim - 1):
        axis = _normal(site_key, number, dim)
        axis /= np.sqrt((axis * axis).sum())
        made -= 2 * np.outer(made @ axis, axis)
    return made


def rotate(embeddings: Floats, matrix: NDArray[np.float64]) -> Floats:
    """Embeddings (count x dim) in the site's own axes."""
    return np.asarray(embeddings.astype(np.float64) @ matrix.T, np.float32)


def _normal(key: bytes, number: int, dim: int) -> NDArray[np.float64]:
    """``dim`` numbers of about normal distribution: sums of twelve uniform ones."""
    seed = _ROTATION + struct.pack(">II", number, dim) + key
    stream = hashlib.shake_256(seed).digest(dim * 12 * 4)
    uniform = np.frombuffer(stream, ">u4").reshape(dim, 12) / 2**32
    return np.asarray(uniform.sum(axis=1) - 6.0, np.float64)


def _about(what: str, person: str) -> bytes:
    return f"linli face {what}\0{person}".encode()


def _open(sealed: bytes, key: bytes, about: bytes) -> bytes:
    if len(sealed) <= NONCE_BYTES:
        raise SealBroken("what was kept is cut off")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as fault:
        raise SealBroken("what was kept does not open with this key") from fault
