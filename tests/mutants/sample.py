"""Draws mutants of the files that no other group has: sample.py COUNT. Prints a configuration of `cargo mutants`."""

import fnmatch
import json
import random
import re
import subprocess
import sys

# Those of the groups `core` and `grammar`, and what only a doctest sees.
OTHERS = [
    "src/frame/*", "src/utf8.rs", "src/rules.rs", "src/incoming/*", "src/outgoing/*", "src/timer.rs",
    "src/closing.rs", "src/buffer.rs",
] + [
    f"src/handshake/{name}.rs"
    for name in ("authority extension grammar head head_collector header_lines headers key negotiation"
                 " origin target uri").split()
]  # fmt: skip


def main() -> None:
    count = int(sys.argv[1])
    listed = subprocess.run(
        ["cargo", "mutants", "--list", "--json"], check=True, capture_output=True, text=True
    ).stdout
    names = sorted(
        mutant["name"]
        for mutant in json.loads(listed)
        if not any(fnmatch.fnmatch(mutant["file"], other) for other in OTHERS)
    )
    chosen = random.Random(20261126).sample(names, count)
    print("examine_re = [")
    for name in sorted(chosen):
        print(f"    {json.dumps('^' + re.escape(name) + '$')},")
    print("]")


main()
