"""What a command that is interrupted says of what it may have written."""

import pytest

from oneway.cli.entry import interrupted


@pytest.mark.parametrize(("args", "told"), [
    (["sync", "m.yaml"], "writes that were made stay"),
    (["--log", "json", "sync", "m.yaml"], "writes that were made stay"),
    (["plan", "m.yaml"], "no system was written to"),
])  # fmt: skip
def test_only_a_command_that_writes_to_no_system_says_so(
    args: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert interrupted(args) == 130
    assert told in capsys.readouterr().err
