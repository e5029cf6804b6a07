"""Opens ESP and AH packets with scapy, and makes some. Reads a JSON list of cases, writes one of answers."""
import json
import sys

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH, ESP, SecurityAssociation

unhex = bytes.fromhex


def packet(b):
    return (IPv6 if b[0] >> 4 == 6 else IP)(b)


def sa(c):
    kw = {}
    if c["src"]:
        kw["tunnel_header"] = (IPv6 if ":" in c["src"] else IP)(src=c["src"], dst=c["dst"])
    return SecurityAssociation(
        {"esp": ESP, "ah": AH}[c["protocol"]], spi=c["spi"], seq_num=1, crypt_algo=c["crypt"] or None,
        crypt_key=unhex(c["crypt_key"]), auth_algo=c["auth"], auth_key=unhex(c["auth_key"]), **kw)


def attempt(f):
    try:
        return bytes(f()).hex()
    except Exception as e:
        return "error: %s %s" % (type(e).__name__, e)


answers = []
for c in json.load(sys.stdin):
    sealed = unhex(c["sealed"])
    answers.append({
        "opened": attempt(lambda: sa(c).decrypt(packet(sealed))),
        "tampered": attempt(lambda: sa(c).decrypt(packet(sealed[:-1] + bytes([sealed[-1] ^ 1])))),
        "sealed": attempt(lambda: sa(c).encrypt(packet(unhex(c["plain"])))),
    })
json.dump(answers, sys.stdout)
