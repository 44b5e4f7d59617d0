"""Faces over HTTP: who may, what is told, what a bad photo meets, and that no number leaks."""

import asyncio
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter
from sqlalchemy import func, select

from devices.reasons import REASONS
from hub.acts.faces import Match, note_match
from hub.acts.reading import PAGE_S
from hub.core import face_words
from hub.core.words import LANGUAGES
from hub.faces import enrol
from hub.faces.decide import Refused
from hub.faces.engine import Engine
from hub.faces.keystore import NAME, KeyStore
from hub.store import tables as t
from simulators.drawn import Pose, portrait
from tests import services
from tests.faces import copies
from tests.faces.desk import Faces, asked, enrol_all, move_in
from tests.faces.walk import AGREED, ASSESSED, OCTETS, answer_faces, by_a_phone, prepare
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench


async def send_photo(bench: HubBench, content: bytes, person: str = "p-2") -> Any:
    path = f"/api/v1/people/{person}/face/photos"
    return await bench.http.post(path, content=content, headers=OCTETS)


async def post(bench: HubBench, path: str, body: Any = None) -> Any:
    return await bench.http.post(f"/api/v1/{path}", json=body, headers=CLIENT)


async def test_every_page_answers(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await answer_faces(bench, await bench.phone("p-1"))


async def test_who_may_do_what(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await bench.http.post("/api/v1/staff/sign-out", headers=CLIENT)
        await bench.administrator("desk", "property_staff")
        assert (await bench.http.get("/api/v1/faces")).status_code == 200
        assert (await post(bench, "people/p-2/face/consent", AGREED)).status_code == 200
        for method, path, body in (
            ("PUT", "faces/assessment", ASSESSED), ("PUT", "faces/doors/d-1", {"mode": "off"}),
            ("GET", "faces/log", None), ("POST", "faces/report", {}), ("POST", "faces/signs", {}),
        ):  # fmt: skip
            told = await bench.http.request(method, f"/api/v1/{path}", json=body, headers=CLIENT)
            assert told.json()["code"] == "not_allowed", path
        await bench.http.post("/api/v1/staff/sign-out", headers=CLIENT)
        await bench.administrator("officer", "officer")
        for path in ("faces", "people/p-2/face", "faces/notice/en"):
            assert (await bench.http.get(f"/api/v1/{path}")).json()["code"] == "not_allowed"
        assert (await send_photo(bench, b"1")).json()["code"] == "not_allowed"
        assert (await post(bench, "people/p-2/face/forget", {})).json()["code"] == "not_allowed"


async def test_no_answer_holds_a_score_a_threshold_or_a_template(tmp_path: Path) -> None:
    faces = Faces()
    async with hub_bench(tmp_path) as bench:
        secret = await bench.administrator()
        await prepare(bench, faces)
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 60))
        await bench.sign_in(secret)  # three days later
        await desk.audit()
        audit = desk.roll.standing.audits[""]  # type: ignore[union-attr]
        answers = [
            (await bench.http.get("/api/v1/faces")).text,
            (await bench.http.get("/api/v1/people/r-1/face")).text,
            (await bench.http.get("/api/v1/faces/log")).text,
        ]
        told = json.loads(answers[0])["audit"]
        assert told["people"] == 60
        assert told["search"]["predicted"] == pytest.approx(audit.search.predicted)
        for one in (audit.claim.threshold, audit.search.threshold):
            assert one is not None
            for text in answers:
                assert f"{one:.4f}"[:6] not in text
                assert "threshold" not in text.replace('"threshold":', "", 1)
        plot = told["plot"]
        assert isinstance(plot["threshold"], int)
        places = [place["at"] for curve in ("strangers", "genuine") for place in plot[curve]]
        assert min([*places, plot["threshold"]]) == 0
        assert max([*places, plot["threshold"]]) == 1_000
        assert all(isinstance(place, int) for place in places)


