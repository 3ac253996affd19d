"""Tokens that the program did not issue, and an independent check of those that it did."""

import base64
import hashlib
import hmac
import json
import subprocess
import tempfile


def encode(data):
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """Header and claims of a token, not verified."""
    header, claims, _ = token.split(".")
    return json.loads(decode(header)), json.loads(decode(claims))


def join(header, claims, sign):
    """A token; sign gets the bytes to sign and gives the signature."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    text = encode(head) + "." + encode(body)
    return text + "." + encode(sign(text.encode()))


def unsigned(_):
    """The signature of alg none."""
    return b""


def hs256(secret):
    """Signs with HMAC SHA-256."""
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def rs256(private_pem, digest="sha256"):
    """Signs with an RSA key in PEM, through the openssl command."""
    def sign(data):
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
            key.write(private_pem)
            key.flush()
            return subprocess.run(["openssl", "dgst", f"-{digest}", "-sign", key.name],
                                  input=data, capture_output=True, check=True).stdout
    return sign


def new_rsa_key():
    """A private RSA key in PEM that the program has never seen."""
    return subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                           "rsa_keygen_bits:2048"],
                          capture_output=True, check=True, text=True).stdout


def rsa_jwk(private_pem, kid):
    """The public half of an RSA key in PEM, as JSON."""
    text = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=private_pem,
                          capture_output=True, check=True, text=True).stdout
    modulus = bytes.fromhex(text.strip().partition("=")[2])
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "e": "AQAB",
            "n": encode(modulus)}


def verify(token, jwk):
    """Whether a token is signed by the public key in a JSON Web Key.  Plain arithmetic."""
    text, _, signature = token.rpartition(".")
    digest = hashlib.sha256(text.encode()).digest()
    number = {name: int.from_bytes(decode(jwk[name]), "big") for name in ("n", "e", "x", "y")
              if name in jwk}
    if jwk["kty"] == "RSA":
        return _verify_rsa(digest, decode(signature), number["n"], number["e"])
    if jwk["kty"] == "EC" and jwk["crv"] == "P-256":
        return _verify_p256(digest, decode(signature), (number["x"], number["y"]))
    return False


def _verify_rsa(digest, signature, modulus, exponent):
    """RFC 8017 section 8.2.2 with SHA-256."""
    size = (modulus.bit_length() + 7) // 8
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    padding = b"\x00\x01" + b"\xff" * (size - 3 - len(prefix) - len(digest)) + b"\x00"
    opened = pow(int.from_bytes(signature, "big"), exponent, modulus)
    return len(signature) == size and opened.to_bytes(size, "big") == padding + prefix + digest


_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
_G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def _add(one, two):
    """Point addition on P-256; None is the point at infinity."""
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % _P == 0:
        return None
    if one == two:
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, _P) % _P
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, _P) % _P
    x = (slope * slope - one[0] - two[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _times(factor, point):
    """Scalar multiplication on P-256."""
    total = None
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _verify_p256(digest, signature, public):
    """RFC 7518 section 3.4: r and s, 32 bytes each."""
    if len(signature) != 64:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if not (0 < r < _N and 0 < s < _N):
        return False
    inverse = pow(s, -1, _N)
    point = _add(_times(int.from_bytes(digest, "big") * inverse % _N, _G),
                 _times(r * inverse % _N, public))
    return point is not None and point[0] % _N == r
