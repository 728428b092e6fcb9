# SPDX-License-Identifier: LGPL-2.1-or-later
"""Odd configurations, made at random from a seed."""

FRAGMENTS = [
    ("conn a\n", 8), ("conn b\n", 4), ('conn "c d"\n', 1), ("conn %default\n", 2),
    ("config setup\n", 1), ("\tike=x\n", 5), ('\tesp="a b"\n', 2), ("\tpfs=yes\n", 4),
    ("\tpfs=no # c\n", 2), ("\tmtu=1500\n", 2), ("  left=192.0.2.1\n", 2), ("\talso=b\n", 2),
    ("\talso=a\n", 1), ("# c\n", 2), ("#\n", 1), ("\n", 2), ("  \n", 1), ("\t# x\n", 1),
    ("\tx-a=b\n", 1), ("\tx-a=\n", 1), ("include f1\n", 1), ("include f*\n", 2),
    ('include "f1"\n', 1), ("include f1", 1), ("\tnic-offload=yes\n", 2),
    ("\tnic-offload={no}\n", 1), ("conn a", 1), ("\tike=x", 1), ("\tike=", 1), ("\tpfs=", 1),
    ('"\n', 1), ('\t"\n', 1), ('\tike="a"#\n', 1), ("\tike={a} }\n", 1), ("\tike=a #b=\n", 1),
    ("\tauto=start\n", 2), ("\tleftsubnets={a b}\n", 1), ("\tike", 1), ("version 2\n", 1),
    ("\tsalifetime=\n", 1), ("\trekeyfuzz=5%\n", 1), ("\tkeylife=1h\n", 1), ("=\n", 1), ("x", 1),
    ("\r\n", 1), ("\0", 1), (" ", 1), ("\t", 1), ("#", 1), ('"', 1), ("{", 1), ("}", 1), ("=", 1),
    ("conn 5\n", 1), ("\tike=5\n", 1), ("\tIKE=Q\n", 1), ("\tleftid=@x\n", 1), ("\tid=@y\n", 1),
    ("\tphase2alg=q\n", 1), ("\toverlapip=xyes\n", 1), ("\tnic-offload=5\n", 1),
    ("\tuniqueids=no\n", 1), ("\tbogus=1\n", 1), ("\tconnalias=q\n", 1), ("\tike=%forever\n", 1),
]

BASES = [
    'conn a\n\tleft=192.0.2.1\n\tike="aes gcm" # c\n\tpfs=yes\n\tnic-offload=no\n'
    "conn b # x\n\talso=a\n\tesp={a b}\n# z\n\n\tmtu=5\n",
    "config setup\n\tuniqueids=no\n\nconn %default\n\tike=x\ninclude f*\n"
    "conn z\n  rightid=@q\n  keylife=1h\n",
    'version 2\n\nconn a\n\tx-note=hallo\n\tauto=start\n\tleftsubnets="1.0.0.0/8 2.0.0.0/8"\n',
]

CHARACTERS = '"{}=# \t\n\r\0xX-_y5a%/;,\\\x0b\xa0'
WORDS = ["conn ", "include ", "also=", "pfs=", "yes", "no", "#c", " # ", "left", "right-", "x-",
         "\n\t", "\n", "%default", "%forever"]


def from_fragments(rnd):
    """Lines that are mostly right, in any order."""
    fragments, weights = zip(*FRAGMENTS)

    def text(n):
        return "".join(rnd.choices(fragments, weights, k=n))

    files = {}
    for name in ("f1", "f2", "f3"):
        if rnd.random() < 0.6:
            files[name] = text(rnd.randint(0, 4)) if rnd.random() < 0.9 else ("link", "/nonexistent")
    return text(rnd.randint(0, 7)), files


