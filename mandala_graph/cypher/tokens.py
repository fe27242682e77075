"""Cypher text cut into tokens. Which tokens may follow each other, the parser says.

Keywords are no kind of their own: nearly all of them are names too (a label `Call`, a property `end`), so that only
the place of a word tells what it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mandala_graph.cypher.errors import syntax_error, unsupported
from mandala_graph.cypher.habits import CHARACTERS

__all__ = ["Tokens", "describe", "tokenize"]

END, WORD, QUOTED, STRING, NUMBER, SYMBOL = "end", "word", "quoted", "string", "number", "symbol"

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\ufe58\ufe63\uff0d"
_LEFT = "\u27e8\u3008\ufe64\uff1c"
_RIGHT = "\u27e9\u3009\ufe65\uff1e"
_SAME = {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_LEFT, "<"), **dict.fromkeys(_RIGHT, ">")}

_TOKEN = re.compile(
    rf"""
      (?P<skip>   (?: [\s\x85\u180e]+ | //[^\n\r]* | /\*(?:[^*]|\*(?!/))*+\*/ )++ )
    | (?P<word>   [^\W\d][\w$]* )
    | (?P<number> (?: 0[xX][\da-fA-F_]+ | 0o[\d_]+
                    | (?: \d[\d_]*(?:\.\d[\d_]*)? | \.\d[\d_]* )(?:[eE][+-]?\d[\d_]*)? ) (?P<tail>[\w$]*) )
    | (?P<string> '(?:[^'\\]|\\.)*+' | "(?:[^"\\]|\\.)*+" )
    | (?P<quoted> `(?:[^`]|``)*+` )
    | (?P<symbol> \.\. | :: | <= | >= | <> | =~ | != | \|\| | [-.,:;()\[\]{{}}<>=+*/%^|&!$] | [{_DASHES}{_LEFT}{_RIGHT}] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[btnfr\\'\"])")
_BACKSLASH = re.compile(r"\\u[0-9a-fA-F]{4}|\\(.)", re.DOTALL)
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_INTEGER_END = 2**63
_OPEN = {"(": ")", "[": "]", "{": "}"}


class Tokens(NamedTuple):
    """Columns over the tokens of a text; the last one is of kind `end`.

    - `kinds`: `word`, `quoted`, `string`, `number`, `symbol`, `end`.
    - `keys`: what to compare with: a word in upper case, a symbol, "" for all else.
    - `values`: a word as written, the name in backticks, the number, the string without quotes and escapes.
    - `starts`, `ends`: offsets in the text.
    - `partners`: for an opening bracket the index of the closing one; 0 where there is none.
    """

    kinds: list[str]
    keys: list[str]
    values: list[str | int | float]
    starts: list[int]
    ends: list[int]
    partners: list[int]


def tokenize(text: str) -> Tokens:
    """The tokens of a text.

    Errors: CypherSyntaxError for an unclosed quote or comment, an unknown character, escape or number.

    >>> tokenize("n.x >= 1.5").keys
    ['N', '.', 'X', '>=', '', '']
    """
    kinds: list[str] = []
    keys: list[str] = []
    values: list[str | int | float] = []
    starts: list[int] = []
    ends: list[int] = []
    partners: list[int] = []
    opened: list[int] = []
    at, size, match = 0, len(text), _TOKEN.match
    while at < size:
        m = match(text, at)
        if m is None:
            raise _unknown(text, at)
        start, at = at, m.end()
        kind = m.lastgroup
        if kind == "skip":
            continue
        word = m.group()
        value: str | int | float = word
        if kind == "word":
            key = word.upper()
        elif kind == "symbol":
            key = _SAME.get(word, word)
            if key in _OPEN:
                opened.append(len(kinds))
            elif key in ")]}" and opened and _OPEN[keys[opened[-1]]] == key:
                partners[opened.pop()] = len(kinds)
        else:
            key = ""
            if kind == "string":
                value = _unescape(text, start, word[1:-1]) if "\\" in word else word[1:-1]
            elif kind == "quoted":
                value = word[1:-1].replace("``", "`")
                if "\\u" in value:
                    value = _UNICODE.sub(lambda u: chr(int(u[1], 16)), value)
                if not value:
                    raise syntax_error(text, start, "a name between backticks cannot be empty")
            elif m["tail"] and keys and keys[-1] == "$":
                kind, key = "word", word.upper()  # the parameter $1a
            else:
                kind = "number"
                value = _number(text, start, word, m["tail"])
        kinds.append(kind or "")
        keys.append(key)
        values.append(value)
        starts.append(start)
        ends.append(at)
        partners.append(0)
    kinds.append(END)
    keys.append("")
    values.append("")
    starts.append(size)
    ends.append(size)
    partners.append(0)
    return Tokens(kinds, keys, values, starts, ends, partners)


def _unknown(text: str, at: int) -> Exception:
    c = text[at]
    if c in "'\"":
        return syntax_error(text, at, f"this string has no closing {c}")
    if c == "`":
        return syntax_error(text, at, "this name has no closing backtick")
    if text.startswith("/*", at):
        return syntax_error(text, at, "this comment has no closing */")
    if text.startswith("\\u", at):
        return unsupported(text, at, "a \\u escape outside of strings and backticks", "write the character itself")
    name = repr(c) if c.isprintable() else f"U+{ord(c):04X}"
    return syntax_error(text, at, f"{name} is no part of Cypher", CHARACTERS.get(c))


def _unescape(text: str, start: int, body: str) -> str:
    """The text that a string literal means; a backslash before anything else stands for itself, as in Neo4j."""
    if "\\u" in body:
        for m in _BACKSLASH.finditer(body):
            if m[1] == "u":
                raise syntax_error(text, start + 1 + m.start(), "expected four hexadecimal digits behind \\u")
    plain = _ESCAPE.sub(lambda m: chr(int(m[1][-4:], 16)) if len(m[1]) > 1 else _ESCAPES[m[1]], body)
    if any("\ud800" <= c <= "\udfff" for c in plain):  # two escapes of a surrogate pair are one character
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


def _number(text: str, start: int, word: str, tail: str) -> int | float:
    digits = word.replace("_", "")
    try:
        if tail in ("f", "F", "d", "D") and not digits[:-1].isdigit() and digits[1:2] not in "xXo":
            digits, tail = digits[:-1], ""  # 1.5f, 1e3d
        if tail or word.endswith("_") or "__" in word or "_." in word or "._" in word:
            raise ValueError
        if digits[:2] in ("0x", "0X", "0o"):
            value: int | float = int(digits, 0)
        elif digits.isascii() and digits.isdigit():
            if len(digits) > 1 and digits[0] == "0":
                raise ValueError
            value = int(digits) if len(digits) < 30 else _INTEGER_END * 2
        elif not digits.isascii():
            raise ValueError
        else:
            value = float(digits)
            if value == float("inf"):
                raise syntax_error(text, start, "this number is too large for a float")
    except ValueError:
        hint = "a name that begins with a digit stands in backticks" if tail and digits[0] != "0" else None
        raise syntax_error(text, start, f"{word} is no number", hint) from None
    if isinstance(value, int) and value > _INTEGER_END:
        raise syntax_error(text, start, "this integer is too large: integers have 64 bits")
    return value


def describe(tokens: Tokens, text: str, index: int) -> str:
    """A token as an error message names it."""
    if tokens.kinds[index] == END:
        return "the end of the query"
    word = text[tokens.starts[index] : tokens.ends[index]]
    return repr(word) if len(word) <= 30 and "\n" not in word else repr(word.split("\n")[0][:30]) + "..."