async def test_an_old_notice_is_another_question(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        old = {"notice": "0", "language": "en"}
        refused = await post(bench, "people/p-2/face/consent", old)
        assert refused.json()["code"] == "face_notice_old"
        phone = await bench.phone("p-1")
        reply = await phone.send("POST", "/api/v1/me/face/consent", old)
        assert reply.body["code"] == "face_notice_old"
        await phone.send("POST", "/api/v1/me/face/consent", AGREED)
        with bench.hub.engines.read.connect() as connection:
            (kept,) = connection.execute(select(t.face_consents)).all()
        words = face_words.notice(
            "en",
            ASSESSED["controller"],
            ASSESSED["contact"],
            ASSESSED["purpose"],
            30,
        )
        assert (kept.notice_sha256, kept.giver_id) == (words.sha256, "p-1")
        assert kept.given_by.startswith("phone:")


async def test_a_new_purpose_wants_new_consents(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await post(bench, "people/p-2/face/consent", AGREED)
        again = ASSESSED | {"contact": "desk, building 2"}
        told = await bench.http.put("/api/v1/faces/assessment", json=again, headers=CLIENT)
        assert told.json()["consents"] == 1
        other = ASSESSED | {"purpose": "count who comes"}
        told = await bench.http.put("/api/v1/faces/assessment", json=other, headers=CLIENT)
        assert told.json()["consents"] == 0
        assert KeyStore(tmp_path / NAME).names() == ()


def test_a_notice_says_everything_in_three_languages() -> None:
    told = [face_words.notice(each, "C", "K", "P", 30) for each in LANGUAGES]
    assert len({one.sha256 for one in told}) == 3
    for one in told:
        text = "".join(part for pair in one.parts for part in pair)
        assert all(word in text for word in ("C", "K", "P", "30"))
        assert "{" not in text
    assert face_words.notice("en", "C", "K", "Q", 30).sha256 != told[2].sha256


async def test_a_resident_sees_and_ends_what_is_kept(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        phone = await bench.phone("p-2")
        empty = (await phone.send("GET", "/api/v1/me/face", None)).body
        assert (empty["consent"], empty["photos"], empty["matches"]) == (None, [], [])
        await by_a_phone(phone)
        await send_photo(bench, b"3")
        at_s = bench.now.timestamp()
        for person, reason in (("p-2", None), ("p-1", None), (None, "face_not_matched")):
            told = Match(at_s, "d-1", "claim", person, reason, 4, "m", "rev")
            await bench.hub.writer.submit(note_match, told)
        mine = (await phone.send("GET", "/api/v1/me/face", None)).body
        assert mine["photos"] == [{"day": "2026-11-23", "quality": "clear"}]
        assert mine["missing"] == ["photos", "days"]
        assert [one["door"]["en"] for one in mine["matches"]] == ["Gate"]
        assert (await phone.send("DELETE", "/api/v1/me/face", None)).status == 204
        after = (await phone.send("GET", "/api/v1/me/face", None)).body
        assert (after["consent"], after["photos"]) == (None, [])
        assert KeyStore(tmp_path / NAME).names() == ()
        log = (await bench.http.get("/api/v1/faces/log")).json()["matches"]
        assert [line["person"] and line["person"]["name"] for line in log] == [
            None, "沈桂芳", "陈静",
        ]  # fmt: skip


async def test_changing_ones_mind_and_photos_are_bounded(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        phone = await bench.phone("p-1")
        codes = []
        for _ in range(22):
            reply = await phone.send("POST", "/api/v1/me/face/consent", AGREED)
            codes.append(reply.body.get("code"))
            assert (await phone.send("DELETE", "/api/v1/me/face", None)).status == 204
        assert codes == [None] * 20 + ["too_many"] * 2  # withdrawing has no bound
        await post(bench, "people/p-2/face/consent", AGREED)
        tried = [(await send_photo(bench, b"face_dark")).json()["code"] for _ in range(62)]
        assert tried == ["face_dark"] * 60 + ["too_many"] * 2


async def test_looking_at_a_face_is_written_down(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await bench.http.get("/api/v1/people/p-2/face")
        await bench.http.get("/api/v1/faces/log")
        with bench.hub.engines.read.connect() as connection:
            seen = connection.execute(select(t.access_log.c.object)).scalars().all()
        assert seen == ["face:p-2", "faces"]


async def test_looking_at_who_is_like_whom_is_written_down_once_for_a_page_that_stands_open(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        secret = await bench.administrator()
        faces = Faces()
        await prepare(bench, faces)
        operator = {"Authorization": f"Bearer {bench.gate.operator_token}"}

        def looks() -> list[str]:
            with bench.hub.engines.read.connect() as connection:
                rows = connection.execute(select(t.access_log).order_by(t.access_log.c.n)).all()
            return [row.subject.partition(":")[0] for row in rows if row.object == "face_pairs"]

        await bench.http.get("/api/v1/faces")
        assert looks() == []  # nobody is named
        faces.true[1] = faces.true[0] + 0.001  # twins
        await enrol_all(bench, await move_in(bench, 2))
        await bench.sign_in(secret)
        await bench.hub.recognising.audit()
        for _ in range(3):  # as the page does with each news
            told = (await bench.http.get("/api/v1/faces")).json()
            assert len(told["audit"]["look_alikes"]) == 1
        assert looks() == ["staff"]
        bench.pass_s(PAGE_S)
        await bench.http.put("/api/v1/faces/doors/d-1", json={"mode": "off"}, headers=CLIENT)
        assert looks() == ["staff", "staff"]
        await bench.http.post("/api/v1/operator/faces", headers=operator)
        assert looks() == ["staff", "staff", "operator"]


# --- what a bad photo meets ------------------------------------------------------------------


def two() -> Image.Image:
    both = Image.new("RGB", (520, 300), "white")
    both.paste(portrait(1), (0, 0))
    both.paste(portrait(2), (260, 0))
    return both


BAD: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "nobody": (lambda: Image.new("RGB", (400, 400), (120, 150, 120)), "face_none"),
    "two": (two, "face_several"),
    "far": (lambda: portrait(1, Pose(44)), "face_small"),
    "dark": (lambda: portrait(1, Pose(light=0.2)), "face_dark"),
    "bright": (lambda: portrait(1, Pose(light=1.6)), "face_bright"),
    "turned": (lambda: portrait(3, Pose(turn=1.0)), "face_turned"),
    "blurred": (lambda: portrait(1).filter(ImageFilter.GaussianBlur(4)), "face_blurred"),
}


async def with_engine(bench: HubBench, eyes: Engine) -> None:
    await bench.administrator()
    await prepare(bench)

    async def look(content: bytes) -> Any:
        return await asyncio.to_thread(enrol.portrait, content, eyes)

    bench.hub.recognising.portraits = look
    assert (await post(bench, "people/p-2/face/consent", AGREED)).status_code == 200


async def kept(bench: HubBench) -> int:
    with bench.hub.engines.read.connect() as connection:
        query = select(func.count()).select_from(t.face_templates)
        return int(connection.execute(query).scalar_one())


def as_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


async def test_a_bad_photo_is_told_in_words_and_nothing_stays(tmp_path: Path, eyes: Engine) -> None:
    async with hub_bench(tmp_path) as bench:
        await with_engine(bench, eyes)
        whole = as_jpeg(portrait(1, Pose(200)))
        huge = io.BytesIO()  # 100 megapixels in a few kilobytes
        Image.new("1", (10_000, 10_000)).save(huge, "PNG")
        files: dict[str, tuple[bytes, str]] = {
            name: (as_jpeg(draw()), code) for name, (draw, code) in BAD.items()
        }
        files |= {
            "cut": (whole[: len(whole) // 2], "photo_broken"),
            "empty": (b"", "photo_broken"),
            "text": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_broken"),
            "100 megapixels": (huge.getvalue(), "photo_large"),
        }
        for name, (content, code) in files.items():
            answer = await send_photo(bench, content)
            told = answer.json()
            assert (name, told["code"]) == (name, code)
            assert told["words"] == REASONS[code].words.as_dict()
            assert all(told["words"].values())
        assert await kept(bench) == 0
        assert (await bench.http.get("/api/v1/people/p-2/face")).json()["photos"] == []
        shown = (await send_photo(bench, whole)).json()
        assert shown["photos"] == [{"day": "2026-11-23", "quality": shown["photos"][0]["quality"]}]


async def test_a_photo_of_a_photo_is_refused_in_words_and_nothing_stays(
    tmp_path: Path, eyes: Engine
) -> None:
    """Where its edges or a screen's grid show; else whoever enrols must look, and is asked to."""
    paper = Image.new("RGB", (460, 520), "white")
    paper.paste(portrait(1, Pose(170)), (60, 70))
    held = Image.new("RGB", (760, 820), (96, 78, 60))  # a table
    held.paste(paper.rotate(4, expand=True, fillcolor=(96, 78, 60)), (120, 120))
    lit, _ = copies.screen(copies.drawn(1), random.Random(1), 2.8)
    async with hub_bench(tmp_path) as bench:
        await with_engine(bench, eyes)
        for copy in (held, lit):
            told = (await send_photo(bench, as_jpeg(copy))).json()
            assert told["code"] == "face_copied"
            assert told["words"] == REASONS["face_copied"].words.as_dict()
        assert await kept(bench) == 0
        assert (await bench.http.get("/api/v1/people/p-2/face")).json()["photos"] == []
        close = as_jpeg(portrait(1, Pose(170)))  # the same print, to its edges
        assert (await send_photo(bench, close)).status_code == 200
    words = Path(__file__).parents[2] / "hub/web/console/facewords.ts"
    page = words.read_text(encoding="utf-8")
    assert "翻拍的，看得见边框或屏幕纹时才认得出" in page


async def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await post(bench, "people/p-2/face/consent", AGREED)
        read: list[int] = []

        async def look(content: bytes) -> Any:
            read.append(len(content))
            return Refused("photo_broken")

        bench.hub.recognising.portraits = look
        assert (await send_photo(bench, b"x" * 15_000_001)).json()["code"] == "oversize"
        assert (await send_photo(bench, b"x" * 15_000_000)).json()["code"] == "photo_broken"
        assert read == [15_000_000]
        long = await bench.http.post(
            "/api/v1/people/p-2/face/consent", content=b"x" * 100_000, headers=CLIENT
        )
        assert long.json()["code"] == "oversize"  # only photos may be large


async def test_another_models_template_takes_no_photo(tmp_path: Path) -> None:
    faces = Faces()
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench, faces)
        await post(bench, "people/p-2/face/consent", AGREED)
        await send_photo(bench, b"1")
        real = faces.portraits

        async def other(content: bytes) -> Any:
            found: Any = await real(content)
            return type(found)(found.embedding, "another-model", found.gap)

        bench.hub.recognising.portraits = other
        bench.hub.recognising.model = "another-model"
        answer = await send_photo(bench, b"1")
        assert answer.json()["code"] == "face_model_other"
        shown = (await bench.http.get("/api/v1/people/p-2/face")).json()
        assert (shown["other_model"], len(shown["photos"])) == (True, 1)
        assert (await bench.http.get("/api/v1/faces")).json()["other_model"] == 1
        await bench.hub.recognising.audit()  # of the new model's people: nobody yet
        assert (await bench.http.get("/api/v1/faces")).json()["audit"]["people"] == 0


async def test_photos_that_come_together_are_all_kept(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await post(bench, "people/p-2/face/consent", AGREED)
        await asyncio.gather(*(send_photo(bench, b"1") for _ in range(4)))
        shown = (await bench.http.get("/api/v1/people/p-2/face")).json()
        assert len(shown["photos"]) == 4


async def test_photos_end_at_twelve(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench)
        await post(bench, "people/p-2/face/consent", AGREED)
        codes = [(await send_photo(bench, b"1")).json().get("code") for _ in range(13)]
        assert codes == [None] * 12 + ["face_photos_many"]


async def test_withdrawn_while_a_photo_is_looked_at(tmp_path: Path) -> None:
    faces = Faces()
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        await prepare(bench, faces)
        desk = bench.hub.recognising
        await desk.give(asked("p-2"))

        async def slowly(content: bytes) -> Any:
            await desk.withdraw("p-2", "phone:x")
            return await faces.portraits(content)

        desk.portraits = slowly
        assert (await send_photo(bench, b"1")).json()["code"] == "face_no_consent"
        assert await kept(bench) == 0
        assert len(desk.roll or ()) == 0


async def test_real_photographs_enrol(tmp_path: Path, eyes: Engine) -> None:
    try:
        photos = [services.shared_file(f"faces/{name}") for name in ("obama.jpg", "obama2.jpg")]
        both = services.shared_file("faces/two_people.jpg")
    except services.Absent as absent:
        pytest.skip(str(absent))
    async with hub_bench(tmp_path) as bench:
        await with_engine(bench, eyes)
        for photo in photos:
            assert (await send_photo(bench, photo.read_bytes())).status_code == 200
        assert (await send_photo(bench, both.read_bytes())).json()["code"] == "face_several"
        assert await kept(bench) == 1


# --- paper -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_signs_and_assessment_are_printed(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.gateways import face_paper  # noqa: PLC0415
    from hub.gateways.paper import find_font  # noqa: PLC0415

    if find_font(language) is None:
        pytest.skip("needs a CJK font: on Debian 'apt install fonts-noto-cjk'")
    seen: list[Any] = []
    drawn = face_paper.print_report, face_paper.print_signs

    def report(*told: Any) -> bytes:
        seen.append(told)
        return drawn[0](*told) if language == "zh-Hans" else b"%PDF-"

    def signs(*told: Any) -> bytes:
        seen.append(told)
        return drawn[1](*told) if language == "zh-Hans" else b"%PDF-"

    monkeypatch.setattr(face_paper, "print_report", report)
    monkeypatch.setattr(face_paper, "print_signs", signs)
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        assert (await post(bench, "faces/report", {})).json()["code"] == "face_assessment"
        assert (await post(bench, "faces/signs", {})).json()["code"] == "not_found"
        await prepare(bench)
        wish = {"mode": "claim", "purpose": "PURPOSE-OF-D1"}
        await bench.http.put("/api/v1/faces/doors/d-1", json=wish, headers=CLIENT)
        for path in ("report", "signs"):
            answer = await post(bench, f"faces/{path}", {"language": language})
            assert answer.content.startswith(b"%PDF-"), answer.text
        (title, parts, _, _), (sheets, _, _) = seen
        text = title + "".join(part for pair in parts for part in pair)
        for word in (*map(str, ASSESSED.values()), "PURPOSE-OF-D1", "100000", "30"):
            assert word in text or word.replace(".", "") in {"002", "0002", "02"}, word
        assert len(sheets) == 1
        assert any("PURPOSE-OF-D1" in line for line in sheets[0].lines)
        assert any("desk, building 1" in line for line in sheets[0].lines)
