# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configurations that were worth a thought: (text of the main file, other files)."""

ENDS = "\tleft=192.0.2.1\n\tright=192.0.2.2\n"


def conn(name, more=""):
    return f"conn {name}\n{ENDS}{more}"


HEADERS = [
    "", "\n", "   ", "   \n", "# x", "#x", "#", "  # x", "  #x", "version 2\n",
    "version 2.0\nconn a\n", "\nversion 2\nconn a\n", "conn a\nversion 2\n", "version\nconn a\n",
    'version "2"\nconn a\n', "version 2 3\n", "version 2.0 junk\n", "config setup\nconn a\n",
    "config\tsetup # x\nconn a\n", "config setup #x\n", "config setupx\n", "config\n",
    " config setup\n", "\tconn a\n", "conn a # c\n", "conn a #c\n", "conn a#c\n", 'conn "a b"\n',
    "conn {a b}\n", "conn a b\n", "conn\n", "conn \n", "conn=a\n", 'conn ""\n', "conn {}\n",
    "conn {a}b}\n", "conn {a} # }\n", 'conn "a\n', 'conn a"b\n', "conn a{b\n", 'conn "a"b\n',
    'conn"a"\n', "conn{a}\n", "Conn a\n", "CONN a\n", "conn 'a'\n", "conn 5\n", "conn 5a\n",
    "conn a\r\n", "conn conn\n", "conn include\n", "conn left\n", "conn a=b\n", "conn =\n",
    "conn #\n", "conn #a\n", "conn %forever\n", "conn %foreverx\n", "\xef\xbb\xbfconn a\n",
    "conn a\0b\n", "conn a\n#\0\n", "conn a\n\x0b\n", "conn a\n\x0c", "conn a\n\xa0\tike=a\n",
    "\r\n", "conn a\n\r\n", "; x\n", "// x\n", "conn a\n;x\n", "conn a\nconn a\nconn b\n",
    '"\nconn a\n', 'conn a\n"\n\tike=x\n', 'conn a\n"\tike=x\n', "=\n",
    "conn %default\n\tx-a=b\n", "conn %default\n\tx-a=b\nconn a\n", "config setup\n\tx-a=b\n",
    "conn %default\n\tconnalias=b\n", "config setup\n\tike=x\n", "config setup\n\tuniqueids=maybe\n",
]

LINES = [
    "pfs=yes", "pfs=Yes", "pfs=maybe", "pfs=1", 'pfs="yes"', "pfs={yes}", "pfs=y", "pfs=on",
    "pfs = yes", "pfs=yes # c", "pfs=yes #c", "pfs=yes#c", "pfs=yes # ", "pfs=yes #",
    "pfs=yes #a b", "pfs=yes #a=b", 'pfs=yes #a"', "pfs=", "pfs", "pfs x=yes", "pfs yes",
    "pfs=yes no", "pfs=yes pfs=yes", "pfs=yes;", "pfs=xyes", "pfs=a y", "pfs= # yes",
    "initial-contact=Yes", "overlapip=enough", "ike=a", 'ike="a b"', "ike={a b}", 'ike="a"b',
    'ike="a"#c', 'ike="a" # c', 'ike="a" b', 'ike="a', 'ike="a b', 'ike=a"b', "ike={a",
    "ike={a b", "ike={a}b", "ike={a} b}", "ike={a} # }", 'ike={"a"}', "ike=}", "ike={", 'ike="',
    'ike=""', "ike={}", "ike=", "ike=   ", "ike= # c", "ike=#c", "ike=a #", "ike=a=b", "ike==a",
    "ike=a =b", "ike=5", "ike=5a", "ike=%forever", "ike=left", "ike=a include", "ike=a, b",
    "IKE=a", "ike-=a", "left-id=@a", "left-=192.0.2.1", "LEFTID=@a", "id=@a", "=a", "x-foo=bar",
    "x-foo", "x_foo = bar baz # z", 'X-FOO="a', "x-=1", 'x-"a"=c', "xfoo=bar", "x-foo=",
    "x-foo=\n\tbogus=1", "x-foo= \n\tbogus=1", "bogus=bar", "salifetime=8h", "salifetime=",
    "salifetime=8 h", "rekeyfuzz=100%", "rekeyfuzz=100", "mtu=1500", "mtu=x", "mtu=15 00",
    "auto=Start", "auto=foo", 'auto="start"', "auto=start,add", "type=TRANSPORT",
    "nic-offload=yes", "nic-offload=auto", "nic-offload=crypto", "nic-offload=on",
    "nic-offload=1", "nic-offload=5no", "nic-offload=no,yes", "nic-offload=", 'nic-offload=","',
    "esn=both", "uniqueids=no", "plutodebug=all", "debug=all", "keyexchange=ikev2", "ah=sha1",
    "alsoflip=b", "forceencaps=no", "iptfs=no", '"ike"=a', 'ik"e=a', 'ike"=a', 'ike=a "',
    "version=2", "conn=x", "include=x", "ike", "ike=a\n\"\n", "\0=x", "ike=x\0y",
    "ipsec-max-bytes=5", "ipsec-max-packets=", "dpddelay=", "leftsubnets=", "connalias=5",
]

