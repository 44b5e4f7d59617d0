"""The self-audit against crowds whose distributions are known, and what is decided by it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from hub.faces import audit, calibration, decide, gallery, tails
from hub.faces.audit import Wanted
from tests.faces.crowds import Crowd
from tests.luck import examples

WANTED = Wanted(strangers=0.01, claims=0.004, misses=0.05)
NONE = calibration.none_yet("m")


class Site(NamedTuple):
    """A crowd, its enrolled people and true faces, the gallery, and what the audit said."""

    made: Crowd
    people: list[gallery.Person]
    true: NDArray[np.float64]
    held: gallery.Gallery
    told: audit.Audit


def judged(seed: int, count: int, photos: int = 3, wanted: Wanted = WANTED, **crowd: float) -> Site:
    made = Crowd(seed, **crowd)  # type: ignore[arg-type]
    people, true = made.people(count, photos)
    held = gallery.build("m", people)
    return Site(made, people, true, held, audit.audit(people, held, wanted, NONE))


# --- the prediction --------------------------------------------------------------------------


def test_strangers_let_in_are_as_many_as_predicted() -> None:
    """On strangers the audit has not seen, over several sites: within a factor of two."""
    predicted, measured, claims, claims_measured = 0.0, 0.0, 0.0, 0.0
    for seed in range(6):
        made, _, _, held, told = judged(seed, 400)
        assert told.search.threshold is not None
        assert told.claim.threshold is not None
        assert told.search.by_crowd
        assert told.claim.by_crowd
        scores = np.array([held.scores(one) for one in made.probes(made.identities(1_500))])
        predicted += told.search.predicted or 0
        measured += float((scores.min(axis=1) <= told.search.threshold).mean())
        claims += told.claim.predicted or 0
        claims_measured += float((scores <= told.claim.threshold).mean()) * audit.CLAIM_MOST
    assert predicted == pytest.approx(6 * WANTED.strangers, rel=1e-6)
    assert 0.5 <= measured / predicted <= 2
    assert claims == pytest.approx(6 * WANTED.claims, rel=1e-6)
    assert 0.5 <= claims_measured / claims <= 2


FAMILY = 4
# what a community can look like: how its people are drawn, how many of them are enrolled
SHAPES: dict[str, tuple[Callable[[Crowd, int], NDArray[np.float64]], int]] = {
    "few people": (lambda made, count: made.identities(count), 110),
    "a dense third": (lambda made, count: made.dense(count, 1 / 3, 0.55), 400),
    "families": (lambda made, count: made.families(count, FAMILY, 0.6), 400),
    "crowded families": (lambda made, count: made.families(count, FAMILY, 0.4), 400),
    "all alike": (lambda made, count: made.dense(count, 1.0, 0.6), 300),
}


def ratios(shape: str, seeds: range, *, related: bool = True) -> tuple[float, float]:
    """Strangers let in and false claims, each as measured over as predicted."""
    draw, count = SHAPES[shape]
    found = np.zeros(4)
    for seed in seeds:
        made = Crowd(seed + 100)
        shots = made.photos(draw(made, count), 3)
        people = [gallery.Person(f"p{number}", one) for number, one in enumerate(shots)]
        held = gallery.build("m", people)
        homes = [range(at, min(at + FAMILY, count)) for at in range(0, count, FAMILY)]
        kin = audit.kin_of(held, homes) if "families" in shape and related else None
        told = audit.audit(people, held, WANTED, NONE, kin=kin)
        scores = np.array([held.scores(one) for one in made.probes(draw(made, 1_500))])
        at = told.search.threshold
        assert at is not None
        found += (
            told.search.predicted or 0, float((scores.min(axis=1) <= at).mean()),
            told.claim.predicted or 0 if told.claim.by_crowd else 0,
            float((scores <= told.claim.threshold).mean()) * audit.CLAIM_MOST
            if told.claim.by_crowd else 0,
        )  # fmt: skip
    return found[1] / found[0], found[3] / found[2] if found[2] else 1.0


@pytest.mark.luck
@pytest.mark.timeout(600)  # forty communities, each with strangers of its own
@pytest.mark.parametrize("shape", SHAPES)
def test_the_prediction_holds_for_communities_of_every_shape(shape: str) -> None:
    """Strangers are drawn from the same population, and belong to no resident's family."""
    search, claims = ratios(shape, range(examples(8, 40)))
    assert 0.5 <= search <= 2
    assert 0.5 <= claims <= 2


def test_relatives_counted_as_strangers_would_refuse_a_community_of_families() -> None:
    """What the families are left out for: the tail is theirs alone, and no stranger's."""
    search, claims = ratios("crowded families", range(3), related=False)
    assert search < 0.5
    assert claims < 0.5


