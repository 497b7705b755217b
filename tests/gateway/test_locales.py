"""The catalogues of messages: none missing, none unused, the same placeholders everywhere; and which one is read."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from starlette.requests import Request

from gateway import pages
from gateway.pages import problems
from gateway.pages.language import LANGUAGE_COOKIE, accepted, catalogues, choose, offered
from gateway.pages.methods import PAGES
from gateway.profiles import SHIPPED, load_profile
from schema.access import AuditKind
from schema.profile import LinkMethod, SignInMethod
from schema.scopes import Scope

LANGUAGES: Final = ["en", "ru", "uk", "uz", "uz-Cyrl"]
CODE: Final = Path(pages.__file__).parent
TEMPLATES: Final = CODE.parent / "templates"
ENGLISH: Final = catalogues()["en"].messages


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", text))


def named_in_code() -> set[str]:
    """Collect every message that a template or a page names in full."""
    templates = "".join(path.read_text("utf-8") for path in TEMPLATES.glob("*.html"))
    code = "".join(path.read_text("utf-8") for path in CODE.glob("*.py"))
    return set(re.findall(r"\bt\('([\w.-]+)'[,)]", templates)) | set(re.findall(r'"([a-z_]+\.(?!html")[a-z_]+)"', code))


def named_by_value() -> set[str]:
    """Collect the messages that are found by a scope, an event, a way to sign in, a proof or a problem."""
    said = {*problems._WAYS.values(), *problems._REFUSALS.values(), *problems._FIELDS.values()}  # noqa: SLF001 -- the tables
    return {
        *(f"scope.{scope.value}" for scope in Scope),
        *(f"event.{kind.value}" for kind in AuditKind),
        *(f"{table}.{method.value}" for method in SignInMethod for table in ("provider", "provider_hint")),
        *(f"link.{method.value}" for method in LinkMethod),
        *(f"problem.{each}" for each in (*said, "refused", "unavailable", "system", "not_completed")),
    }


def test_catalogues_of_all_languages_ship() -> None:
    assert list(catalogues()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_messages_with_the_same_placeholders(language: str) -> None:
    messages = catalogues()[language].messages
    assert messages.keys() == ENGLISH.keys()
    assert {each: placeholders(messages[each]) for each in ENGLISH} == {
        each: placeholders(text) for each, text in ENGLISH.items()
    }
    assert [each for each, text in messages.items() if text != text.strip() or not text] == []


def test_every_message_that_is_named_exists() -> None:
    assert named_by_value() - ENGLISH.keys() == set()
    tables = {message.split(".")[0] for message in ENGLISH}
    assert {each for each in named_in_code() if each.split(".")[0] in tables} - ENGLISH.keys() == set()


def test_no_message_is_unused() -> None:
    assert ENGLISH.keys() - named_in_code() - named_by_value() == set()


@pytest.mark.parametrize(
    ("script", "templates"),
    [
        ("e-imzo.js", ["e_imzo.html"]),
        ("e-imzo-mobile.js", ["e_imzo_mobile.html"]),
        ("passkeys.js", ["passkey.html", "passkey_new.html"]),
        ("districts.js", ["link.html"]),
        ("consent.js", ["_asking.html"]),
    ],
)
def test_every_word_that_a_script_says_is_on_its_page(script: str, templates: list[str]) -> None:
    code = (CODE.parent / "static" / "pages" / script).read_text("utf-8")
    asked = {name or other for name, other in re.findall(r'\bwords\("(\w+)"\)|dataset\.text(\w+)', code)}
    attributes = {"data-text" + re.sub("([A-Z])", r"-\1", name).lower() for name in asked}
    assert attributes
    for template in templates:
        markup = (TEMPLATES / template).read_text("utf-8")
        assert {name for name in attributes if f"{name}=" not in markup} == set()


def test_languages_are_written_in_their_own_letters() -> None:
    """No Latin letter hides in a Cyrillic word, and no word of the original was left where it is not a name."""
    names = r"OneID|id\.gov\.ua|E-IMZO|e-imzo\.uz|JavaScript|SMS|ID|QR|PIN|BAIK|Mobile ?ID|BankID|passkey|\{\w+\}|%\w"
    for language in ("ru", "uk", "uz-Cyrl"):
        left = {
            each: re.findall("[A-Za-z]+", re.sub(names, "", text))
            for each, text in catalogues()[language].messages.items()
        }
        assert {each: words for each, words in left.items() if words} == {}


@pytest.mark.parametrize("profile", SHIPPED)
def test_utilities_languages_have_catalogues(profile: str) -> None:
    languages = load_profile(profile).languages
    assert set(languages) <= set(offered(languages))


def test_language_of_two_scripts_is_offered_in_both() -> None:
    assert offered(["uz", "ru", "en"]) == ["uz", "uz-Cyrl", "ru", "en"]
    assert offered(["uk", "en", "ru"]) == ["uk", "en", "ru"]


def test_utility_whose_languages_we_do_not_speak_is_shown_in_ours() -> None:
    assert offered(["kk"]) == LANGUAGES


def asked(lang: str = "", cookie: str = "", accept: str = "") -> str:
    headers = [(b"accept-language", accept.encode()), (b"cookie", f"{LANGUAGE_COOKIE}={cookie}".encode())]
    scope = {"type": "http", "headers": headers, "query_string": f"lang={lang}".encode()}
    return choose(Request(scope), ["uz", "uz-Cyrl", "ru", "en"])


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, "uz"),
        ({"accept": "en-GB,en;q=0.9"}, "en"),
        ({"accept": "de, ru;q=0.5, en;q=0.7"}, "en"),
        ({"accept": "ru;q=0, en;q=0.1"}, "en"),
        ({"accept": "uz-Cyrl-UZ"}, "uz-Cyrl"),
        ({"accept": "UZ-latn"}, "uz"),
        ({"accept": "uk"}, "uz"),
        ({"accept": "en;q=nan, ru;q=x, *;q=1"}, "uz"),
        ({"cookie": "ru", "accept": "en"}, "ru"),
        ({"lang": "uz-Cyrl", "cookie": "ru", "accept": "en"}, "uz-Cyrl"),
        ({"lang": "../../etc", "cookie": "%00", "accept": "," * 500}, "uz"),
    ],
)
def test_language_is_asked_for_remembered_preferred_or_the_first(given: dict[str, str], chosen: str) -> None:
    assert asked(**given) == chosen


def test_only_so_much_of_the_browsers_wishes_is_read() -> None:
    assert len(accepted("en," * 10_000)) < 100


def test_waits_and_moments_are_written_in_words() -> None:
    english = catalogues()["en"]
    assert [english.wait(seconds) for seconds in (1, 59, 60, 61)] == ["1 s", "59 s", "1 min", "2 min"]
    at = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
    assert (english.moment(at), catalogues()["uk"].moment(at)) == ("02/11/2026, 09:05", "02.11.2026, 09:05")


def test_every_form_has_its_page() -> None:
    assert {name for name in PAGES.values() if not (TEMPLATES / name).is_file()} == set()
