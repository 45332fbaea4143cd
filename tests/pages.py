#!/usr/bin/env python3
"""What pages say about the tree: links lead somewhere, scripts that are named exist; and no tracked
file knows the machine it was written on.

    tests/pages.py [ROOT]         lists every fault; exit code 1 if there is one
    tests/pages.py --planted      plants one fault of each kind in copies and fails unless it is found
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
SCRIPT = re.compile(r"(?<![\w/.-])(scripts/(?:[\w-]+/)*[\w-]+(?:\.\w+)?|\.ci/[\w-]+)")
# Spelled with brackets so that this file does not match itself.
MACHINE = re.compile(r"(?<![\w.-])/(?:r[o]ot|w[o]rk|h[o]me/\w+|tmp/[b]uild)(?:/|\b)")
REGISTRY = re.compile(r"https?://(?:[^/\s@]+@|l[o]calhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\."
                      r"|[\w.-]*\.(?:internal|local|svc|corp|lan)\b|[\w.-]*(?:artifact[o]ry|nex[u]s|verdacci[o]))"
                      r"|--(?:extra-)?index-[u]rl|GOPR[O]XY=")


def pages(root):
    return sorted(p for p in [root / "README.md", *(root / "docs").rglob("*.md"),
                              root / "tests" / "README.md"] if p.exists())


def tracked(root):
    if (root / ".git").exists():
        names = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True,
                               capture_output=True, text=True).stdout.split("\0")
        return [root / name for name in names if name and (root / name).is_file()]
    return [p for p in root.rglob("*") if p.is_file()
            and p.relative_to(root).parts[0] not in ("out", "build", "__pycache__")]


def anchors(text):
    """Anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (slug if number == 0 else f"{slug}-{number}") in found:
            number += 1
        found.add(slug if number == 0 else f"{slug}-{number}")
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def link_fault(root, page, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    place = (page.parent / path).resolve() if path else page
    if root.resolve() not in [place, *place.parents]:
        return f"{target} leads out of the project"
    if not place.exists():
        return f"{target} does not exist"
    if anchor and place.suffix == ".md" and anchor not in anchors(place.read_text()):
        return f"{target}: no such heading"
    return None


def page_faults(root):
    found = []
    for page in pages(root):
        text, name = page.read_text(), page.relative_to(root)
        for target in LINK.findall(FENCE.sub("", text)):
            fault = link_fault(root, page, target)
            if fault:
                found.append(f"{name}: {fault}")
        for script in sorted(set(SCRIPT.findall(text))):
            if not (root / script).is_file():
                found.append(f"{name}: {script} does not exist")
    return found


def machine_faults(root):
    found = []
    for path in tracked(root):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in (("a path of one machine", MACHINE), ("a registry", REGISTRY)):
                if pattern.search(line):
                    found.append(f"{path.relative_to(root)}:{number}: {what}: {line.strip()[:80]}")
    return found


def faults(root):
    return page_faults(root) + machine_faults(root)


PLANTED = [
    "[gone](docs/gone.md)",
    "[gone](../elsewhere.md)",
    "[gone](#no-such-heading-anywhere)",
    "run `scripts/no-such-script`",
    "cd /" + "work/main",
    "pip install --index-" + "url x",
    "http://1" + "0.0.0.1/simple",
]


def planted_are_found():
    missed = []
    for line in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for name in ("docs", "scripts"):
                shutil.copytree(ROOT / name, copy / name)
            page = copy / "README.md"
            page.write_text("# Title\n")
            before = faults(copy)
            page.write_text(f"# Title\n{line}\n")
            new = [text for text in faults(copy) if text not in before]
            if len(new) != 1 or not new[0].startswith("README.md"):
                missed.append(f"{line} was not found: {new}")
    return missed


def main():
    if sys.argv[1:] == ["--planted"]:
        problems, good = planted_are_found(), f"all {len(PLANTED)} planted faults were found"
    else:
        problems = faults(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
        good = "no fault"
    print("\n".join(problems) or good)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
