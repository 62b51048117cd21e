"""PromQL confined to namespaces: whatever is asked, each selector is held or the expression is refused."""

import re

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.analysis.promql import MAX_CHARS, MAX_OPERATORS
from casebook.evidence.prometheus.confine import confine
from casebook.evidence.source import Refused

MINE = 'namespace=~"mine",exported_namespace=~"|mine"'

CONFINED = {
    "up": f"up{{{MINE}}}",
    'up{namespace=~".*"}': f'up{{{MINE},namespace=~".*"}}',
    'up{namespace="mine"}': 'up{exported_namespace=~"|mine",namespace="mine"}',
    'up{namespace="other"}': f'up{{{MINE},namespace="other"}}',
    'up{namespace="mine",namespace="other"}': 'up{exported_namespace=~"|mine",namespace="mine",namespace="other"}',
    'up{namespace="mine",exported_namespace=~".*"}': (
        'up{exported_namespace=~".*",exported_namespace=~"|mine",namespace="mine"}'
    ),
    'up{namespace!="mine"}': f'up{{{MINE},namespace!="mine"}}',
    'up{exported_namespace="other"}': f'up{{{MINE},exported_namespace="other"}}',
    '{__name__=~".+"}': f'{{{MINE},__name__=~".+"}}',
    '{"http.requests",code="500"}': f'{{{MINE},__name__="http.requests",code="500"}}',
    'up{"a}b"="c"}': f'up{{{MINE},"a}}b"="c"}}',
    "up or up{namespace='other'}": f'up{{{MINE}}} or up{{{MINE},namespace="other"}}',
    "up # {\n or down": f"up{{{MINE}}} or down{{{MINE}}}",
    "up offset 5m": f"up{{{MINE}}} offset 5m",
    "up @ end() offset -1h": f"up{{{MINE}}} @ end() offset -1h",
    "rate(up[5m] offset 1h)": f"rate(up{{{MINE}}}[5m] offset 1h)",
    "max_over_time(rate(x[1m])[1h:5m])": f"max_over_time(rate(x{{{MINE}}}[1m])[1h:5m])",
    'label_replace(up,"namespace","mine","job",".*")': f'label_replace(up{{{MINE}}}, "namespace", "mine", "job", ".*")',
    'up{a="}"}': f'up{{{MINE},a="}}"}}',
    'up{a=`"} or up`}': f'up{{{MINE},a="\\"}} or up"}}',
    'up{a="\\"} or up{b=\\""}': f'up{{{MINE},a="\\"}} or up{{b=\\""}}',
    'absent(up{namespace="other"})': f'absent(up{{{MINE},namespace="other"}})',
    'count_values("namespace", up)': f'count_values("namespace", up{{{MINE}}})',
    "a * on(x) group_left(namespace) b": f"a{{{MINE}}} * on (x) group_left (namespace) b{{{MINE}}}",
    "topk(3, -(up))": f"topk(3, -(up{{{MINE}}}))",
    "sum": f"sum{{{MINE}}}",
    "vector(1)": "vector(1)",
    "1 + 1": "1 + 1",
}

REFUSED = {
    "info(up)": "info",
    'sum(info(up, {k8s="a"}))': "info",
    'up{namespace="mine" or namespace="other"}': "matchers joined by `or`",
    "up{": "not PromQL",
    "up}{": "not PromQL",
    "": "not PromQL",
    "up offset 1e400": "not PromQL that can be checked: .*Duration",
    "WITH (x = up) x": "not PromQL",
    "up{} keep_metric_names": "not PromQL",
    'up{namespace="mine"}; drop': "not PromQL",
    'up{a="\x00"}': "control characters",
    'up{a="\\x01"}': "control characters",
    "-" * (MAX_OPERATORS + 1) + "up": "operators",
    "(" * (MAX_OPERATORS + 1) + "up" + ")" * (MAX_OPERATORS + 1): "operators",
    "u" * (MAX_CHARS + 1): "characters",
}


def written(expression: str) -> str:
    """The expression as the parser writes it: matchers by name, on one line."""
    return " ".join(line.strip() for line in promql_parser.parse(expression).prettify().split("\n"))


@pytest.mark.parametrize("expression", CONFINED)
def test_every_selector_is_held(expression: str) -> None:
    assert confine(expression, ["mine"]) == written(CONFINED[expression])


@pytest.mark.parametrize("expression", REFUSED, ids=lambda one: one[:40])
def test_what_cannot_be_confined_is_refused_with_the_reason(expression: str) -> None:
    with pytest.raises(Refused, match=REFUSED[expression]):
        confine(expression, ["mine"])


@pytest.mark.parametrize("namespaces", [[], ["a.*"], ["a|b"], ['a"}'], [""], ["mine", "UP"]])
def test_only_names_of_namespaces_become_a_matcher(namespaces: list[str]) -> None:
    with pytest.raises(Refused, match="namespace"):
        confine("up", namespaces)


def test_several_namespaces_are_one_matcher_in_a_fixed_order() -> None:
    assert confine("up", ["b", "a"]) == 'up{exported_namespace=~"|a|b",namespace=~"a|b"}'
    assert confine("up", ["b", "a", "b"]) == confine("up", ["a", "b"])


@pytest.mark.parametrize("expression", CONFINED)
def test_what_is_confined_stays_as_it_is(expression: str) -> None:
    once = confine(expression, ["mine", "ours"])
    assert confine(once, ["mine", "ours"]) == once


labels = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
quoted = labels.map(lambda text: text.replace("\\", "\\\\").replace('"', '\\"'))
matchers = st.builds(lambda name, value: f'{name}="{value}"', st.sampled_from(["a", "namespace", '"u.v"']), quoted)
selectors = st.builds(
    lambda name, inner, rest: f"{name}{{{','.join(inner)}}}{rest}",
    st.sampled_from(["up", "a:b"]),
    st.lists(matchers, max_size=3),
    st.sampled_from(["", " offset 5m", " @ start()", " @ 12 offset -1m"]),
)
expressions = st.recursive(
    selectors,
    lambda inner: st.one_of(
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["or", "and", "unless", "+", "> bool", "^"]), inner),
        st.builds("max_over_time(({})[5m:1m])".format, inner),
        st.builds("sum by (namespace) ({})".format, inner),
        st.builds('label_replace({}, "namespace", "other", "a", "}}{{")'.format, inner),
    ),
    max_leaves=6,
)


@given(expressions)
def test_whatever_is_written_each_selector_of_what_is_sent_is_held(expression: str) -> None:
    sent = promql_parser.parse(confine(expression, ["mine"]))
    selectors_ = []
    promql_parser.walk(sent, selectors_.append)
    held = [node for node in selectors_ if isinstance(node, promql_parser.VectorSelector)]
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", expression)
    assert len(held) == bare.count("up{") + bare.count("a:b{")
    for node in held:
        found = [(one.name, one.value) for one in node.matchers.matchers]
        assert ("namespace", "mine") in found
        assert ("exported_namespace", "|mine") in found
