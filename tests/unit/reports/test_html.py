"""report.html."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

import reports.html as subject
from lakedrill.parity.outcome import Difference, Outcome, Record, Slot
from reports.results import read, schema

Make = Callable[..., Path]


class _Page(HTMLParser):
    """The tags of a page, their attributes, and the text in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _render(folder: Path) -> tuple[str, _Page]:
    text = subject.render(read(folder))
    return text, _Page(text)


@pytest.fixture(params=["records", "green", "weird", "nothing"])
def folder(request: pytest.FixtureRequest, make: Make) -> Path:
    """Every sort of drill."""
    return make([] if request.param == "nothing" else request.getfixturevalue(request.param))


def test_it_asks_for_nothing(folder: Path) -> None:
    text, page = _render(folder)
    policy = next(a["content"] or "" for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    asking = ("src", "href", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href")
    assert [a[name] for _, a in page.tags for name in asking if name in a and not (a[name] or "").startswith("#")] == []
    assert not re.search(r"url\((?!#)|@import|https?://(?!adb-[12]\.)", text)
    assert {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "embed", "base"} == set()


def test_nothing_of_the_drill_is_markup(make: Make, weird: list[Record]) -> None:
    text, page = _render(make(weird))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u200d\u202e\ud800-\udfff]", text)
    for spelled in ("\\u0000\\u0008\\u001b", "\\u202egnp.exe", "\\ud800", "🦆 nightly"):
        assert spelled in text


def _decided(text: str, **objects: Any) -> dict[str, Any]:
    """What the operator decided and what the copy said, with a text wherever there is one."""
    reasons = {text: 2}
    account = {"listed": 7, "copied": 1, "unchanged": 1, "checked_only": 1, "skipped": reasons, "failed": reasons}
    rule = {"kind": text, "key": text, "where": {text: text}, "mode": "out", "reason": text, "builtin": False}
    row = {"kind": text, "path": text, "reason": text, "owner": text, "expires": text, "expired": False}
    return {
        "scope": [{**rule, "objects": 0, **objects}, {**rule, "builtin": True, "objects": 0}],
        "ignore": [{**row, "judgements": 0}, {**row, "expired": True, "judgements": 0}],
        "accounting": {text: {**account, "unread": text}},
        "manual": [{"id": text, "what": text, "steps": text, "count": 3, "found": [text], "unread": text}],
    }


def test_what_the_operator_decided_is_told(make: Make, green: list[Record]) -> None:
    text, page = _render(make(green, **_decided("x-told")))
    for words in ("Scope", "What may differ", "What the copy said of itself", "To be done by hand"):
        assert f">{words}</h2>" in text
    for words in (
        "means no object",
        "no effect",
        "ended: does not apply any more",
        "x-told",
        "can't be read: x-told",
    ):
        assert page.text.count(words) >= 1
    assert page.text.count("means no object") == 1, "what is built in may mean none"
    assert "means no object" not in _render(make(green, **_decided("x", objects=3)))[0]


def test_an_older_results_json_says_nothing_of_it(make: Make, green: list[Record]) -> None:
    text, _ = _render(make(green))
    assert not any(f'id="{name}"' in text for name in ("scope", "ignored", "accounting", "manual"))


def test_what_the_operator_wrote_is_no_markup(make: Make, green: list[Record]) -> None:
    evil = "</td><script>alert(1)</script>"
    text, page = _render(make(green, **_decided(evil)))
    assert "<script>alert" not in text
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_a_script_in_every_text_is_escaped(make: Make) -> None:
    evil = "</script><script>alert(1)</script><b x='\"'>"
    record = Record(
        evil, evil, evil, Outcome.DIFFERENT, 0, (Difference(evil, evil, {evil: evil}),), (evil,), evil, "", evil
    )
    waived = Record(evil, evil, "acl", Outcome.WAIVED, 0, reason=evil)
    expected = Record(evil, evil, "x", Outcome.EXPECTED, 0, rows=(evil,))
    side: dict[str, Any] = {"host": evil, "workspace_id": 1, "started": 1, "ended": 2, "digest": evil}
    about = {"primary": side, "secondary": side, "drill": {"id": evil, "digest": evil}}
    text, _ = _render(make([record, waived, expected], **about, tool={"name": evil, "version": evil}))
    assert "<script>alert" not in text
    assert "<b " not in text


@pytest.mark.parametrize(
    ("name", "mood", "word"),
    [("records", "bad", "Not ready"), ("green", "good", "Ready"), ("nothing", "open", "Undecided")],
)
def test_the_verdict_comes_first(make: Make, request: pytest.FixtureRequest, name: str, mood: str, word: str) -> None:
    _, page = _render(make([] if name == "nothing" else request.getfixturevalue(name)))
    header = next(attributes for tag, attributes in page.tags if tag == "header")
    assert header["class"] == f"verdict {mood}"
    title = f"{word}: east-to-west"
    assert page.text.startswith(f"{title} Drill east-to-west")
    assert re.match(rf"Drill .+?, secondary judged as standby . {word} ", page.text.removeprefix(title).strip())


def test_the_order_is_the_approvers(make: Make, records: list[Record]) -> None:
    _, page = _render(make(records))
    titles = ["Why", "Coverage", "What was compared", "Causes", "Findings", "By kind", "What was not judged"]
    found = [page.text.index(f" {title} ") for title in titles]
    assert found == sorted(found)
    assert page.text.index("How to run it again") > found[-1]


def test_undecided_is_never_green(make: Make, green: list[Record]) -> None:
    unread = Record("jobs", "unread", "acl", Outcome.UNVERIFIABLE, 1, reason="PERMISSION_DENIED")
    lost = Slot("jobs", "lost", "definition", 7)
    for given in ({"records": [*green, unread]}, {"records": green, "lost": [lost]}, {"records": []}):
        text, page = _render(make(**given))
        assert 'class="verdict open"' in text
        assert "Undecided" in page.text
    _, page = _render(make(green, lost=[lost]))
    assert "1 of 4 judgements were never made." in page.text
    assert "was not judged" in page.text
    assert subject.group("error") == subject.group("unverifiable") == "open"
    assert {o for o in Outcome if subject.group(o) == "good"} == {Outcome.EQUAL, Outcome.EXPECTED}


def test_a_part_has_no_verdict(make: Make, green: list[Record]) -> None:
    text, page = _render(make(green, narrowed={"checked": 3, "expected": 300}))
    assert 'class="verdict open"' in text
    assert "No verdict 3 of 300 judgements were asked for." in page.text
    assert "297 of 300 judgements were not asked for." in page.text
    assert "this drill: 2" in page.text


def test_one_cause_is_told_once_with_its_objects_and_fixes(make: Make) -> None:
    difference = (Difference("settings.timeout", 60, None, absent="secondary"),)
    records = [
        Record(
            "jobs",
            f"job-{n}",
            "definition",
            Outcome.DIFFERENT,
            n,
            difference,
            fix=f"lakedrill migrate --only 'jobs:{n}'",
        )
        for n in range(48)
    ]
    _, page = _render(make(records))
    assert "1 cause, 48 objects : jobs, definition at settings.timeout" in page.text
    assert "primary 60 secondary (absent)" in page.text
    assert "Fix: 48 steps" in page.text
    assert "lakedrill migrate --only 'jobs:47'" in page.text


def test_types_differ_for_the_eye(make: Make, records: list[Record]) -> None:
    text, _ = _render(make(records))
    assert "<td><code>1</code></td><td><code>&#34;1&#34;</code></td>" in text
    assert "<td><code>{&#34;a&#34;: [null, true]}</code></td><td><code>(absent)</code></td>" in text


def test_long_lists_are_cut_and_say_so(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MOST_ROWS", 300)
    follower = Record("acls", "f", "acl", Outcome.DIFFERENT, 999, because_of="jobs:0")
    records = [Record("jobs", str(n), "inventory", Outcome.MISSING, n) for n in range(301)]
    text, page = _render(make([follower, *records]))
    assert "The first 300 of 302 are shown." in page.text
    assert "302 lines, 1 of which follows from another finding." in page.text
    assert text.count('<tr data-kind="jobs"') == 300
    assert '<tr data-kind="acls"' not in text
    assert "and 101 more, in results.json" in page.text


def test_what_is_to_be_known_is_told(make: Make, records: list[Record], green: list[Record]) -> None:
    _, page = _render(make([*green, *records]))
    for told in (
        "owner kim, ticket DR-7, until 2031-01-01",
        "free text names the primary",
        "PERMISSION_DENIED: not an admin",
        "abfss://east → abfss://west",
        "Kinds of which no object was judged on either side: clusters.",
        "because of jobs:missing",
        "The primary's snapshot was 2 h 1 min old",
        "2023-11-14 22:13:20 UTC",
    ):
        assert told in page.text


def test_every_table_has_headers_and_every_field_a_label(make: Make, records: list[Record]) -> None:
    text, page = _render(make(records))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= set(ids)
    assert text.count("<label>") == sum(tag in ("select", "input") for tag, _ in page.tags)


def test_a_sliver_is_seen_and_a_share_is_not_rounded_to_all() -> None:
    found = list(subject._segments({"equal": 99_999, "missing": 1}))
    assert [segment.width > 0.4 for segment in found] == [True, True]
    assert sum(segment.width for segment in found) == pytest.approx(100)
    assert [subject._percent(segment.share) for segment in found] == ["> 99.9 %", "< 0.1 %"]
    assert subject._percent(100.0) == "100.0 %"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.6, "1 min"), (3661, "1 h 1 min"), (86400 * 3 + 7200, "3 d 2 h"), (86401, "1 d 1 s")],
)
def test_spans_of_time(seconds: float, said: str) -> None:
    assert subject._since(seconds) == said