def by_mutation(rnd):
    """A right text with a few characters changed."""
    text = list(rnd.choice(BASES))
    for _ in range(rnd.randint(1, 4)):
        at, what = rnd.randrange(len(text) + 1), rnd.random()
        if what < 0.4:
            text.insert(at, rnd.choice(CHARACTERS))
        elif what < 0.6 and at < len(text):
            del text[at]
        elif what < 0.8 and at < len(text):
            text[at] = rnd.choice(CHARACTERS)
        else:
            text.insert(at, rnd.choice(WORDS))
    files = {}
    if rnd.random() < 0.5:
        files = {"f1": "conn f1\n\tike=a\n",
                 "f2": rnd.choice(["conn f2\n\tpfs=yes", "\tike=x\n", "#", "# c",
                                   "conn f2\n\tike="])}
    return "".join(text), files


KEYS = {
    "ike": ["aes256-sha2_256-dh14", "aes128-sha1-modp2048", "aes_gcm128-sha2_256-dh19"],
    "esp": ["aes_gcm128-null", "aes256-sha2_256"],
    "leftid": ["@left", '"CN=a b"', "{@x}"], "rightid": ["@right", "%fromcert"],
    "mtu": ["1400", "9000"], "pfs": ["yes", "no"], "type": ["tunnel", "transport"],
    "auto": ["add", "start", "ondemand"], "nic-offload": ["yes", "no", "auto"],
    "esn": ["yes", "no", "either"], "salifetime": ["1h", "3600", "90m"], "rekey": ["yes", "no"],
    "encapsulation": ["auto", "no"], "replay-window": ["0", "64"], "connalias": ["q", '"r s"'],
    "authby": ["secret", "rsasig"], "fragmentation": ["yes", "force"], "dpddelay": ["30", "1m"],
    "keyexchange": ["ike"], "ikev2": ["insist", "no"], "leftcert": ["left", '"a b"'],
    "priority": ["5"], "rekeyfuzz": ["50%"], "compress": ["yes", "no"], "phase2": ["esp"],
}


def with_meaning(rnd):
    """Conns that load, use each other by also=, and stand under defaults, oddly written."""
    names = [f"c{i}" for i in range(rnd.randint(1, 4))]
    sections = []

    def line(key, value):
        spelled = rnd.choice([key, key.upper(), key.capitalize()])
        if rnd.random() < 0.15 and value[0] not in '"{' and not value.isdigit() and key not in (
                "pfs", "rekey", "compress"):
            value = f'"{value}"'
        return (rnd.choice(["\t", "  ", " \t", "    "]) + spelled + rnd.choice(["=", " = ", "= "])
                + value + rnd.choice(["", "", " # why", "\t# a=b", " "]) + "\n")

    def filler():
        return rnd.choice(["", "", "\n", "# c\n", "\t# c\n", "  \n", "\tx-note=some text # here\n"])

    for name in names + (["%default"] if rnd.random() < 0.5 else []):
        keys = rnd.sample(sorted(KEYS), rnd.randint(0, 5))
        if name == "%default" and "connalias" in keys:
            keys.remove("connalias")
        lines = [line(key, rnd.choice(KEYS[key])) for key in keys]
        if name != "%default":
            lines.append(line("left", "192.0.2.1"))
            lines.append(line("right", "192.0.2.2"))
            if rnd.random() < 0.4:
                lines.append(line("also", rnd.choice(names + ["t0", "t1"])))
        rnd.shuffle(lines)
        body = "".join(l + filler() for l in lines)
        if name == "%default":
            # An x- key there crashes addconn; see corpus.py.
            body = body.replace("\tx-note=some text # here\n", "")
        sections.append(f"conn {name}\n" + body)
    for name in ("t0", "t1"):
        keys = rnd.sample(sorted(KEYS), rnd.randint(0, 3))
        lines = [line(key, rnd.choice(KEYS[key])) for key in keys]
        if rnd.random() < 0.3:
            lines.append(line("also", rnd.choice(["t0", "t1"])))
        sections.append(f"conn {name}\n" + "".join(lines))
    rnd.shuffle(sections)
    half = rnd.randint(0, len(sections))
    return ("config setup\n\tuniqueids=no\n\n" + "\n".join(sections[:half]) + "\ninclude f/*\n",
            {"f/1": "\n".join(sections[half:])})
