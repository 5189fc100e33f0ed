"""Made-up `profiles.toml` files: every spelling of tables and keys, comments everywhere."""

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,7}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
COMMENTS = WORDS.map(lambda words: f"# {words}")


def basic_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


STRINGS = st.one_of(
    WORDS.map(basic_string),
    st.from_regex(r"[a-z#=\[\]{}\" ]{0,12}", fullmatch=True).map(lambda text: f"'{text}'"),
    st.sampled_from(['"""\n[profiles.no]\n# no comment\n"""', "'''\ndefault = 1\n'''", '"""a""b\\""""', '""""q""""']),
)
ARRAYS = st.lists(STRINGS, max_size=3).map(lambda items: "[\n" + "".join(f"  {item}, # ] \n" for item in items) + "]")
SETTINGS = st.fixed_dictionaries(
    {"base_url": st.just('"https://a.example.org"'), "auth": st.sampled_from(['"pat"', "'basic'"])},
    optional={
        "username": STRINGS,
        "scope": STRINGS,
        "verify": st.sampled_from(["true", "false"]),
        "timeout": st.sampled_from(["1", "2.5", "1_0"]),
        "secret": st.one_of(
            st.just('"keyring"'),
            ARRAYS.map(lambda array: f"{{ command = {array.replace(chr(10), ' ').replace('# ] ', '')} }}"),
        ),
    },
)


@dataclass(frozen=True)
class Document:
    """A file, and what is known about it."""

    text: str
    names: list[str]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A file with up to four profiles."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    lines = draw(st.lists(st.one_of(COMMENTS, st.just("")), max_size=3))
    if names and draw(st.booleans()):
        lines += [f'default = "{draw(st.sampled_from(names))}"{draw(tails())}']
    if draw(st.booleans()):
        lines += [f"[profiles]{draw(tails())}"]
        for name in names[:2]:
            lines += draw(gaps())
            lines += draw(st.one_of(inline_profile(name), dotted_profile(name)))
        rest = names[2:]
    else:
        rest = names
    for name in rest:
        lines += draw(gaps())
        lines += draw(table_profile(name))
    lines += draw(gaps())
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    end = draw(st.sampled_from(["", newline]))
    return Document(newline.join(lines).replace("\r\n", "\n").replace("\n", newline) + end, names)


def tails() -> st.SearchStrategy[str]:
    """What may follow on the line."""
    return st.one_of(st.just(""), st.just("  "), COMMENTS.map(lambda comment: f" {comment}"))


def gaps() -> st.SearchStrategy[list[str]]:
    """What may lie between statements."""
    return st.lists(st.one_of(COMMENTS, st.just(""), st.just("\t")), max_size=3)


@st.composite
def table_profile(draw: st.DrawFn, name: str) -> list[str]:
    spelt = draw(st.sampled_from([name, f'"{name}"', f" {name} "]))
    lines = [f"[profiles.{spelt}]{draw(tails())}"]
    subtable = draw(st.booleans())
    for key, value in draw(SETTINGS).items():
        if not (subtable and key == "secret"):
            lines += [*draw(gaps()), f"{draw(st.sampled_from(['', '  ']))}{key} = {value}{draw(tails())}"]
    if subtable:
        lines += [*draw(gaps()), f"[profiles.{name}.secret]", f'env = "X"{draw(tails())}']
    return lines


@st.composite
def dotted_profile(draw: st.DrawFn, name: str) -> list[str]:
    dot = draw(st.sampled_from([".", " . "]))
    return [f"{name}{dot}{key} = {value}{draw(tails())}" for key, value in draw(SETTINGS).items()]


@st.composite
def inline_profile(draw: st.DrawFn, name: str) -> list[str]:
    items = [(key, value) for key, value in draw(SETTINGS).items() if "\n" not in value]
    return [f"{name} = {{ {', '.join(f'{key} = {value}' for key, value in items)} }}{draw(tails())}"]
