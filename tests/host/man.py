# SPDX-License-Identifier: LGPL-2.1-or-later
"""man.py SOURCE WORDS DAEMON COMMAND: the manual pages tell of what there is, and of nothing else."""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

top = pathlib.Path(sys.argv[1])
wrong = []


def page(name):
    return (top / "man" / name).read_text()


def source(name):
    return (top / name).read_text()


def output(*argv):
    return subprocess.run(argv, check=True, timeout=30, stdout=subprocess.PIPE).stdout.decode()


def section(text, title):
    found = re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def same(what, there, told):
    if not there:
        wrong.append(f"{what}: there is none to compare")
    for name in sorted(set(there) - set(told)):
        wrong.append(f"{what}: {name} is not told of")
    for name in sorted(set(told) - set(there)):
        wrong.append(f"{what}: {name} is told of, and is not there")


def items(text, macro):
    """The words of a list's items that stand behind a macro: .It Cm a | b , Cm c"""
    found = []
    for line in re.findall(r"^\.It (.*)$", text, re.M):
        for run in re.findall(rf"\b{macro} ((?:[^A-Z\s]\S* ?)+)", line):
            found += [w for w in run.split() if re.match(r"[\w-]+$", w)]
    return found


def check_journal():
    text = section(page("esp-offloadd.8"), "THE JOURNAL")
    for prefix, macro in (("LOG_FIELD", "Va"), ("MESSAGE", "Li")):
        same(f"esp-offloadd(8), THE JOURNAL, {macro}",
             re.findall(rf'^#define {prefix}_\w+\s+"(\w+)"', source("lib/names.h"), re.M),
             re.findall(rf"^\.It {macro} (\w+)", text, re.M))


def check_words():
    words = [line.split() for line in output(sys.argv[2]).splitlines()]
    text = page("esp-offload.7")
    for kind, title, macro in (("state", "STATES", "It Sy"), ("verdict", "VERDICTS", "It Sy"),
                               ("cause", "FAILOVERS", "It Sy"), ("check", "CHECKS", "Ss"),
                               ("step", "WHAT IS CHANGED", "It Sy"),
                               ("diagnosis", "DIAGNOSES", "It Sy")):
        same(f"esp-offload(7), {title}", [w for k, w in words if k == kind],
             re.findall(rf"^\.{macro} (\S+)$", section(text, title), re.M))


def options_of(text):
    """The long options of a list: .It Fl n , -dry-run and .It Fl -config Ns = Ns Ar FILE"""
    return {option for line in re.findall(r"^\.It (Fl .*)$", text, re.M)
            for option in re.findall(r" -([a-z][a-z-]*)", line)}


def check_daemon():
    there = re.findall(r"--([a-z]+)", output(sys.argv[3], "--help"))
    same("esp-offloadd(8), OPTIONS", there, options_of(section(page("esp-offloadd.8"), "OPTIONS")))


def check_command():
    text = page("esp-offloadctl.1")
    help_text = output(sys.argv[4], "--help")
    verbs = re.findall(r"^  ([a-z]+) ", help_text.partition("Verbs:")[2].partition("\n\n")[0], re.M)
    same("esp-offloadctl(1), VERBS", verbs,
         re.findall(r"^\.Ss (\S+)$", section(text, "VERBS"), re.M))

    common = set(re.findall(r"--([a-z-]+)", help_text.partition("Options:")[2]))
    same("esp-offloadctl(1), OPTIONS", common, options_of(section(text, "OPTIONS")))
    told = dict(re.findall(r"^\.Ss (\S+)\n(.*?)(?=^\.Ss |\Z)", section(text, "VERBS"), re.M | re.S))
    for verb in verbs:
        there = re.findall(r"^ .*?--([a-z-]+)", output(sys.argv[4], verb, "--help"), re.M)
        there = set(there) - (common - {"root"})
        if there or options_of(told.get(verb, "")):
            same(f"esp-offloadctl(1), {verb}", there, options_of(told.get(verb, "")))
        check_verb(verb, output(sys.argv[4], verb, "--help"), told.get(verb, ""))

    programs = "".join(file.read_text() for file in (top / "tools").glob("*.c"))
    variables = set(re.findall(r'\b[gs]etenv\("([A-Z_]+)"', programs))
    for names in re.findall(r" variables\[\] = \{(.*?)\}", programs, re.S):
        variables |= set(re.findall(r'"([A-Z_]+)"', names))
    same("esp-offloadctl(1), ENVIRONMENT", variables,
         [name for line in re.findall(r"^\.It Ev (.*)$", section(text, "ENVIRONMENT"), re.M)
          for name in re.findall(r"[A-Z_]{4,}", line)])
    statuses = re.search(r"^enum ctl_exit \{(.*?)\}", source("tools/output.h"), re.M | re.S).group(1)
    same("esp-offloadctl(1), EXIT STATUS", re.findall(r"= (\d)", statuses),
         re.findall(r"^\.It (\d)$", section(text, "EXIT STATUS"), re.M))


