"""Runs the tests that `.ci/coverage` has built, and reckons what they reach: coverage.py TOOLS WORK [--missing]."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

LEAST = 97.0
LEAST_OF_A_MODULE = 90.0

# The tests of a package of its own.
TLS = "examples/tls"

# A module (files or folders of `src/`) and the tests that are its own; `lib` are the unit tests.
CORE = ["api", "limits", "vectors", "split_halves", "timers", "simulation", "simulation_random"]
OWN = {
    "frame utf8.rs rules.rs error.rs": ["lib", "errors", "debug", "kernels", "vectors", "section_8_utf8"],
    "incoming": [*CORE, "lib", "allocation_held", "deflate_receive", "deflate_ends", "properties"],
    "outgoing buffer.rs": [*CORE, "lib", "outbox", "lent", "deflate_send", "section_6_sending", "section_5_3_masking_keys"],
    "connection closing.rs config.rs counters.rs": [*CORE, "lib", "deflate_negotiation", "outbox", "lent"],
    "timer.rs reconnect.rs seed.rs": ["lib", "timers", "vectors", "section_7_2_3_backoff"],
    "handshake": ["lib", "errors", "debug", "handshake", "handshake_http", "vectors", "deflate_negotiation"],
    "deflate": ["lib", "deflate_negotiation", "deflate_receive", "deflate_send", "deflate_memory", "deflate_ends", "deflate_bomb"],
    "adapter/blocking": ["lib", "blocking_adapter", "dial", TLS],
    "adapter/tokio": ["lib", "tokio_adapter", "dial", TLS],
    "adapter": ["lib", "blocking_adapter", "tokio_adapter", "dial", TLS],
}  # fmt: skip

SOURCES = Path("src").resolve()


def executables(work: Path) -> dict[str, Path]:
    found = {}
    for target, executable in built_by(work / "built.json"):
        if "bench" not in target["kind"]:
            found["lib" if "lib" in target["kind"] else target["name"]] = executable
    # What the programs reach that its tests start counts with them.
    found |= {TLS: program for target, program in built_by(work / "built-tls.json") if target["kind"] == ["test"]}
    return found


def built_by(messages: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """The test programs of a build, each with its target, by what cargo says."""
    for line in messages.read_text().splitlines():
        artifact = json.loads(line)
        if artifact.get("profile", {}).get("test") and artifact.get("executable"):
            yield artifact["target"], Path(artifact["executable"])


def run(name: str, executable: Path, profiles: Path) -> str:
    profile = profiles / f"{name}-%p-%m.profraw"
    done = subprocess.run(
        [executable, "--quiet"],
        env={**os.environ, "LLVM_PROFILE_FILE": str(profile), "RUST_BACKTRACE": "0"},
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else f"{name}\n{done.stdout}{done.stderr}"


def not_counted_from(path: Path) -> int:
    """The line where the unit tests of a file begin."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(r"#\[cfg\((all\()?test\b", line):
            return number
    return sys.maxsize


def lines_reached(tools: str, work: Path, built: dict[str, Path], names: list[str]) -> dict[Path, dict[int, bool]]:
    """Of each source file, its lines and whether one of these tests reaches them."""
    data = work / "merged.profdata"
    profiles = [str(p) for name in names for p in (work / "profiles").glob(f"{name}-*.profraw")]
    subprocess.run([f"{tools}/llvm-profdata", "merge", "-sparse", *profiles, "-o", data], check=True)
    objects = [argument for name in names for argument in ("-object", str(built[name]))][1:]
    exported = subprocess.run(
        [f"{tools}/llvm-cov", "export", "-format=lcov", f"-instr-profile={data}", *objects, str(SOURCES)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files: dict[Path, dict[int, bool]] = {}
    lines: dict[int, bool] = {}
    end = 0
    for record in exported.splitlines():
        if record.startswith("SF:"):
            path = Path(record[3:])
            lines = files.setdefault(path, {})
            end = not_counted_from(path)
        elif record.startswith("DA:"):
            number, count = (int(part) for part in record[3:].split(",")[:2])
            if number < end:
                lines[number] = lines.get(number, False) or count > 0
    return files


def percent(files: dict[Path, dict[int, bool]]) -> float:
    reached = [is_reached for lines in files.values() for is_reached in lines.values()]
    return 100 * sum(reached) / len(reached)


def main() -> None:
    tools, work = sys.argv[1], Path(sys.argv[2])
    built = executables(work)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(run, name, path, work / "profiles") for name, path in built.items()]
        failures = [failure for job in jobs if (failure := job.result())]
    if failures:
        sys.exit("\n".join(failures))

    failed = False
    everything = lines_reached(tools, work, built, sorted(built))
    for module, names in OWN.items():
        roots = [SOURCES / part for part in module.split()]
        reached = lines_reached(tools, work, built, names)
        of_module = lambda files: {  # noqa: E731
            path: lines for path, lines in files.items() if any(path == root or root in path.parents for root in roots)
        }
        own, by_all = percent(of_module(reached)), percent(of_module(everything))
        failed |= own < LEAST_OF_A_MODULE
        print(f"{module:48} {own:6.2f} % by its own, {by_all:6.2f} % by all")
    whole = percent(everything)
    failed |= whole < LEAST
    print(f"{'src':48} {whole:6.2f} % of {sum(map(len, everything.values()))} lines, by {len(built)} programs")
    if "--missing" in sys.argv:
        for path, lines in sorted(everything.items()):
            missing = [number for number, is_reached in sorted(lines.items()) if not is_reached]
            if missing:
                print(f"{path.relative_to(SOURCES.parent)}: {', '.join(map(str, missing))}")
    if failed:
        sys.exit(f"coverage: less than {LEAST} % of all, or {LEAST_OF_A_MODULE} % of a module")


main()
