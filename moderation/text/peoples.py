"""The peoples a hostile passage may attack: their ordinary names and the forms found in comments.

The forms hold slurs beside plain names, because both point at the same people; whether a passage
attacks that people is decided by the model, never by this table.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from moderation.text.segmentation import Token

# Forms are normalised words (moderation.text.normalise), phrases with a space between them.
PEOPLES: dict[str, tuple[str, ...]] = {
    "Vietnamese": (
        "vietnamese", "vietnameses", "viet", "viets", "yuon", "yuons", "youn", "youns", "yoon",
        "duon", "vietnamees", "vietnamise", "viet namese", "viet cong",
        "from vietnam", "kinh", "annamite", "annamites",
    ),
    "Thai": ("thai", "thais", "siam", "siams", "siamese", "siem", "siems", "from thailand"),
    "Chinese": (
        "chinese", "chinaman", "chinamen", "chink", "chinks", "chineses", "jek", "jeks",
        "from china",
    ),
    "Lao": ("lao", "laos people", "laotian", "laotians", "laos", "from laos"),
    "Khmer": (
        "khmer", "khmers", "cambodian", "cambodians", "khmen", "scambodian", "scambodians",
        "khamen", "from cambodia",
    ),
    "Cham": ("cham", "chams"),
    "Muslims": (
        "muslim", "muslims", "moslem", "moslems", "islam", "islamic", "islamist", "islamists",
        "muzzie", "muzzies",
    ),
    "Khmer Krom": ("khmer krom", "kampuchea krom", "krom"),
    "Rohingya": ("rohingya", "rohingyas", "bengali", "bengalis"),
    "Burmese": (
        "burmese", "burmeses", "bamar", "bamars", "burman", "burmans", "myanmarese", "from burma",
        "from myanmar", "myanmar people", "myanmar ppl",
    ),
    "Highland peoples": (
        "highland", "highlander", "highlanders", "hill tribe", "hill tribes", "hilltribe",
        "hilltribes", "hill people", "montagnard", "montagnards", "phnong", "pnong", "bunong",
        "jarai", "tampuan", "kuy", "brao", "kreung", "indigenous", "mountain people",
    ),
    "Westerners": (
        "westerner", "westerners", "western", "barang", "barangs", "farang", "farangs", "foreigner",
        "foreigners", "white people", "white man", "white men", "whites", "europeans", "expat",
        "expats",
    ),
    "Indians": ("indian", "indians", "kling", "kalar", "kalars", "from india"),
    "Africans": (
        "african", "africans", "black people", "black skin", "blacks", "black man", "black men",
        "nigerian", "nigerians",
    ),
    "Jews": ("jew", "jews", "jewish", "zionist", "zionists"),
    "Roma": ("roma", "romani", "gypsy", "gypsies", "gipsies"),
    "Koreans": ("korean", "koreans"),
    "Japanese": ("japanese", "jap", "japs"),
    "Filipinos": ("filipino", "filipinos", "filipina", "filipinas", "pinoy", "pinoys"),
    "Malays": ("malay", "malays", "malaysian", "malaysians"),
    "Indonesians": ("indonesian", "indonesians"),
    "Americans": ("american", "americans", "yankee", "yankees", "yanks"),
    "French": ("french", "frenchmen", "frenchman"),
    "Russians": ("russian", "russians"),
    "Bangladeshis": ("bangladeshi", "bangladeshis"),
    "Arabs": ("arab", "arabs"),
    "Christians": ("christian", "christians"),
    "Buddhists": ("buddhist", "buddhists"),
    "Hindus": ("hindu", "hindus"),
    "Sikhs": ("sikh", "sikhs"),
    "Mexicans": ("mexican", "mexicans", "from mexico"),
    "Latinos": ("latino", "latinos", "latina", "latinas", "latinx", "hispanic", "hispanics"),
    "Pakistanis": ("pakistani", "pakistanis", "paki", "pakis", "from pakistan"),
    "Turks": ("turk", "turks", "turkish", "from turkey"),
    "Poles": ("pole", "poles", "polish", "from poland"),
    "Asians": ("asian", "asians"),
    "Hmong": ("hmong", "hmongs", "meo"),
    "Karen": ("karen", "karens"),
    "Shan": ("shan", "shans"),
    "Immigrants": (
        "immigrant", "immigrants", "migrant", "migrants", "refugee", "refugees", "asylum seeker",
        "asylum seekers", "illegals",
    ),
    # Without forms: people may name them, in labels and at the desk. The models that are shipped
    # count each form above as one word, so that a form more would change their scores.
    "Indigenous peoples": (),
    "Travellers": (),
    "Irish": (),
    "British": (),
    "Germans": (),
    "Nepalis": (),
    "Tamils": (),
    "Iranians": (),
    "Afghans": (),
    "Syrians": (),
    "Somalis": (),
    "Ethiopians": (),
    "Albanians": (),
    "Ukrainians": (),
    "Romanians": (),
    "Haitians": (),
    "Venezuelans": (),
    "Palestinians": (),
    "Israelis": (),
    "Kurds": (),
    "Dalits": (),
    "Brazilians": (),
    "Moroccans": (),
    "Bolivians": (),
    "Central Asians": (),
    "Caucasus peoples": (),
    "Uyghurs": (),
    "Tibetans": (),
    "Taiwanese": (),
}  # fmt: skip


class Mention(NamedTuple):
    """A people's name in a text: the tokens ``first`` to ``last`` (exclusive)."""

    people: str
    first: int
    last: int


def fold_name(name: str) -> str:
    """Return a name as it is compared: in small letters, without accents and extra blanks."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c for c in letters if unicodedata.category(c) != "Mn").split())


@cache
def _forms() -> dict[tuple[str, ...], str]:
    return {tuple(form.split()): people for people, forms in PEOPLES.items() for form in forms}


def mentions(tokens: Sequence[Token]) -> list[Mention]:
    """Return the peoples named, in order; the longest form wins ("khmer krom" over "khmer")."""
    forms = _forms()
    longest = max(map(len, forms))
    texts = [token.text for token in tokens]
    named: list[Mention] = []
    at = 0
    while at < len(texts):
        for length in range(min(longest, len(texts) - at), 0, -1):
            people = forms.get(tuple(texts[at : at + length]))
            if people:
                named.append(Mention(people, at, at + length))
                at += length
                break
        else:
            at += 1
    return named