INCLUDES = [
    ("include d/*.conf\nconn z\n",
     {"d/a.conf": "conn a\n", "d/B.conf": "conn B\n", "d/.h.conf": "conn h\n",
      "d/c.conf~": "conn c\n", "d/10.conf": "conn c10\n", "d/9.conf": "conn c9\n"}),
    ("include d/*.conf\nconn z\n",
     {"d/a.conf": "conn a\n", "d/b.conf": ("link", "/nonexistent"), "d/c.conf": "conn c\n"}),
    ("include d/*.conf\nconn z\n", {"d/a.conf": "conn a\n", "d/b.conf": "folder"}),
    ("include d/b.conf\nconn z\n", {"d/b.conf": "folder"}),
    ("include d/x.conf\nconn z\n", {}), ("include d/*.conf\nconn z\n", {}),
    ("include d/{b,a,q}.conf\nconn z\n", {"d/a.conf": "conn a\n", "d/b.conf": "conn b\n"}),
    ('include "d/a.conf"\n', {"d/a.conf": "conn a\n"}),
    ("include {d/a.conf}\n", {"d/a.conf": "conn a\n"}),
    ("include 'd/a.conf'\n", {"d/a.conf": "conn a\n"}),
    ('include "d/a b"\n', {"d/a b": "conn ab\n", "d/a": "conn a\n"}),
    ("include d/a #word\n", {"d/a": "conn a\n"}), ("include d/a # x=y\n", {"d/a": "conn a\n"}),
    ("include d/a junk\n", {"d/a": "conn a\n"}), ("include d/a=b\n", {"d/a=b": "conn a\n"}),
    ("include left\n", {"left": "conn a\n"}), ("include 5\n", {"5": "conn a\n"}),
    ("include x-a\n", {"x-a": "conn a\n"}), ("include=a\n", {"=a": "conn a\n"}),
    ("include\n", {}), (" include a\n", {"a": "conn a\n"}), ('include ""\n', {}),
    ("include a", {"a": "conn a\n\tike=x\n"}), ("include a", {"a": "# x\nconn a\n\tike=x\n"}),
    ("include a", {"a": "# x=1\nconn a\n"}), ("include a", {"a": "conn a\nconn b\n"}),
    ("include a*", {"a": "", "ab": "conn b\n\tike=x\n"}),
    ("include a # z", {"a": "conn a\n\tike=x\n"}),
    ("include a\n\tike=x\n", {"a": "conn a\n"}), ("include a\n\tike=x\n", {"a": "conn a"}),
    ("conn q\ninclude a\n\tike=x\n", {"a": ""}),
    ("include a*\n", {"a1": "conn a", "a2": "\tike=x\n"}),
    ("include a*\n", {"a1": "conn a\n", "a2": "\tike=x\n"}),
    ("include a*\n", {"a1": "conn a\n\tike=", "a2": "conn b\n"}),
    ("include a*\n", {"a1": "conn a\n\tike=", "a2": "\nconn b\n"}),
    ("include a*\n", {"a1": "conn a\n\tike", "a2": "conn b\n"}),
    ("conn m\ninclude ipsec.conf\n", {}),
    ("include a\nconn m\n", {"a": "version 2\nconn a\n"}),
    ("include 1\n", {str(i): f"include {i + 1}\nconn c{i}\n" for i in range(1, 12)}),
    ("include a\nconn z\n", {"a": ("link", "/dev/null")}),
    ("include d/[ab].conf\n", {"d/a.conf": "conn a\n", "d/b.conf": "conn b\n"}),
    ("include */a.conf\n", {"d/a.conf": "conn a\n", "e/a.conf": "conn b\n"}),
]

