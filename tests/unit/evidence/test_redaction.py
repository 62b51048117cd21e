"""Credentials never get through, whatever they are written as; what is no credential always does."""

import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.evidence.redaction import redact, redact_lines, redact_text

CANARY = "Zx9kQ2vL7mTw4RbN"

FORMS = [
    "password={}",
    "PGPASSWORD={} psql -h db",
    "db.password: {}",
    "Password = {}",
    '{{"password":"{}","user":"shop"}}',
    '{{"level":"info","ctx":{{"apiKey": "{}"}}}}',
    '{{\\"client_secret\\":\\"{}\\"}}',
    "{{'token': '{}'}}",
    "level=info token={} msg=ok",
    'level=info auth_token="{}" msg=ok',
    ":secret => '{}'",
    "host=db user=shop password={} dbname=shop",
    "Server=db;User Id=shop;Password={};Database=shop",
    "postgres://shop:{}@db:5432/shop",
    "redis://:{}@cache:6379/0",
    "amqp://guest:{}@queue//",
    "mongodb://u:{}@a:27017,b:27017/x?replicaSet=r",
    "git clone https://bot:{}@git.internal/x.git",
    "Authorization: Bearer {}",
    "authorization: Basic " + base64.b64encode(f"shop:{CANARY}".encode()).decode(),
    "curl -H 'X-Api-Key: {}' http://api",
    "Cookie: session_token={}",
    "run --password {} --verbose",
    "run --db-password={}",
    "<password>{}</password>",
    "ALTER ROLE shop PASSWORD '{}'",
    "CREATE USER 'x' IDENTIFIED BY '{}'",
    "https://files/x?sig={}&v=1",
    "AWS_SECRET_ACCESS_KEY={}",
    "export API_KEY={}",
    "- name: DB_PASSWORD\n  value: {}",
    '{{"name":"STRIPE_SECRET","value":"{}"}}',
    "password: |\n  {}\nhost: db",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "key: -----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n",
]

ISSUED = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzaG9wIn0.c2lnbmF0dXJlLWNhbmFyeQ",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ya29.a0AfH6SMBx1234567890abcdef",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "glpat-AbCdEfGhIjKlMnOpQrSt",
    "xoxb-123456789012-abcdefghijkl",
    "https://hooks.slack.com/services/T000/B000/XXXXYYYYZZZZ",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "sk-proj-abcdefghijklmnopqrstuvwxyz012345",
    "SG.abcdefghijklmnopqrst.uvwxyzabcdefghijklmnop",
    "hvs.CAESIJabcdefghijklmnop",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "glsa_abcdefghijklmnopqrstuvwxyz012345",
]

