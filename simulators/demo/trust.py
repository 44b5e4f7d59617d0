"""How a phone comes to trust a town on its own network: one short page without a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

LANGUAGES: Final = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}


@dataclass(frozen=True, slots=True)
class Page:
    """What the page tells: the authority's fingerprint, where to go then, where the file is."""

    fingerprint: str
    phone_url: str
    file_path: str


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh-Hans": {
        "title": "让这部手机认识小镇",
        "lead": "手机只在安全的网页上才让用摇一摇和钥匙。这个小镇在您自己的网络里，"
        "它的证书由这台电脑自己签发，所以要请您认一次。",
        "get": "第一步：下载证书",
        "install": "第二步：安装并信任",
        "iphone": "iPhone、iPad",
        "iphone_how": "下载后打开“设置”，点“已下载描述文件”并安装。再到“通用 → 关于本机 → "
        "证书信任设置”，打开 Linli local authority。",
        "android": "安卓手机",
        "android_how": "打开“设置”，搜索“CA 证书”，选“安装证书 → CA 证书”，选中刚下载的文件。",
        "compare": "安装时请核对这串指纹：",
        "open": "第三步：打开住户页面",
        "go": "打开",
        "after": "看完以后，可以在同一个地方把证书删掉。它只能为这台电脑和私有网络的地址作保。",
        "languages": "语言",
    },
    "zh-Hant": {
        "title": "讓這部手機認識小鎮",
        "lead": "手機只在安全的網頁上才讓用搖一搖和金鑰。這個小鎮在您自己的網路裡，"
        "它的憑證由這台電腦自己簽發，所以要請您認一次。",
        "get": "第一步：下載憑證",
        "install": "第二步：安裝並信任",
        "iphone": "iPhone、iPad",
        "iphone_how": "下載後開啟「設定」，點「已下載描述檔」並安裝。再到「一般 → 關於本機 → "
        "憑證信任設定」，開啟 Linli local authority。",
        "android": "Android 手機",
        "android_how": "開啟「設定」，搜尋「CA 憑證」，選「安裝憑證 → CA 憑證」，選取剛下載的檔案。",
        "compare": "安裝時請核對這串指紋：",
        "open": "第三步：開啟住戶頁面",
        "go": "開啟",
        "after": "看完以後，可以在同一個地方把憑證刪掉。它只能為這台電腦和私有網路的位址作保。",
        "languages": "語言",
    },
    "en": {
        "title": "Let this phone know the town",
        "lead": "Phones give motion and keys only to secure pages. This town lives on your own "
        "network and this computer signed its certificate itself, so please trust it once.",
        "get": "1. Download the certificate",
        "install": "2. Install and trust it",
        "iphone": "iPhone, iPad",
        "iphone_how": "Open Settings, tap “Profile Downloaded” and install it. Then General → "
        "About → Certificate Trust Settings: switch Linli local authority on.",
        "android": "Android",
        "android_how": "Open Settings, search for “CA certificate”, choose Install a certificate → "
        "CA certificate, and pick the file.",
        "compare": "When it is installed, compare this fingerprint:",
        "open": "3. Open the residents' page",
        "go": "Open",
        "after": "Afterwards you can remove the certificate in the same place. It can only vouch "
        "for this computer and for private network addresses.",
        "languages": "Language",
    },
}

STYLE: Final = """
:root { color-scheme: light dark; --paper: #f8f3ea; --card: #fffdf9; --ink: #211e19;
  --soft: #595247; --line: #ddd3c3; --lead: #17604a; --on-lead: #ffffff; --focus: #1b5fd0; }
@media (prefers-color-scheme: dark) { :root { --paper: #191816; --card: #23211e;
  --ink: #f1ece2; --soft: #bdb4a5; --line: #45413a; --lead: #7fcbab; --on-lead: #10261d;
  --focus: #9cc1ff; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem; background: var(--paper); color: var(--ink);
  font: 112.5%/1.6 system-ui, -apple-system, "PingFang SC", "Noto Sans CJK SC",
    "Microsoft YaHei", sans-serif; }
:lang(zh-Hant) { font-family: "PingFang TC", "Noto Sans CJK TC", "Microsoft JhengHei",
  sans-serif; }
main { max-width: 32rem; margin: 0 auto; padding: 1.75rem 1.5rem; border-radius: 1.25rem;
  background: var(--card); border: 1px solid var(--line); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.3; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.1rem; }
p { margin: .5rem 0; }
dt { font-weight: 600; margin-top: .75rem; }
dd { margin: .25rem 0 0; color: var(--soft); }
a.key { display: flex; align-items: center; justify-content: center; min-height: 3.5rem;
  margin-top: .5rem; padding: .5rem 1rem; border-radius: .875rem; background: var(--lead);
  color: var(--on-lead); font-weight: 600; text-decoration: none; text-align: center; }
code { display: block; margin-top: .5rem; font-size: .889rem; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
.note { margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .889rem; color: var(--soft); }
nav { margin-top: .5rem; display: flex; flex-wrap: wrap; }
nav a { padding: .75rem .75rem .75rem 0; color: var(--soft); font-size: .889rem; }
nav a[aria-current] { color: var(--ink); text-decoration: none; font-weight: 600; }
"""


def language(asked: str | None, accepted: str) -> str:
    """The page's language: the one asked for, else the browser's first, else Chinese."""
    if asked in LANGUAGES:
        return str(asked)
    first = accepted.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip().lower()
    if first.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return "zh-Hant"
    return "en" if first and not first.startswith("zh") else "zh-Hans"


def render(page: Page, lang: str) -> str:
    """The page in a language."""
    words = {name: escape(text) for name, text in _WORDS[lang].items()}
    links = "".join(
        f'<a href="?lang={code}" hreflang="{code}" lang="{code}"'
        f"{' aria-current=true' if code == lang else ''}>{name}</a>"
        for code, name in LANGUAGES.items()
    )
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title>"
        '<link rel="stylesheet" href="/trust/style.css"></head><body><main>'
        f"<h1>{words['title']}</h1><p>{words['lead']}</p>"
        f'<h2>{words["get"]}</h2><a class="key" href="{escape(page.file_path)}">linli.crt</a>'
        f"<h2>{words['install']}</h2><dl><dt>{words['iphone']}</dt><dd>{words['iphone_how']}</dd>"
        f"<dt>{words['android']}</dt><dd>{words['android_how']}</dd></dl>"
        f"<p>{words['compare']}</p><code>{'<br>'.join(_rows(page.fingerprint))}</code>"
        f'<h2>{words["open"]}</h2><a class="key" href="{escape(page.phone_url)}">{words["go"]}</a>'
        f"<code>{escape(page.phone_url)}</code>"
        f'<p class="note">{words["after"]}</p>'
        f'<nav aria-label="{words["languages"]}">{links}</nav></main></body></html>'
    )


def _rows(fingerprint: str) -> list[str]:
    """Eight bytes a line, so that two of them can be compared by eye."""
    pairs = fingerprint.split(":")
    return [escape(":".join(pairs[at : at + 8])) for at in range(0, len(pairs), 8)]