MEANINGS = [
    conn("a", "\tike=aes256\n\tike=aes256\n"), conn("a", "\tike=aes256\n\tike=aes128\n"),
    conn("a", "\tmtu=5\n\tmtu=5\n"), conn("a", "\tmtu=5\n\tmtu=6\n"),
    conn("a", "\tleft=192.0.2.1\n"), conn("a", "\tleft=192.0.2.9\n"),
    conn("a", "\tesp=aes\n\tphase2alg=aes\n"), conn("a", "\tsalifetime=1h\n\tkeylife=60m\n"),
    conn("a", "\tsalifetime=1h\n\tkeylife=2h\n"), conn("a", "\tconnalias=q\n\tconnalias=r\n"),
    conn("a", "\tauto=add\n\tauto=start\n"), conn("a", "\tike=aes\n\tike=\n"),
    conn("a", '\tmtu="1500"\n'), conn("a", "\tike=5\n"), conn("a", "\talso=5\n") + 'conn "5"\n\tmtu=9\n',
    "conn %default\n\tike=aes128\n" + conn("a", "\tike=aes256\n") + conn("b"),
    conn("b") + "conn %default\n\tike=aes128\nconn %default\n\tike=aes256\n\tesp=aes\n",
    "conn %default\n\tike=aes128\n\tike=aes256\n" + conn("b"),
    "conn %default\n\talso=x\n\tike=aes\nconn x\n\tesp=aes\nconn %default\n\tmtu=7\n" + conn("b"),
    "conn %default\n\tmtu=5\n" + conn("b", "\tmtu=6\n"),
    "conn %default\n\tconnalias=q\n" + conn("b", "\tconnalias=r\n"),
    conn("a", "\talso=b\n") + "conn b\n\tike=aes256\n",
    conn("a", "\talso=b\n\tike=aes128\n") + "conn b\n\tike=aes256\n",
    conn("a", "\tike=aes128\n\talso=b\n") + "conn b\n\tike=aes128\n",
    conn("a", "\talso=b\n") + "conn b\n\tleft=192.0.2.1\n",
    conn("a", "\talso=b\n") + "conn b\n\tleft=192.0.2.9\n",
    "conn a\n\tright=192.0.2.2\n\tleft=%any\n\talso=b\nconn b\n\tleft=%any\n",
    conn("a", "\tmtu=5\n\talso=b\n") + "conn b\n\tmtu=5\n",
    conn("a", "\tmtu=5\n\talso=b\n") + "conn b\n\tmtu=6\n\tike=aes\n",
    conn("a", "\tpfs=yes\n\talso=b\n") + "conn b\n\tpfs=on\n",
    conn("a", "\talso=b\n\talso=c\n") + "conn b\n\tike=aes\nconn c\n\tike=aes256\n",
    conn("a", '\talso="b c"\n') + 'conn b\n\tmtu=5\nconn c\n\tesp=aes\nconn "b c"\n\tmtu=7\n',
    conn("a", "\talso=b,c\n") + "conn b\n\tmtu=5\nconn b,c\n\tmtu=6\n",
    conn("a", "\talso=a\n\tmtu=5\n"), conn("a", "\talso=b\n") + "conn b\n\talso=a\n\tmtu=5\n",
    conn("a", "\talso=b\n\talso=c\n") + "conn b\n\talso=d\nconn c\n\talso=d\nconn d\n\tmtu=5\n",
    conn("a", "\talso=B\n") + "conn b\n\tmtu=5\n", conn("a", "\talso=x\n\tmtu=5\n"),
    conn("a", "\talso=b\n") + "conn b\n\tmtu=5\nconn b\n\tmtu=6\n",
    conn("a", "\talso=%default\n") + "conn %default\n\tmtu=5\n", conn("a", "\talso=\n"),
    conn("a", "\tnic-offload=yes\n\tesn=no\n\ttype=transport\n\tesp=aes_gcm128-null\n"),
    conn("a", "\tx-foo=\n\tmtu=5\n\tike=aes\n"), conn("a", "\tpfs=# no yes\n"),
    conn("a", "\tleftid=@l\n\tid=@r\n"), conn("a", '\tleftid="@l"#x\n'),
    conn("a", "".join(f"\talso=b{i}\n" for i in range(31))) + "".join(
        f"conn b{i}\n" for i in range(40)),
    conn("a", "".join(f"\talso=b{i}\n" for i in range(32))) + "".join(
        f"conn b{i}\n" for i in range(40)),
]


def all_of_them():
    for text in HEADERS:
        yield text, {}
    for line in LINES:
        yield f"conn a\n\t{line}\n", {}
        yield f"conn a\n\t{line}", {}
        yield f"conn a\n\tmtu=5\n\t{line}\n\tesp=x\nconn b\n", {}
    yield from INCLUDES
    for text in MEANINGS:
        yield text, {}