BENIGN = [
    "Access denied for user 'root'@'10.0.0.1' (using password: YES)",
    'FATAL: password authentication failed for user "shop"',
    'secret "db-cred" not found',
    "couldn't find key password in Secret shop/db-cred",
    'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
    'secrets is forbidden: User "x" cannot list resource "secrets" in API group "" in the namespace "shop"',
    "Pulled image registry/api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "deployed commit 239a22d8f86d081884c7d659a2feaa0c55ad015a",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
    "request 0b0d0b5e-7a1f-4b4f-9d4e-0d8f8f0a0b0c took 12 ms",
    "idempotency_key=0b0d0b5e-7a1f-4b4f-9d4e-0d8f8f0a0b0c partition_key=eu cache_key=basket:42",
    "basic authentication required",
    "bearer authentication failed",
    "invalid token: expired",
    "unexpected token: }",
    "max_tokens=4096 prompt_tokens: 12 total_tokens=99",
    "GET http://host:8080/users/me@example.com 200",
    "{key: app, operator: In, values: [web]}",
    "secretName: web-tls",
    "secretKeyRef: {name: db, key: password}",
    "KeyError: 'currency'",
    "KeyError: 'CODE_VERSION'",
    "missing key: DB_HOST",
    "monkey=banana keyboard=us tokenizer=bpe primary_key=42",
    "POSTGRES_PASSWORD_FILE=/run/secrets/pw",
    "PWD=/app OLDPWD=/",
    "tests: pass=12 fail=0",
    "postgres://shop@db:5432/shop?sslmode=disable",
    "dial tcp: lookup db on 10.96.0.10:53: no such host",
    "- serviceAccountToken:\n    expirationSeconds: 3607",
    "password=${DB_PASSWORD} token=$(TOKEN)",
    "passwordless login is off",
    "Traceback (most recent call last):",
    "QUEUE_URL not set",
    "x509: certificate signed by unknown authority",
    "signature verification is on",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_masked(form: str) -> None:
    text = form.format(CANARY) if "{}" in form else form
    masked = redact_text(text)
    assert CANARY not in masked
    assert base64.b64encode(f"shop:{CANARY}".encode()).decode() not in masked
    assert "[redacted:" in masked


@pytest.mark.parametrize("token", ISSUED)
def test_tokens_are_known_by_their_form(token: str) -> None:
    masked = redact_text(f"using {token} now")
    assert masked.startswith("using ")
    assert masked.endswith(" now")
    assert token not in masked


@pytest.mark.parametrize("text", BENIGN)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact_text(text) == text


def test_where_a_connection_leads_stays_visible() -> None:
    assert (
        redact_text("postgres://shop:hunter2@db.prod:5432/x")
        == "postgres://shop:[redacted:url-credential]@db.prod:5432/x"
    )


noise = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
secrets = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789", min_size=12, max_size=40).map(
    lambda text: f"Q7{text}"
)
TRANSFORMATIONS = [
    lambda text: text,
    lambda text: json.dumps({"log": text}),
    lambda text: json.dumps(json.dumps({"message": text})),
    lambda text: f"2026-11-22T03:00:00Z ERROR {text}",
    lambda text: f"\x1b[31m{text}\x1b[0m",
    lambda text: text.replace("\n", "\r\n"),
    lambda text: f"prefix {text} suffix",
    lambda text: f"[{text}]",
]


@settings(max_examples=400)
@given(secret=secrets, form=st.sampled_from([form for form in FORMS if "{}" in form and "\n" not in form]),
       change=st.sampled_from(TRANSFORMATIONS), before=noise, after=noise)  # fmt: skip
def test_no_transformation_lets_a_credential_through(secret, form, change, before, after) -> None:
    text = f"{before.strip()} {change(form.format(secret))} {after.strip()}"
    assert secret not in redact_text(text)


@settings(max_examples=300)
@given(pieces=st.lists(st.sampled_from([*FORMS, *ISSUED, *BENIGN]) | noise, max_size=6), cut=st.integers(0, 300))
def test_redacting_again_changes_nothing(pieces, cut) -> None:
    text = "\n".join(piece.replace("{}", CANARY) for piece in pieces)
    once = redact_text(text)
    assert redact_text(once) == once
    shortened = redact_text(once[:cut])
    assert redact_text(shortened) == shortened


@settings(max_examples=300)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | noise | st.sampled_from([*BENIGN, *ISSUED]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["name", "value", "kind", "data", "key", "password", "token", "spec", "args"]) | noise,
        inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_redacting_a_structure_again_changes_nothing(value) -> None:
    once = redact(value)
    assert redact(once) == once


@settings(max_examples=200)
@given(lines=st.lists(noise | st.sampled_from([*BENIGN, *ISSUED]), max_size=12))
def test_lines_stay_as_many_as_they_were(lines) -> None:
    assert len(redact_lines(lines)) == len(lines)


