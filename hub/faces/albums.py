"""Labelled pictures on the disk: a folder per person, pairs in the format of LFW, groups as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from devices.mistake import Mistake
from hub.faces import photo
from hub.faces.decide import Refused
from hub.faces.engine import Engine, Floats, encode_both

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".pgm"})
PEOPLE_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures: person and number, from 1."""

    one: tuple[str, int]
    other: tuple[str, int]

    @property
    def same(self) -> bool:
        """Whether both are of one person."""
        return self.one[0] == self.other[0]


@dataclass(frozen=True, slots=True)
class Album:
    """Embeddings of every picture with a face, by person and number from 1; what had none."""

    model_id: str
    faces: Mapping[tuple[str, int], Floats]
    refused: Mapping[str, int]


def find(folder: Path) -> dict[str, list[Path]]:
    """Pictures by person; raises Mistake."""
    if not folder.is_dir():
        raise Mistake(f"{folder} is no folder")
    people = {
        one.name: sorted(file for file in one.iterdir() if file.suffix.lower() in SUFFIXES)
        for one in sorted(folder.iterdir())
        if one.is_dir()
    }
    people = {person: files for person, files in people.items() if files}
    if len(people) < PEOPLE_LEAST:
        raise Mistake(f"{folder} should hold a folder with pictures for each of several people")
    return people


def read_pairs(path: Path) -> list[Pair]:
    """Pairs as LFW writes them: `name i j`, or `name i name j`; a first line of counts is passed.

    Fields stand between tabs, or blanks where there are no tabs. Raises Mistake with the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise Mistake(f"{path} cannot be read as text") from fault
    pairs = []
    for number, line in enumerate(lines, 1):
        parts = line.strip().split("\t") if "\t" in line else line.split()
        if not parts or (number == 1 and all(part.isdigit() for part in parts)):
            continue
        try:
            if len(parts) == 3:
                pairs.append(Pair((parts[0], int(parts[1])), (parts[0], int(parts[2]))))
            elif len(parts) == 4:
                pairs.append(Pair((parts[0], int(parts[1])), (parts[2], int(parts[3]))))
            else:
                raise ValueError(len(parts))
        except ValueError as fault:
            raise Mistake(f"{path}, line {number}: `name i j` or `name i name j`") from fault
    if not pairs:
        raise Mistake(f"{path} holds no pairs")
    return pairs


def read_groups(path: Path) -> dict[str, str]:
    """Person to group from CSV lines `person,group`; raises Mistake."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise Mistake(f"{path} cannot be read as CSV") from fault
    if not all(len(row) == 2 for row in rows):
        raise Mistake(f"{path}: every line is `person,group`")
    return {person.strip(): group.strip() for person, group in rows}


def encode(people: Mapping[str, list[Path]], engine: Engine, told: Callable[[int], None]) -> Album:
    """Embed each picture's middle face; ``told`` hears how many pictures are done."""
    faces: dict[tuple[str, int], Floats] = {}
    refused: dict[str, int] = {}
    done = 0
    for person, files in people.items():
        for place, file in enumerate(files, 1):
            found = _embed(file, engine)
            if isinstance(found, Refused):
                refused[found.reason] = refused.get(found.reason, 0) + 1
            else:
                faces[person, _number(person, file, place)] = found
            done += 1
            told(done)
    return Album(engine.encoder.model_id, faces, refused)


def _number(person: str, file: Path, place: int) -> int:
    """LFW's own number where the name ends in one behind the person's, else the place."""
    tail = file.stem.removeprefix(f"{person}_")
    return int(tail) if tail.isdigit() and tail != file.stem else place


def _embed(file: Path, engine: Engine) -> Floats | Refused:
    try:
        picture = photo.read(file.read_bytes())
    except OSError:
        return Refused("photo_broken")
    if isinstance(picture, Refused):
        return picture
    found = engine.detector.find(picture) or engine.detector.find(picture, 1)
    if not found:
        return Refused("face_none")
    middle = np.array([picture.shape[1] / 2, picture.shape[0] / 2])

    def off(index: int) -> float:
        box = found[index].box
        at = np.array([box.left + box.width / 2, box.top + box.height / 2])
        return float(np.linalg.norm(at - middle)) / box.width

    box = found[min(range(len(found)), key=off)].box
    chip = engine.aligner.chip(picture, engine.aligner.points(picture, box)[1])
    return np.asarray(encode_both(engine.encoder, [chip])[0][0], np.float32)
