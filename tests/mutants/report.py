"""What became of the mutants: report.py RESULTS [--alive GROUP].

Prints a line for each group and names those that no test has found, with the reason that `alive.txt` gives; fails
if fewer than 95 of a hundred were found, or if one stands without a reason. With `--alive`, prints a configuration of
`cargo mutants` that has those of a group that stand without one.
"""

import json
import re
import subprocess
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
    for folder in (results / "again" / group).glob("*"):
        again = by_what_they_do(outcomes(folder))
        for does, mutants in by_what_they_do(tried).items():
            others = again.get(does, [])
            # Lines may have moved, but not past each other. If there are more or fewer now, all have to be found.
            if len(others) != len(mutants):
                all_found = others and all(summary in FOUND for _, summary in others)
                others = [("", "CaughtMutant" if all_found else "MissedMutant")] * len(mutants)
            for (name, _), (_, summary) in zip(mutants, others):
                # One that other features refuse was not compiled before.
                if tried[name] == "MissedMutant" and summary in (*FOUND, "Unviable"):
                    tried[name] = summary
    return tried


def by_what_they_do(mutants: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Name and outcome of those that do the same in one function, in their order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(mutants, key=place):
        found.setdefault(without_place(name), []).append((name, mutants[name]))
    return found


def place(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r":(\d+)", name)[:2])


def without_place(name: str) -> str:
    """Lines move: a mutant is known by its file and what it does."""
    return re.sub(r"^([^:]+):\d+:\d+: ", r"\1: ", name)


def there_are() -> set[str]:
    """The mutants of the code as it is now, without their places."""
    listed = subprocess.run(
        ["cargo", "mutants", "--list", "--colors", "never"], check=True, capture_output=True, text=True
    ).stdout
    return {without_place(line) for line in listed.splitlines()}


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
    current = there_are()
    failed = False
    drawn = all_found = all_viable = 0
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
        gone = [
            name
            for name, summary in tried.items()
            if summary == "MissedMutant" and without_place(name) not in current
        ]
        for name in gone:
            del tried[name]
        count = {summary: list(tried.values()).count(summary) for summary in set(tried.values())}
        found = sum(count.get(summary, 0) for summary in FOUND)
        alive = sorted(name for name, summary in tried.items() if summary == "MissedMutant")
        viable = found + len(alive)
        equivalent = [name for name in alive if without_place(name) in known]
        print(
            f"{group:9} {len(tried)} tried, {count.get('Unviable', 0)} not viable; of {viable}, {found} found"
            f" ({count.get('Timeout', 0)} of them by time): {100 * found / viable:.1f} %"
            + (f"; {len(gone)} more of code that is gone" if gone else "")
        )
        all_found += found
        all_viable += viable
        failed |= len(equivalent) < len(alive)
        for name in alive:
            print(f"    {name}\n        {known.get(without_place(name), 'NO REASON')}")
    print(f"together, {all_found} of {all_viable} found: {100 * all_found / all_viable:.1f} %")
    failed |= 100 * all_found < 95 * all_viable
    if drawn < 300:
        print(f"of the sample, {drawn} were tried, and 300 is the least")
        failed = True
    sys.exit(failed)


main()