def test_a_key_over_several_lines_of_a_log_is_masked() -> None:
    lines = [
        "start",
        "-----BEGIN PRIVATE KEY-----",
        "TUlJRXZRSUJBREFOQmdr",
        "a2hraUc5dzBCQVFFRkFB",
        "-----END PRIVATE KEY-----",
        "end",
    ]
    masked = redact_lines(lines)
    assert masked == ["start", "[redacted:private-key]", "", "", "", "end"]
    tail = redact_lines(["TUlJRXZRSUJBREFOQmdr", "a2hraUc5dzBCQVFFRkFB", "-----END PRIVATE KEY-----", "end"])
    assert "TUlJ" not in "".join(tail)
    assert tail[-1] == "end"


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "password=" * 6_000, "password='" * 5_000, "tokenizer=" * 5_000,
     "-----BEGIN PRIVATE KEY-----" * 2_000,
     "a://b:" * 8_000, "password: |\n " * 4_000, "name: x value: " * 3_500, "eyJ" * 17_000, '\\"' * 25_000 + "password",
     "bearer " * 7_000, "x-api-key" * 5_000, "<a>" * 17_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_time_grows_with_the_length_and_no_faster(text: str) -> None:
    def took(part: str) -> float:
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            redact_text(part)
            best = min(best, time.process_time() - began)
        return best

    # Quadratic time would be 16 times as much for 4 times the length.
    assert took(text) <= 8 * took(text[: len(text) // 4]) + 0.05


def test_secrets_lose_every_value_and_keep_their_keys() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": "c2hvcA=="}, "stringData": {"x": CANARY}}
    assert redact(secret)["data"] == {"user": "[redacted:secret]"}
    assert CANARY not in json.dumps(redact({"kind": "List", "items": [secret]}))


def test_environment_and_arguments() -> None:
    container = {
        "name": "api",
        "env": [
            {"name": "DB_PASSWORD", "value": CANARY},
            {"name": "SIGNING_KEY", "value": CANARY},
            {"name": "DB_HOST", "value": "db"},
            {"name": "DB_PASSWORD_REF", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            {"name": "EXPANDED_TOKEN", "value": "$(TOKEN)"},
        ],
        "args": ["--password", CANARY, "--verbose", "--token=" + CANARY],
        "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": f"Bearer {CANARY}"}]}},
    }
    redacted = redact(container)
    assert CANARY not in json.dumps(redacted)
    assert redacted["env"][2:] == container["env"][2:]
    assert redacted["args"][2] == "--verbose"


def test_config_maps_are_masked_by_key_and_looked_through_as_documents() -> None:
    config = {
        "kind": "ConfigMap",
        "data": {"API_TOKEN": CANARY, "DB_PORT": "5433", "keycloak.yaml": f"host: kc\nadmin_password: {CANARY}\n"},
    }
    redacted = redact(config)["data"]
    assert CANARY not in json.dumps(redacted)
    assert redacted["DB_PORT"] == "5433"
    assert "host: kc" in redacted["keycloak.yaml"]


def test_last_applied_configuration_is_masked_as_an_object() -> None:
    applied = json.dumps(
        {"kind": "Deployment", "spec": {"env": [{"name": "A_SECRET", "value": CANARY}], "replicas": 3}}
    )
    name = "kubectl.kubernetes.io/last-applied-configuration"
    redacted = redact({"metadata": {"annotations": {name: applied}}})["metadata"]["annotations"][name]
    assert CANARY not in redacted
    assert json.loads(redacted)["spec"]["replicas"] == 3


def test_references_to_secrets_stay() -> None:
    spec = {
        "volumes": [{"name": "tls", "secret": {"secretName": "web-tls", "items": [{"key": "token", "path": "token"}]}}],
        "imagePullSecrets": [{"name": "regcred"}],
        "tolerations": [{"key": "secret-node", "operator": "Exists"}],
        "affinity": {"topologyKey": "kubernetes.io/hostname"},
        "automountServiceAccountToken": False,
    }
    assert redact(spec) == spec


def test_text_that_cannot_be_stored_is_made_so() -> None:
    assert "\ud800" not in redact_text("broken \ud800 text")
    assert "\x00" not in redact_text("nul \x00 byte")