def test_a_family_is_left_out_on_both_sides_and_a_dormitory_is_none() -> None:
    made = Crowd(1)
    people, _ = made.people(60, 3)
    held = gallery.build("m", people)
    kin = audit.kin_of(held, [[3, 4, 5], range(20, 20 + audit.FAMILY_MOST + 1)])
    assert kin.family.tolist() == [-1, -1, -1, 0, 0, 0, *[-1] * 54]
    assert (kin.near[[0, 1, 25]] == held.near[[0, 1, 25]]).all()
    far = [n for n in range(60) if n not in (3, 4, 5)]
    own = np.sort(np.linalg.norm(held.templates[far] - held.templates[4], axis=1))
    assert kin.near[4] == pytest.approx(own[: gallery.NEIGHBOURS + 1], abs=1e-4)
    told = audit.audit(people, held, WANTED, NONE, kin=kin)
    assert told.pairs == 60 * 59 - 3 * 2
    few, _ = made.people(6, 2)
    small = gallery.build("m", few)
    assert audit.audit(few, small, WANTED, NONE, kin=audit.kin_of(small, [range(6)])).pairs == 0


def test_misses_are_those_of_a_door_that_knows_fewer_photos() -> None:
    """A photo held back scores as it would where its template was never made with it."""
    _, people, _, held, _ = judged(3, 40, noise=0.045)
    everybody = np.ones(40, np.bool_)
    own, other, weights = audit._genuine(people, held, everybody)
    assert [row for row, _ in weights] == [row for row in range(40) for _ in range(3)]
    for at in (0, 58, 119):
        row, photo = divmod(at, 3)
        rest = np.delete(people[row].photos, photo, axis=0)
        fewer = [*people[:row], gallery.Person("fewer", rest), *people[row + 1 :]]
        scores = gallery.build("m", fewer).scores(people[row].photos[photo])
        assert own[at] == pytest.approx(scores[row], abs=1e-4)
        assert other[at] == pytest.approx(np.delete(scores, row).min(), abs=5e-3)


def test_a_passage_is_missed_less_than_the_audit_expects() -> None:
    """One photo against two is the worst case of several frames against three."""
    made, _, true, held, told = judged(3, 300, noise=0.045)
    assert told.search.threshold is not None
    assert told.search.missed is not None
    scores = np.array([held.scores(one) for one in made.probes(true)])
    right = scores[np.arange(300), np.arange(300)] <= told.search.threshold
    missed = 1 - float((right & (scores.argmin(axis=1) == range(300))).mean())
    assert missed < told.search.missed
    assert told.search.missed > WANTED.misses
    assert told.search.refused == "face_audit_poor"


def test_a_wider_rate_is_a_wider_threshold() -> None:
    made = Crowd(1)
    people, _ = made.people(300, 3)
    held = gallery.build("m", people)
    thresholds = [
        audit.audit(people, held, Wanted(rate, rate, 0.05), NONE).search.threshold or 0
        for rate in (0.005, 0.02, 0.2)
    ]
    assert thresholds == sorted(set(thresholds))


def test_many_photos_lower_the_misses_and_one_photo_tells_none() -> None:
    few, many, one = (judged(5, 120, photos, noise=0.045)[4] for photos in (2, 6, 1))
    assert few.search.missed is not None
    assert many.search.missed is not None
    assert many.search.missed < few.search.missed
    assert one.search.missed is None
    assert one.search.refused == "face_audit_photos"


# --- refusals --------------------------------------------------------------------------------


def test_a_search_is_refused_among_too_few() -> None:
    told = judged(1, 60)[4]
    assert (told.search.refused, told.search.threshold) == ("face_audit_few", None)


def test_a_search_is_refused_where_faces_are_too_much_alike() -> None:
    """The crowd a model confuses most: identities lie as close as a person's own photos."""
    told = judged(2, 300, spread=0.03, noise=0.05)[4]
    assert told.search.refused == "face_audit_poor"
    assert told.search.missed is not None
    assert told.search.missed > WANTED.misses
    assert judged(2, 300)[4].search.refused is None


def test_a_claim_among_few_takes_the_models_calibration() -> None:
    made = Crowd(4)
    people, _ = made.people(5, 3)
    held = gallery.build("dlib-resnet-v1", people)
    told = audit.audit(people, held, WANTED, calibration.DLIB_RESNET)
    assert told.claim.threshold == pytest.approx(0.337)  # the wanted rate over four people
    assert (told.claim.by_crowd, told.claim.refused, told.claim.missed) == (False, None, None)
    assert told.search.refused == "face_audit_few"
    strict = audit.audit(people, held, Wanted(0.01, 1e-9, 0.05), calibration.DLIB_RESNET)
    assert (strict.claim.refused, strict.claim.threshold) == ("face_audit_few", None)
    other = audit.audit(people, held, WANTED, NONE)
    assert other.claim.refused == "face_model_other"
    single = [gallery.Person(one.person, one.photos[:1]) for one in people]
    one = audit.audit(single, gallery.build("dlib-resnet-v1", single), WANTED,
                      calibration.DLIB_RESNET)  # fmt: skip
    assert one.claim.threshold == pytest.approx(0.397)