def test_the_same_drill_gives_the_same_page(make: Make, records: list[Record]) -> None:
    folder = make(records)
    assert _render(folder)[0] == _render(folder)[0]


def _cited(node: nodes.Node) -> list[str]:
    """Return the path that a template's expression follows, from its root."""
    if isinstance(node, nodes.Getattr):
        return [*_cited(node.node), node.attr]
    return [node.name] if isinstance(node, nodes.Name) else []


def test_every_field_that_the_template_cites_is_in_the_schema() -> None:
    source = (Path(subject.__file__).parent / "html" / "report.html.j2").read_text()
    tree = Environment(autoescape=True).parse(source)
    cited = {tuple(_cited(node)) for node in tree.find_all(nodes.Getattr)}
    known = {
        "results": schema(),
        "narrowed": schema()["properties"]["narrowed"],
        "side": schema()["$defs"]["side"],
        "finding": schema()["$defs"]["finding"],
        "cause": schema()["$defs"]["cause"],
    }
    checked = 0
    for path in cited:
        # `row.finding.key` and `each.cause.kind`: what follows a name that stands for a part of the document
        start = next((n for n, name in enumerate(path[:-1]) if name in known), None)
        if start is None:
            continue
        node = known[path[start]]
        for name in path[start + 1 :]:
            assert name in node["properties"], ".".join(path)
            node = node["properties"][name]
            checked += 1
    assert checked > 25
