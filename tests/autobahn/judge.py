#!/usr/bin/env python3
"""Judges the index.json of an Autobahn report strictly.

    judge.py INDEX ROLE EXPECTED

Strict: behavior and behaviorClose of each case are OK or INFORMATIONAL, and there are EXPECTED cases of one agent.
Prints the cases that are not, then `ROLE: N of EXPECTED strict`. Exits 0 only if every case was.
"""

import json
import re
import sys

STRICT = {"OK", "INFORMATIONAL"}


def numbers(case):
    return [int(part) for part in re.findall(r"\d+", case)]


def main():
    path, role, expected = sys.argv[1], sys.argv[2], int(sys.argv[3])
    try:
        with open(path, encoding="utf-8") as file:
            (agent, cases), *others = json.load(file).items()
    except (OSError, ValueError) as error:
        print(f"{path}: {error}")
        agent, cases, others = None, {}, []

    strict = 0
    for case in sorted(cases, key=numbers):
        behavior, close = cases[case].get("behavior"), cases[case].get("behaviorClose")
        if behavior in STRICT and close in STRICT:
            strict += 1
        else:
            print(f"{case}: behavior {behavior}, close {close}, close code {cases[case].get('remoteCloseCode')}")

    right = strict == expected and len(cases) == expected
    if len(cases) != expected:
        print(f"{len(cases)} cases in the report instead of {expected}")
    if others:
        right = False
        print(f"more than one agent: {agent}, {', '.join(name for name, _ in others)}")
    print(f"{role}: {strict} of {expected} strict")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
