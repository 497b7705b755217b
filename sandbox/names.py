"""Lists of common surnames, given names, patronymics and streets; people are chance combinations of them.

The apostrophes are as mixed as in real registers: Ukrainian U+2019 and U+02BC, Uzbek o‘ with U+2018 and oʻ with U+02BB.
"""

# ruff: noqa: RUF001, RUF002 - the letters are Ukrainian and Uzbek and meant to be
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NameLists:
    """Hold the names of one language and script; surnames, given names and patronymics are (man's, woman's).

    Attributes:
        given: men's names and women's names.
    """

    surnames: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, ...], tuple[str, ...]]
    patronymics: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]


def _words(names: str) -> tuple[str, ...]:
    """Read names that stand one after another."""
    return tuple(names.split())


def _both(names: str) -> tuple[tuple[str, str], ...]:
    """Read surnames that do not change with gender."""
    return tuple((name, name) for name in names.split())


def _pairs(names: str) -> tuple[tuple[str, str], ...]:
    """Read "man's/woman's" pairs."""
    return tuple((man, woman) for man, _, woman in (pair.partition("/") for pair in names.split()))


def _fathers(names: str, son: str, daughter: str) -> tuple[tuple[str, str], ...]:
    """Make patronymics of fathers' names: "Anvar o‘g‘li", "Anvar qizi"."""
    return tuple((f"{name} {son}", f"{name} {daughter}") for name in names.split())


UKRAINIAN = NameLists(
    surnames=_both(
        "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Мельник Поліщук Лисенко Руденко "
        "Мар’яненко Дем’яненко "
        "Лук’яненко Прокопʼюк В’юник Солов’яненко Ґудзь Їжак Єременко Юрченко Щербак Гончар Кучер Знахар"
    )
    + _pairs(
        "Яворський/Яворська Лебединський/Лебединська Зінов’євський/Зінов’євська Рудий/Руда Слобідський/Слобідська"
    ),
    given=(
        _words("Олександр Сергій Андрій Володимир Ігор Микола Юрій Віталій Дмитро Богдан Тарас Євген Ілля Ярослав"),
        _words("Олена Наталія Ірина Тетяна Світлана Оксана Марія Ганна Юлія Катерина Дар’я Софія Любов Вікторія"),
    ),
    patronymics=_pairs(
        "Олександрович/Олександрівна Сергійович/Сергіївна Андрійович/Андріївна Володимирович/Володимирівна "
        "Іванович/Іванівна Миколайович/Миколаївна Юрійович/Юріївна Григорович/Григорівна Ігорович/Ігорівна "
        "В’ячеславович/В’ячеславівна Лукʼянович/Лукʼянівна Дмитрович/Дмитрівна"
    ),
    streets=(
        "вулиця Сумська",
        "проспект Науки",
        "вулиця Полтавський Шлях",
        "проспект Героїв Харкова",
        "вулиця Клочківська",
        "вулиця Академіка Павлова",
        "провулок Кам’янський",
        "вулиця Зелена",
        "вулиця Шкільна",
        "вулиця Залізнична",
        "вулиця Набережна",
        "вулиця Дерев’янка",
    ),
)

UZBEK_LATIN = NameLists(
    surnames=_pairs(
        "Karimov/Karimova Yusupov/Yusupova Rahimov/Rahimova To‘xtayev/To‘xtayeva Oʻrinov/Oʻrinova "
        "G‘ofurov/G‘ofurova "
        "Jo‘rayev/Jo‘rayeva Moʻminov/Moʻminova Yo'ldoshev/Yo'ldosheva Sa’dullayev/Sa’dullayeva "
        "Nazarov/Nazarova "
        "Ergashev/Ergasheva Abdullayev/Abdullayeva Qodirov/Qodirova Xolmatov/Xolmatova Sobirov/Sobirova "
        "Ismoilov/Ismoilova"
    ),
    given=(
        _words("Anvar Botir Davron Farhod G‘ayrat Ibrohim Jasur Komil Mansur Oʻtkir Rustam Sherzod Ulug‘bek Temur"),
        _words("Aziza Barno Dilnoza Feruza Gulnora Iroda Kamola Lola Malika Nodira O‘g‘iloy Saodat Shahnoza Zulfiya"),
    ),
    patronymics=_fathers(
        "Anvar Botir Farhod G‘ani Ilhom Komil Mahmud Nodir Oʻktam Rashid Shavkat Umid", "o‘g‘li", "qizi"
    ),
    streets=(
        "Amir Temur ko‘chasi",
        "Navoiy koʻchasi",
        "Mustaqillik shoh ko‘chasi",
        "Bobur ko‘chasi",
        "Bogʻishamol koʻchasi",
        "Chilonzor ko‘chasi",
        "Beruniy ko‘chasi",
        "Qo‘yliq ko‘chasi",
        "Yangi hayot ko‘chasi",
        "Do‘stlik ko‘chasi",
    ),
)

UZBEK_CYRILLIC = NameLists(
    surnames=_pairs(
        "Каримов/Каримова Юсупов/Юсупова Раҳимов/Раҳимова Тўхтаев/Тўхтаева Ўринов/Ўринова "
        "Ғофуров/Ғофурова Жўраев/Жўраева "
        "Мўминов/Мўминова Йўлдошев/Йўлдошева Саъдуллаев/Саъдуллаева Назаров/Назарова Эргашев/Эргашева "
        "Қодиров/Қодирова "
        "Холматов/Холматова Собиров/Собирова Исмоилов/Исмоилова"
    ),
    given=(
        _words("Анвар Ботир Даврон Фарҳод Ғайрат Иброҳим Жасур Комил Мансур Ўткир Рустам Шерзод Улуғбек Темур"),
        _words("Азиза Барно Дилноза Феруза Гулнора Ирода Камола Лола Малика Нодира Ўғилой Саодат Шаҳноза Зулфия"),
    ),
    patronymics=_fathers("Анвар Ботир Фарҳод Ғани Илҳом Комил Маҳмуд Нодир Ўктам Рашид Шавкат Умид", "ўғли", "қизи"),
    streets=(
        "Амир Темур кўчаси",
        "Навоий кўчаси",
        "Мустақиллик шоҳкўчаси",
        "Бобур кўчаси",
        "Боғишамол кўчаси",
        "Чилонзор кўчаси",
        "Беруний кўчаси",
        "Қўйлиқ кўчаси",
        "Янги ҳаёт кўчаси",
        "Дўстлик кўчаси",
    ),
)
