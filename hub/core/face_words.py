"""What people are told of faces: the notice before a consent, the sign at a door, the assessment.

A consent keeps the notice's version and the hash of the very text that was shown. Whoever changes
a word of it raises the version. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hub.core.words import LANGUAGES

NOTICE_VERSION = "1"
_Text = tuple[str, str, str]

_NOTICE: tuple[tuple[_Text, _Text], ...] = (
    (("谁负责", "誰負責", "Who answers for it"),
     ("{controller}。有问题请找：{contact}。", "{controller}。有問題請找：{contact}。",
      "{controller}. Questions go to: {contact}.")),
    (("做什么用", "做什麼用", "What it is for"),
     ("{purpose}。只在门口核对是不是本人，不作别的用。",
      "{purpose}。只在門口核對是不是本人，不作別的用。",
      "{purpose}. At a door it is only checked whether it is you; it serves nothing else.")),
    (("怎么做", "怎麼做", "How it works"),
     ("从照片算出一组数字，照片当场丢掉。数字加密存在社区自己的主机里，不上网，不进云。",
      "從照片算出一組數字，照片當場丟掉。數字加密存在社區自己的主機裡，不上網，不進雲端。",
      ("Numbers are computed from a photo, and the photo is dropped at once. The numbers are kept "
      "sealed on the community's own hub; they go neither to the internet nor to a cloud."))),
    (("保存多久", "保存多久", "How long it is kept"),
     ("到您撤回、搬走，或不再需要的那天为止。每次核对的记录留 {days} 天，没有照片。",
      "到您撤回、搬走，或不再需要的那天為止。每次核對的紀錄留 {days} 天，沒有照片。",
      ("Until you withdraw, move out, or it is needed no more. The record of each check is kept "
      "for {days} days, without a picture."))),
    (("可能的影响", "可能的影響", "What may happen"),
     ("机器会认不出您，也会认错人；长得像的人和孩子更容易出错。",
      "機器會認不出您，也會認錯人；長得像的人和孩子更容易出錯。",
      ("The machine may fail to know you, or take somebody for you; people who look alike and "
      "children more often."))),
    (("您的权利", "您的權利", "Your rights"),
     (("不同意也一样进门：刷卡、手机或密码，一样快。随时可以看、可以撤回，点一下就删，"
      "删了谁也恢复不了。"),
      ("不同意也一樣進門：感應卡、手機或密碼，一樣快。隨時可以看、可以撤回，點一下就刪，"
      "刪了誰也復原不了。"),
      ("Without consent you come in just as well: by card, phone or PIN, just as fast. You may "
      "look and withdraw at any time; one tap deletes it, and nobody can bring it back."))),
    (("未满十四岁", "未滿十四歲", "Under fourteen"),
     ("要由监护人同意。满十四岁那天自动删除，由本人再决定。",
      "要由監護人同意。滿十四歲那天自動刪除，由本人再決定。",
      "A guardian consents. On the fourteenth birthday it is deleted, and you decide yourself.")),
)  # fmt: skip

SIGN: Mapping[str, _Text] = {
    "title": ("这扇门可以刷脸", "這扇門可以刷臉", "This door can know faces"),
    "line": ("愿意刷脸的请看镜头。不愿意的请刷卡、用手机或输密码，一样快。",
             "願意刷臉的請看鏡頭。不願意的請感應卡片、用手機或輸入密碼，一樣快。",
             ("If you agreed to it, look into the camera. If not, use your card, phone or PIN: "
             "just as fast.")),
    "stranger": ("没有同意的人：画面只在内存里停留几秒，不保存，不比对。",
                 "沒有同意的人：畫面只在記憶體裡停留幾秒，不保存，不比對。",
                 "Without your consent: pictures stay in memory for seconds and are kept nowhere."),
    "promise": ("刷脸是为了方便，不是保险柜：能挡照片，挡不住录像、面具和长得像的人。",
                "刷臉是為了方便，不是保險箱：能擋照片，擋不住錄影、面具和長得像的人。",
                ("A face is a convenience, not a safe: it stops a still picture, but no film, mask "
                "or look-alike.")),
    "purpose": ("用途：{purpose}", "用途：{purpose}", "Purpose: {purpose}"),
    "who": ("负责：{controller}    联系：{contact}", "負責：{controller}    聯絡：{contact}",
            "Responsible: {controller}    Contact: {contact}"),
    "withdraw": ("撤回：手机页面“我的人脸”，或到服务台说一声。",
                 "撤回：手機頁面「我的人臉」，或到服務臺說一聲。",
                 "Withdraw: “My face” on the phone page, or a word at the desk."),
}  # fmt: skip

REPORT: Mapping[str, _Text] = {
    "title": ("人脸识别个人信息保护影响评估", "人臉辨識個人資料保護影響評估",
              "Impact assessment of face recognition"),
    "made": ("{site} · {day}", "{site} · {day}", "{site} · {day}"),
    "controller": ("处理者", "處理者", "Controller"),
    "purpose": ("目的", "目的", "Purpose"),
    "necessity": ("为什么必要，为什么没有更缓和的办法", "為什麼必要，為什麼沒有更緩和的辦法",
                  "Why it is necessary, and nothing milder does"),
    "measures": ("保护措施", "保護措施", "How people are protected"),
    "assessed": ("评估人", "評估人", "Assessed by"),
    "kept": ("保存的内容", "保存的內容", "What is kept"),
    "kept_line": (("{people} 人的加密模板，没有照片；密钥与数据库分开，不进备份，撤回即销毁。"
                  "核对记录留 {days} 天。"),
                  ("{people} 人的加密範本，沒有照片；金鑰與資料庫分開，不進備份，撤回即銷毀。"
                  "核對紀錄留 {days} 天。"),
                  ("Sealed templates of {people} people, no photo; keys apart from the database "
                  "and in no back-up, destroyed on withdrawal. Checks are kept for {days} days.")),
    "consents": ("同意与撤回", "同意與撤回", "Consents and withdrawals"),
    "consents_line": ("有效 {open}，已撤回或结束 {ended}，监护人代为同意 {guardian}。",
                      "有效 {open}，已撤回或結束 {ended}，監護人代為同意 {guardian}。",
                      "In force {open}, withdrawn or ended {ended}, by a guardian {guardian}."),
    "doors": ("用人脸的门和同等的别的办法", "用人臉的門和同等的別的辦法",
              "Doors that take faces, and their equal other ways"),
    "errors": ("实测的差错", "實測的差錯", "Errors, measured here"),
    "errors_line": (("先报是谁再核对：误认 {claim}，漏认 {claim_missed}。"
                    "只靠人脸：误认 {search}，漏认 {search_missed}，认成别人 {wrong}。"),
                    ("先報是誰再核對：誤認 {claim}，漏認 {claim_missed}。"
                    "只靠人臉：誤認 {search}，漏認 {search_missed}，認成別人 {wrong}。"),
                    ("After a claim: false {claim}, missed {claim_missed}. By the face alone: "
                    "strangers let in {search}, missed {search_missed}, mistaken {wrong}.")),
    "alike": ("长得像的住户：{n} 对。", "長得像的住戶：{n} 對。", "Pairs of look-alikes: {n}."),
    "liveness": ("活体：只挡静止的照片，未经 ISO/IEC 30107-3 认证，挡不住录像和面具。",
                 "活體：只擋靜止的照片，未經 ISO/IEC 30107-3 認證，擋不住錄影和面具。",
                 ("Liveness: stops a still picture only, is not certified to ISO/IEC 30107-3, and "
                 "stops no film and no mask.")),
    "filing": ("备案：{people} 人，满 {due} 人起三十个工作日内备案。",
               "備案：{people} 人，滿 {due} 人起三十個工作日內備案。",
               "Filing: {people} people; due within thirty working days from {due} on."),
    "unknown": ("还量不出", "還量不出", "not measured yet"),
    "never": ("不用", "不用", "not used"),
}  # fmt: skip
_WAYS: Mapping[str, _Text] = {
    "card": ("刷卡", "感應卡", "card"),
    "phone": ("手机", "手機", "phone"),
    "pin": ("密码", "密碼", "PIN"),
    "claim": ("先报是谁，再看脸", "先報是誰，再看臉", "a face after a claim"),
    "alone": ("只看脸也开", "只看臉也開", "a face alone as well"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is shown: headings with texts, its version and the hash of its words."""

    version: str
    sha256: str
    parts: tuple[tuple[str, str], ...]


def notice(language: str, controller: str, contact: str, purpose: str, days: int) -> Notice:
    """The notice of a site in a language."""
    at = LANGUAGES.index(language)
    put = {"controller": controller, "contact": contact, "purpose": purpose, "days": str(days)}
    parts = tuple((title[at], text[at].format(**put)) for title, text in _NOTICE)
    whole = "\n".join(f"{title}\n{text}" for title, text in parts)
    return Notice(NOTICE_VERSION, hashlib.sha256(whole.encode()).hexdigest(), parts)


def of(table: Mapping[str, _Text], name: str, language: str, **put: object) -> str:
    """A text of a table in a language."""
    return table[name][LANGUAGES.index(language)].format(**put)


def ways(names: tuple[str, ...], language: str) -> str:
    """Ways of a door, in words."""
    return (", " if language == "en" else "、").join(of(_WAYS, name, language) for name in names)
