"""Settings: what is wrong is named."""

from typing import Any

import pytest
from pydantic import ValidationError

from casebook.api.problems import explain
from casebook.controller.config import ControllerConfig

GOOD: dict[str, Any] = {"image": "casebook:dev", "gatewayURL": "http://casebook-gateway:8080"}


def test_little_must_be_said() -> None:
    config = ControllerConfig.model_validate(GOOD)
    assert (config.max_running, config.attempts, config.resync_seconds) == (10, 3, 30)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"image": ""}, "image"),
        ({"gatewayURL": "casebook-gateway:8080"}, "gatewayURL"),
        ({"maxRunning": 0}, "maxRunning"),
        ({"maxRuning": 3}, "maxRuning"),
        ({"imagePullPolicy": "Sometimes"}, "imagePullPolicy"),
        ({"listen": "8081"}, "listen"),
        ({"operatorNamespace": "casebook-runs"}, "operatorNamespace"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ControllerConfig.model_validate({**GOOD, **wrong})
    assert field in explain(caught.value)