@pytest.mark.parametrize("count", [0, 1, 2, 21, 22])
def test_every_size_of_gallery_is_judged(count: int) -> None:
    told = judged(1, count)[4]
    assert told.people == count
    assert told.search.refused == "face_audit_few"
    assert told.pairs == count * (count - 1)


def test_the_scope_is_judged_against_everybody() -> None:
    made = Crowd(7)
    people, _ = made.people(400, 3)
    held = gallery.build("m", people)
    stairwell = held.mask([f"p{n}" for n in range(20)])
    narrow = audit.audit(people, held, WANTED, NONE, stairwell)
    wide = audit.audit(people, held, WANTED, NONE)
    assert narrow.pairs == 20 * 399
    assert narrow.search.threshold is not None
    assert wide.search.threshold is not None
    assert narrow.search.threshold > wide.search.threshold  # fewer people, more room
    scores = np.array([held.scores(one) for one in made.probes(made.identities(2_000))])
    share = float((scores[:, stairwell].min(axis=1) <= narrow.search.threshold).mean())
    assert WANTED.strangers / 2.5 <= share <= WANTED.strangers * 2.5


def test_twins_are_named() -> None:
    made = Crowd(8)
    people, true = made.people(300, 3)
    twin = made.photos(true[17:18] + 0.002, 3)[0]
    people.append(gallery.Person("twin", twin))
    held = gallery.build("m", people)
    told = audit.audit(people, held, WANTED, NONE)
    assert ("p17", "twin") in told.look_alikes
    assert len(told.look_alikes) <= audit.LOOK_ALIKES_MOST
    assert all(one != other for one, other in told.look_alikes)


def test_wrong_arguments_are_the_callers() -> None:
    people, _ = Crowd(1).people(3, 2)
    with pytest.raises(ValueError, match="enrolled once"):
        gallery.build("m", [*people, people[0]])
    with pytest.raises(ValueError, match="other people"):
        audit.audit(people[:2], gallery.build("m", people), WANTED, NONE)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Wanted(0.0, 0.1, 0.1)


def test_photos_are_held_back_so_that_half_remain() -> None:
    assert [len(audit.held_back(n)) for n in (0, 1, 2, 3, 6)] == [0, 0, 2, 3, 6]
    assert [len(audit.held_back(n)[0]) for n in (2, 3, 4, 6, 9)] == [1, 1, 2, 3, 3]


# --- gallery ---------------------------------------------------------------------------------


def by_hand(held: gallery.Gallery, probe: gallery.Floats) -> list[float]:
    """The score as its definition says it, one person at a time."""
    scores = []
    for j, one in enumerate(held.templates):
        rest = [x for k, x in enumerate(held.templates) if k != j]
        near = gallery.NEIGHBOURS
        around_probe = np.mean(sorted(np.linalg.norm(probe - x) for x in rest)[:near])
        around_one = np.mean(sorted(np.linalg.norm(one - x) for x in rest)[:near])
        scores.append(float(np.linalg.norm(probe - one) - (around_probe + around_one) / 2))
    return scores


def test_a_score_is_what_its_definition_says() -> None:
    made = Crowd(9)
    people, true = made.people(40, 2)
    held = gallery.build("m", people)
    for probe in (made.probes(true)[3], made.probes(made.identities(1))[0]):
        assert held.scores(probe) == pytest.approx(by_hand(held, probe), abs=1e-4)


def test_a_stranger_in_the_audit_is_one_at_the_door() -> None:
    """Leaving a resident out of the matrix gives the scores the audit takes for that stranger."""
    people, _ = Crowd(10).people(40, 2)
    whole = gallery.build("m", people)
    crowd = audit._strangers(whole, np.ones(40, np.bool_), audit.kin_of(whole, ()))
    for index in (0, 17, 39):
        without = gallery.build("m", [one for one in people if one is not people[index]])
        lowest = without.scores(people[index].template).min()
        assert crowd.nearest[index] == pytest.approx(lowest, abs=1e-4)


