"""What became of the mutants: report.py RESULTS [--alive GROUP].

Prints a line for each group and names those that no test has found, with the reason that `alive.txt` gives; fails
if fewer than 95 of a hundred were found, or if one stands without a reason. With `--alive`, prints a configuration of
`cargo mutants` that has those of a group that stand without one.
"""

import json
import re
import sys
from pathlib import Path

# As `run` has them.
SHARDS = {"core": 20, "grammar": 20, "adapter": 6, "handshake": 6, "rest": 6}
SAMPLED = ("adapter", "handshake", "rest")
FOUND = ("CaughtMutant", "Timeout")


def outcomes(folder: Path) -> dict[str, str]:
    """The mutants that were tried below a folder, by name, with what became of each."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("**/mutants.out/outcomes.json")):
        for outcome in json.loads(path.read_text())["outcomes"]:
            if isinstance(outcome["scenario"], dict):
                found[outcome["scenario"]["Mutant"]["name"]] = outcome["summary"]
    return found


def of_group(results: Path, group: str) -> dict[str, str]:
    tried = outcomes(results / group)
    # The lines may have moved: of mutants that do the same in one function, all have to be found.
    for folder in (results / "again" / group).glob("*"):
        again: dict[str, set[str]] = {}
        for name, summary in outcomes(folder).items():
            again.setdefault(without_place(name), set()).add(summary)
        for name, summary in tried.items():
            if summary == "MissedMutant" and again.get(without_place(name), {"none"}) <= set(FOUND):
                tried[name] = "CaughtMutant"
    return tried


def without_place(name: str) -> str:
    """Lines move: a mutant is known by its file and what it does."""
    return re.sub(r"^([^:]+):\d+:\d+: ", r"\1: ", name)


def reasons() -> dict[str, str]:
    """The list: a line each, `file: what it does | reason`."""
    path = Path(__file__).with_name("alive.txt")
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name.strip(): reason.strip() for name, _, reason in (line.rpartition(" | ") for line in lines)}


def print_configuration(names: list[str]) -> None:
    print("examine_re = [")
    for name in sorted({without_place(name) for name in names}):
        file, does = name.split(": ", 1)
        pattern = rf"^{re.escape(file)}:\d+:\d+: {re.escape(does)}$"
        print(f"    {json.dumps(pattern)},")
    print("]")


def main() -> None:
    results = Path(sys.argv[1])
    if sys.argv[2:3] == ["--alive"]:
        tried = of_group(results, sys.argv[3])
        known = reasons()
        print_configuration(
            [name for name, summary in tried.items() if summary == "MissedMutant" and without_place(name) not in known]
        )
        return
    known = reasons()
    failed = False
    drawn = 0
    for group in SHARDS:
        tried = of_group(results, group)
        shards = len(list((results / group).glob("*/done")))
        if shards < SHARDS[group]:
            print(f"{group:9} {shards} of {SHARDS[group]} shards are through")
            failed = True
        if group in SAMPLED:
            drawn += len(tried)
        if not tried:
            continue
        count = {summary: list(tried.values()).count(summary) for summary in set(tried.values())}
        found = sum(count.get(summary, 0) for summary in FOUND)
        alive = sorted(name for name, summary in tried.items() if summary == "MissedMutant")
        viable = found + len(alive)
        equivalent = [name for name in alive if without_place(name) in known]
        print(
            f"{group:9} {len(tried)} tried, {count.get('Unviable', 0)} not viable; of {viable}, {found} found"
            f" ({count.get('Timeout', 0)} of them by time): {100 * found / viable:.1f} %"
        )
        failed |= 100 * found < 95 * viable or len(equivalent) < len(alive)
        for name in alive:
            print(f"    {name}\n        {known.get(without_place(name), 'NO REASON')}")
    if drawn < 300:
        print(f"of the sample, {drawn} were tried, and 300 is the least")
        failed = True
    sys.exit(failed)


main()
