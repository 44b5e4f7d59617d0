"""Templates at rest: whose key is gone is gone; a rotation keeps distances and differs by site."""

import numpy as np
import pytest

from hub.faces import seal
from tests.faces.crowds import Crowd

SITE, OTHER_SITE = b"s" * 32, b"t" * 32
PERSON_KEY = b"p" * 32
NONCE = bytes(range(12))


def template(photos: int = 3) -> seal.Template:
    crowd = Crowd(1)
    shots = crowd.photos(crowd.identities(1), photos)[0]
    return seal.Template("dlib-resnet-v1", "measured", shots, tuple(range(20_000, 20_000 + photos)))


def test_a_template_comes_back_whole() -> None:
    kept = seal.seal(template(), PERSON_KEY, "ann", NONCE)
    back = seal.unseal(kept, PERSON_KEY, "ann")
    assert np.array_equal(back.photos, template().photos)
    assert (back.model_id, back.calibration, back.days) == (
        "dlib-resnet-v1", "measured", (20_000, 20_001, 20_002)
    )  # fmt: skip
    wrapped = seal.wrap(PERSON_KEY, SITE, "ann", NONCE)
    assert seal.unwrap(wrapped, SITE, "ann") == PERSON_KEY
    assert PERSON_KEY not in wrapped
    assert template().photos.tobytes()[:64] not in kept


@pytest.mark.parametrize("person", ["bob", ""])
def test_nobody_elses_opens(person: str) -> None:
    kept = seal.seal(template(), PERSON_KEY, "ann", NONCE)
    wrapped = seal.wrap(PERSON_KEY, SITE, "ann", NONCE)
    for opened in (
        lambda: seal.unseal(kept, PERSON_KEY, person),
        lambda: seal.unseal(kept, OTHER_SITE, "ann"),
        lambda: seal.unwrap(wrapped, SITE, person),
        lambda: seal.unwrap(wrapped, OTHER_SITE, "ann"),
        lambda: seal.unwrap(kept, SITE, "ann"),
    ):
        with pytest.raises(seal.SealBroken):
            opened()


def test_every_damaged_byte_is_found() -> None:
    kept = seal.seal(template(1), PERSON_KEY, "ann", NONCE)
    for at in range(0, len(kept), 37):
        broken = bytearray(kept)
        broken[at] ^= 1
        with pytest.raises(seal.SealBroken):
            seal.unseal(bytes(broken), PERSON_KEY, "ann")
    for cut in (0, 11, 12, 40, len(kept) - 1):
        with pytest.raises(seal.SealBroken):
            seal.unseal(kept[:cut], PERSON_KEY, "ann")


def test_only_sensible_templates_are_sealed() -> None:
    one = template(1)
    for photos, days in ((one.photos[:0], ()), (one.photos, (1, 2)),
                         (np.zeros((13, 8), np.float32), tuple(range(13)))):  # fmt: skip
        with pytest.raises(ValueError, match="1 to 12 photos"):
            seal.seal(seal.Template("m", "c", photos, days), PERSON_KEY, "ann", NONCE)


def test_a_rotation_keeps_every_distance_and_differs_by_site() -> None:
    crowd = Crowd(2)
    faces = crowd.photos(crowd.identities(20), 1)[:, 0]
    ours, theirs = seal.rotation(SITE, 128), seal.rotation(OTHER_SITE, 128)
    assert ours @ ours.T == pytest.approx(np.eye(128), abs=1e-12)
    turned = seal.rotate(faces, ours)
    before = np.linalg.norm(faces[:, None] - faces, axis=2)
    assert np.linalg.norm(turned[:, None] - turned, axis=2) == pytest.approx(before, abs=1e-5)
    elsewhere = seal.rotate(faces, theirs)
    same_person = np.linalg.norm(turned - elsewhere, axis=1)
    assert np.median(same_person) > 0.8 * np.median(before[before > 0])  # as far as two people


def test_a_rotation_is_the_same_for_ever() -> None:
    """All templates of a site hang on it; a change of these numbers loses them."""
    made = seal.rotation(SITE, 128)
    assert made[0, :3] == pytest.approx([0.05488189, 0.01780778, 0.00707253], abs=1e-8)
    assert made[77, 5:8] == pytest.approx([-0.08049473, -0.05955725, -0.18240835], abs=1e-8)
    with pytest.raises(ValueError, match="dimensions"):
        seal.rotation(SITE, 1)
