"""An agent runs only where it can neither write nor see a Secret."""

import pytest

from casebook.agent.rights import MAX_NAMESPACES, TooMuchRight, check_rights, excesses

READS = {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods", "pods/log", "configmaps"]}
BASIC = {
    "verbs": ["create"],
    "apiGroups": ["authorization.k8s.io"],
    "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
}
WHOAMI = {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]}


class FakeReviewer:
    """Answers with rules by namespace."""

    def __init__(self, rules):
        self.rules, self.asked = rules, []

    async def review(self, resource, manifest):
        self.asked.append(manifest["spec"]["namespace"])
        return {"status": {"resourceRules": self.rules.get(manifest["spec"]["namespace"], [READS, BASIC, WHOAMI])}}


@pytest.mark.parametrize(
    ("rule", "excess"),
    [
        (READS, []),
        (BASIC, []),
        (WHOAMI, []),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}, ["get secrets"]),
        ({"verbs": ["list"], "apiGroups": ["*"], "resources": ["secrets"]}, ["list secrets"]),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["*"]}, ["get *"]),
        ({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["*"]}, []),
        ({"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments"]}, ["* deployments"]),
        ({"verbs": ["get", "patch"], "apiGroups": ["apps"], "resources": ["deployments"]}, ["patch deployments"]),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/exec"]}, ["get pods/exec"]),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["nodes/proxy"]}, ["get nodes/proxy"]),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["serviceaccounts/token"]}, ["get serviceaccounts/token"]),
        ({"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"]}, ["impersonate users"]),
    ],
)  # fmt: skip
def test_what_is_too_much(rule, excess) -> None:
    assert excesses([rule]) == excess


async def test_one_bad_namespace_is_enough() -> None:
    bad = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
    reviewer = FakeReviewer({"pay": [READS, bad]})
    with pytest.raises(TooMuchRight, match="get secrets in namespace pay"):
        await check_rights(reviewer, ["shop", "pay"])
    await check_rights(reviewer, ["shop"])


async def test_the_number_of_reviews_is_bounded() -> None:
    reviewer = FakeReviewer({})
    await check_rights(reviewer, [f"n{number}" for number in range(400)])
    assert len(reviewer.asked) == MAX_NAMESPACES