def check_verb(verb, help_text, told):
    """What stands before its arguments, and its exit statuses."""
    words = re.findall(rf"esp-offloadctl {verb} (?:\[OPTION…\] )?([a-z][a-z-]+)", help_text)
    if words:
        same(f"esp-offloadctl(1), {verb}", words, re.findall(rf"^\.Cm {verb} ([a-z-]+)$", told, re.M))
    there = re.findall(r"\d", help_text.partition("Exit status:")[2])
    sentence = re.search(r"^The exit status .*?(?=^\.|\Z)", told, re.M | re.S)
    same(f"esp-offloadctl(1), exit status of {verb}", there,
         re.findall(r"\d", sentence.group(0) if sentence else ""))


def check_policy():
    text = section(page("esp-offloadd.yaml.5"), "KEYS")
    keys = re.findall(r'\{ "([a-z-]+)", read_', source("lib/policy-parse.c"))
    told = set(items(text, "Cm"))
    for key in sorted(set(keys) - told):
        wrong.append(f"esp-offloadd.yaml(5): the key {key} is not told of")
    words = re.findall(r'const policy_\w+_words\[\] = \{(.*?)\}', source("lib/policy-words.c"))
    values = {w for line in words for w in re.findall(r'"([a-z]+)"', line)}
    plain = text.replace(r"\&", "")
    for value in sorted(values):
        if not re.search(rf"^\.(It )?.*Cm .*\b{value}\b|^\.Cm {value}\b", plain, re.M):
            wrong.append(f"esp-offloadd.yaml(5): the word {value} is not told of")
    known = set(keys) | values | {"auto", "true", "false", "us", "ms", "s", "min", "h"}
    for name in sorted(told - known):
        wrong.append(f"esp-offloadd.yaml(5): {name} is told of, and is not there")
    if len(keys) < 10 or len(values) < 10:
        wrong.append("esp-offloadd.yaml(5): too few keys to compare")


def check_bus():
    text = page("org.espoffload1.5")
    for interface in ElementTree.parse(top / "conf/org.espoffload1.xml").iter("interface"):
        title = "A BOND" if interface.get("name").endswith(".Bond") else "THE MANAGER"
        own = dict(re.findall(r"^\.Ss (\w+)\n(.*?)(?=^\.Ss |\Z)", section(text, title), re.M | re.S))
        for tag, part in (("method", "Methods"), ("signal", "Signals")):
            there = [m.get("name") for m in interface if m.tag == tag]
            if there or part in own:
                same(f"org.espoffload1(5), {title}, {part}", there,
                     re.findall(r"^\.It Fn (\w+)", own.get(part, ""), re.M))
        same(f"org.espoffload1(5), {title}, Properties",
             [m.get("name") for m in interface if m.tag == "property"],
             [v for line in re.findall(r"^\.It (Va .*)$", own.get("Properties", ""), re.M)
              for v in re.findall(r"Va ([A-Z]\w*)", line)])
    same("org.espoffload1(5), NAMES OF ERRORS",
         re.findall(r'"org\.espoffload1\.Error\.(\w+)"', source("lib/names.h")),
         re.findall(r"^\.It Er (\w+)$", section(text, "NAMES OF ERRORS"), re.M))
    actions = re.findall(r'^#define POLKIT_\w+\s+"([^"]*)"', source("lib/names.h"), re.M)
    for action in set(re.findall(r"^\.Sy (org\.espoffload1\.[a-z]+)", text, re.M)) - set(actions):
        wrong.append(f"org.espoffload1(5): there is no polkit action {action}")


check_words()
check_daemon()
check_command()
check_policy()
check_bus()
check_journal()
print("\n".join(wrong))
sys.exit(bool(wrong))
