"""`oneway ci`."""

import shlex
from collections.abc import Sequence
from importlib.metadata import version

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled

_STEPS = """\
oneway validate{validate}
oneway test --format {tests}
oneway prove mappings
"""

_EFFECT = """\
# A person decides about what ends with 6: more people leave or
# come back, a leaver keeps access, a guard lets more through, or
# another system or account is read or written. `same` only shows a
# record that is treated differently. A file with a new name is
# compared with what it was under its old one.
ended=0
for folder in mappings connections; do
  [ -d $folder ] || continue
{impact}
  oneway same "git:{base}" $folder --situations 5000 || true
done
exit $ended
"""
_IMPACT = """\
  oneway impact $folder --against "{base}" {files}--format markdown \\
    {limits} \\
    --fail-on systems || ended=$?
"""
_LIMITS = "--max-leavers 0 --fail-on keeps-access --fail-on rehire --fail-on guards"

_GITHUB = """\
# Written by `oneway ci github`. No step needs a secret, so a pull request can
# leak none: the commands read only files of the repository, and impact reads
# the fixtures that are named below.
name: mappings
on:
  pull_request:
    paths: ["mappings/**", "connectors/**", "connections/**"]
permissions:
  contents: read
jobs:
  mappings:
    runs-on: ubuntu-latest
    defaults: {{run: {{shell: bash}}}}
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0, persist-credentials: false}}
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
      # Keep the wheel in the repository: then nothing else that has this name
      # in a public index can run in this job.
      - run: pip install ./wheels/oneway-{version}-py3-none-any.whl
      - name: validate, test and prove
        run: |
{steps}
      - name: what the edit changes
        run: |
{effect}
"""

_GITLAB = """\
# Written by `oneway ci gitlab`. No step needs a secret, so a merge request can
# leak none: the commands read only files of the repository, and impact reads
# the fixtures that are named below.
mappings:
  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables: {{GIT_DEPTH: "0"}}
  artifacts: {{when: always, reports: {{junit: oneway-tests.xml}}}}
  script:
    # Keep the wheel in the repository: then nothing else that has this name
    # in a public index can run in this job.
    - pip install ./wheels/oneway-{version}-py3-none-any.whl
    - |
{steps}
    - |
{effect}
"""


@click.command("ci")
@click.argument("system", type=click.Choice(["github", "gitlab"]))
@click.option("--source", metavar="FILE", help="Source records that `oneway impact` reads.")
@click.option("--target", metavar="FILE", help="Target records that `oneway impact` reads.")
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="NAME=FILE",
    help="Records of a reference that `oneway impact` reads.",
)
@consoled
def command(
    *,
    console: Console,
    system: str,
    source: str | None,
    target: str | None,
    references: Sequence[str],
) -> Exit:
    """Print the workflow that checks edited mappings in CI.

    It installs the wheel that you keep in the repository, as
    `wheels/oneway-VERSION-py3-none-any.whl`. It runs validate, test, prove, impact and same, and
    needs no secrets: give --source and --target, and --reference for each table that a system
    holds, files of made-up records, for impact to compare over. It fails, so that a person
    decides, if more of these people leave or come back, if one keeps access whom the version before
    keeps out, if a guard lets more through, or if another system or account is read or written.
    Files of connections are compared as mappings are.

    \b
    Example:
      oneway ci github > .github/workflows/mappings.yml
      oneway ci gitlab --source fixtures/people.csv --target fixtures/users.json
    """
    given = (("--source", source), ("--target", target), *(("--reference", e) for e in references))
    files = "".join(f"{name} {shlex.quote(path)} " for name, path in given if path)
    github = system == "github"
    base = "origin/${GITHUB_BASE_REF}" if github else "origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    tests = "github" if github else "junit > oneway-tests.xml"
    steps = _STEPS.format(validate=" --format github" if github else "", tests=tests)
    impact = _IMPACT.format(base=base, files=files, limits=_LIMITS)
    if not (source and target):
        asked = f"oneway ci {system} --source A --target B"
        impact = f"  # oneway impact needs records:\n  # `{asked}`\n"
    effect = _EFFECT.format(base=base, impact=impact.rstrip())
    width = 10 if github else 6
    parts = {"steps": _indented(steps, width), "effect": _indented(effect, width)}
    workflow = _GITHUB if github else _GITLAB
    console.out(workflow.format(version=version("oneway"), **parts))
    return Exit.DONE


def _indented(text: str, width: int) -> str:
    return "\n".join(f"{' ' * width}{line}" if line else "" for line in text.rstrip().split("\n"))