def test_few_people_are_compared_by_plain_distance() -> None:
    people, true = Crowd(11).people(gallery.NEIGHBOURS + 1, 2)
    held = gallery.build("m", people)
    assert not held.crowded
    probe = true[0].astype(np.float32)
    assert held.scores(probe) == pytest.approx(
        np.linalg.norm(held.templates - probe, axis=1), abs=1e-4
    )


# --- tails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["normal", "bounded", "exponential"])
def test_a_tail_tells_shares_beyond_its_sample(kind: str) -> None:
    ratios = []
    for seed in range(12):
        luck = np.random.default_rng(seed)

        def draw(count: int, luck: np.random.Generator = luck) -> NDArray[np.float64]:
            if kind == "normal":
                return luck.normal(size=count)
            if kind == "bounded":
                return np.asarray(luck.uniform(size=count) ** (1 / 3))
            return -luck.exponential(size=count)

        tail = tails.fit(draw(1_000), 1_000)
        assert tail is not None
        value = tail.value_at(0.002)
        assert tail.share(value) == pytest.approx(0.002)
        ratios.append(float((draw(200_000) <= value).mean()) / 0.002)
    assert 0.5 <= float(np.mean(ratios)) <= 2


def test_a_tail_is_its_sample_above_the_shoulder() -> None:
    values = np.arange(1_000, dtype=np.float64)
    tail = tails.fit(values, 1_000)
    assert tail is not None
    assert tail.share(499.0) == pytest.approx(0.5)
    assert tail.value_at(0.5) == pytest.approx(499.0)
    assert tail.share(-1e9) == 0.0
    assert tails.fit(values[:20], 1_000) is None
    assert tails.fit(np.zeros(500), 500) is None  # no shape in what does not differ


# --- decisions -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Site:
    return judged(12, 300)


def probe_of(made: Crowd, true: NDArray[np.float64], model: str = "m") -> decide.Probe:
    return decide.Probe(made.probes(true[None])[0], 3, model)


def test_a_claim_opens_for_its_own_people_only(site: Site) -> None:
    made, _, true, held, told = site
    resident = probe_of(made, true[5])
    assert decide.decide_claim(resident, held, ["p5"], told) == decide.Matched("p5")
    assert decide.decide_claim(resident, held, ["p4", "p5", "p6"], told) == decide.Matched("p5")
    for claimed, reason in (
        (["p6"], "face_not_matched"),
        (["nobody"], "face_not_enrolled"),
        ([], "face_claim_wide"),
        (["p1", "p2", "p3", "p4", "p5"], "face_claim_wide"),
    ):
        assert decide.decide_claim(resident, held, claimed, told) == decide.Refused(reason)


def test_a_search_names_one_of_the_scope_or_nobody(site: Site) -> None:
    made, _, true, held, told = site
    everybody = held.mask(held.people)
    resident = probe_of(made, true[5])
    assert decide.decide_search(resident, held, everybody, told) == decide.Matched("p5")
    others = everybody.copy()
    others[5] = False
    assert decide.decide_search(resident, held, others, told) == decide.Refused("face_not_matched")
    none = held.mask([])
    assert decide.decide_search(resident, held, none, told) == decide.Refused("face_not_enrolled")


def test_a_twin_is_never_guessed() -> None:
    made = Crowd(13)
    people, true = made.people(300, 3)
    people.append(gallery.Person("twin", made.photos(true[17:18], 3)[0]))
    held = gallery.build("m", people)
    told = audit.audit(people, held, WANTED, NONE)
    both = probe_of(made, true[17])
    everybody = held.mask(held.people)
    assert told.search.refused is None
    assert decide.decide_search(both, held, everybody, told) == decide.Refused("face_alike")
    assert decide.decide_claim(both, held, ["twin"], told) == decide.Matched("twin")


def test_nothing_opens_where_the_audit_refuses() -> None:
    made, _, true, held, told = judged(2, 300, spread=0.03, noise=0.05)
    probe = probe_of(made, true[0])
    found = decide.decide_search(probe, held, held.mask(held.people), told)
    assert found == decide.Refused("face_audit_poor")
    _, _, few_true, few, few_told = judged(2, 5)
    found = decide.decide_claim(probe_of(made, few_true[0]), few, ["p0"], few_told)
    assert found == decide.Refused("face_audit_few")


def test_another_models_probe_is_refused(site: Site) -> None:
    made, _, true, held, told = site
    other = probe_of(made, true[5], "n")
    short = decide.Probe(np.zeros(64, np.float32), 3, "m")
    nothing = decide.Probe(np.full(128, np.nan, np.float32), 3, "m")
    for probe in (other, short, nothing):
        refused = decide.Refused("face_model_other")
        assert decide.decide_claim(probe, held, ["p5"], told) == refused
        assert decide.decide_search(probe, held, held.mask(held.people), told) == refused
