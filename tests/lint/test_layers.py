#!/usr/bin/env python3
"""Who may include whom, and who alone may include a library. The same table stands in CMakeLists.txt
as what a layer links; the two are compared. ctest: once"""
import os
import re

from common import ROOT, files, finish, line_of, read, without_comments

LAYERS = {
    "base": "",
    "domain": "base",
    "cache": "base domain",
    "pg": "base",
    "llm": "base",
    "keyring": "base",
    "outbox": "base domain cache",
    "sync": "base domain cache pg outbox",
    "exchange": "base domain",
    "admin": "base domain pg exchange",
    "assist": "base domain cache llm",
    "view": "base domain cache",
    "command": "base domain cache keyring llm view outbox sync assist exchange admin",
    "ui": "base domain view command",
}
LAYERS = {name: set(below.split()) for name, below in LAYERS.items()}

# What a clone may have at its top; build is ignored, the rest is what tools require.
TOP = set(".git .ci .clang-format .clang-tidy .editorconfig .gitignore .cache build CMakeLists.txt CMakePresets.json LICENSE README.md "
          "cmake dev docs include sql src tests themes".split())

OWNERS = {
    r"cjson/|cJSON": "base",
    r"utf8proc": "base",
    r"sqlite3": "cache",
    r"libpq|postgres": "pg",
    r"curl/": "llm",
    r"libsecret/|keyutils": "keyring",
    r"ncurses|curses|term\.h|panel\.h": "ui",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def layer_of(path):
    return re.match(r"(?:src|include/hiretty)/([^/]+)/", path).group(1)


def check_include(layer, name):
    """What is wrong with this include in this layer, or None."""
    ours = re.match(r"hiretty/([^/]+)/", name)
    if ours:
        other = ours.group(1)
        if layer == "app" or other == layer or other in LAYERS[layer]:
            return None
        return f"{layer} may not include {other}"
    if name.startswith("../") or "/../" in name:
        return "a path out of the folder"
    for pattern, owner in OWNERS.items():
        if re.match(pattern, name) and layer != owner:
            return f"{name} belongs to {owner} alone"
    return None


def main():
    findings, checked = [], 0
    for path in files("src", "include", ends=(".c", ".h")):
        layer = layer_of(path)
        if layer != "app" and layer not in LAYERS:
            findings.append(f"{path}: there is no layer {layer}")
            continue
        text = without_comments(read(path))
        for match in INCLUDE.finditer(text):
            checked += 1
            wrong = check_include(layer, match.group(1) or match.group(2))
            if wrong:
                findings.append(f"{path}:{line_of(text, match.start())}: {wrong}")
    cmake = re.sub(r"\s+", " ", read("CMakeLists.txt"))
    for name, rest in re.findall(r"ht_layer\((\w+)([^)]*)\)", cmake):
        if name not in LAYERS:
            continue  # the comment's example
        linked = re.search(r" DEPS ([a-z ]+)", rest)
        linked = set(linked.group(1).split()) if linked else set()
        checked += 1
        if linked != LAYERS[name]:
            findings.append(f"CMakeLists.txt: {name} links {sorted(linked)}, not {sorted(LAYERS[name])}")
    for name in os.listdir(ROOT):
        checked += 1
        if name not in TOP:
            findings.append(f"{name!r}: nothing of ours lies at the top of the tree (a file that a test left there?)")
    finish(findings, checked)


main()
