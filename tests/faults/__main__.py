"""Run the fault matrix and print it: `python -m tests.faults`.

--sample N   every N-th cell only
--sockets    only the cells over real sockets
--apart      only the night on which people leave and come back by requests of their own
--in-flight N   with so many writes at once: what each ends with is printed, and laws are checked
--write      write the outcomes down as the documented ones, for a person to review
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from .kinds import APART
from .matrix import Cell, Outcome, apart, cells, ideal, socket_cells, tried, tried_over
from .sockets import listening
from .table import PAGE, as_documented, documented, written
from .world import COMING_BACK, prepared_mapping

Run = Iterator[tuple[Cell, Callable[[], Outcome]]]


def main(args: list[str]) -> int:
    """Print every cell with its outcome, and their number; return 1 where one is wrong."""
    if "--help" in args:
        print(__doc__)
        return 0
    step = int(args[args.index("--sample") + 1]) if "--sample" in args else 1
    print(f"{'call':18} {'fault':17} {'at':22} {'exit':>4} {'requests':>8}  outcome")
    outcomes: dict[Cell, Outcome] = {}
    counts: Counter[str] = Counter()
    many = int(args[args.index("--in-flight") + 1]) if "--in-flight" in args else 1
    known = {} if "--write" in args or many > 1 else documented()
    if "--apart" in args:
        return _ended(_printed(leaving_and_coming_back(step, many), {}, outcomes))
    if "--sockets" not in args:
        counts += _printed(injected(step, many), known, outcomes)
    if "--write" in args:
        PAGE.write_text(written(outcomes), encoding="utf-8")
        return 0
    print("\nover real sockets")
    counts += _printed(over_sockets(step), known, {})
    counts += _printed(leaving_and_coming_back(step, many), {}, {})
    return _ended(counts)


def _ended(counts: Counter[str]) -> int:
    print(f"\n{counts.total()} cells: {counts['as documented']} as documented,", end=" ")
    print(f"{counts['otherwise']} otherwise, {counts['broken']} that broke a law")
    return int(counts.total() != counts["as documented"])


def leaving_and_coming_back(step: int, in_flight: int) -> Run:
    """Yield every so many-th cell of a night whose people leave and come back, and change too."""
    with prepared_mapping(more=COMING_BACK, in_flight=in_flight) as prepared:
        best = ideal(prepared, apart)
        for cell in list(cells(APART))[::step]:
            yield cell, lambda cell=cell: tried(cell, prepared, best, apart)  # type: ignore[misc]


def injected(step: int, in_flight: int) -> Run:
    """Yield every so many-th cell and what runs it, over a transport that injects faults."""
    with prepared_mapping(in_flight=in_flight) as prepared:
        best = ideal(prepared)
        for cell in list(cells())[::step]:
            yield cell, lambda cell=cell: tried(cell, prepared, best)  # type: ignore[misc]


def over_sockets(step: int) -> Run:
    """Yield every so many-th cell and what runs it, over loopback sockets."""
    known = documented()
    with listening() as loopback:
        with prepared_mapping() as prepared:
            best = ideal(prepared)
        for cell in list(socket_cells())[::step]:
            wanted = known[as_documented(cell)]
            yield cell, lambda cell=cell, wanted=wanted: tried_over(loopback, cell, best, wanted)  # type: ignore[misc]


def _printed(run: Run, known: Mapping[Cell, str], outcomes: dict[Cell, Outcome]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for cell, act in run:
        where = f"{cell.call.value:18} {cell.fault.name:17} {cell.when:22}"
        try:
            found = act()
        except AssertionError as error:
            counts["broken"] += 1
            print(f"{where} BROKEN: {error}", flush=True)
            continue
        outcomes[cell] = found
        wanted = known.get(as_documented(cell), found.text)
        counts["as documented" if wanted == found.text else "otherwise"] += 1
        wrong = "" if wanted == found.text else f"   NOT AS DOCUMENTED: {wanted}"
        print(f"{where} {found.exit:4} {found.requests:8}  {found.text}{wrong}", flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
