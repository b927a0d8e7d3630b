"""A certification authority of the lab's own, and those it vouches for: the TLS contexts of nodes, and clients."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=30)
_CLOCK_SKEW = dt.timedelta(hours=1)


class Authority:
    """A self-signed authority with a new key; nothing of it outlives the process but what `pem` is written to."""

    def __init__(self, name: str = "ssoaudit lab CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        public = self._key.public_key()
        self._certificate = (
            _builder(self._name, self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The authority's certificate, for a client's `ca_file`."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server_context(self, *names: str, lifetime: dt.timedelta = LIFETIME) -> ssl.SSLContext:
        """A server's context with a new key and a certificate for these DNS names and IP addresses.

        A `lifetime` below zero is one that has ended.
        """
        names_of_server = x509.SubjectAlternativeName([_general_name(name) for name in names])
        return _context(self._issue(_name(names[0]), names_of_server, ExtendedKeyUsageOID.SERVER_AUTH, lifetime))

    def client_pem(self, user: str, lifetime: dt.timedelta = LIFETIME) -> bytes:
        """A new key, and a certificate with which `user`, as name@domain, logs on."""
        names = x509.SubjectAlternativeName([x509.RFC822Name(user)])
        return self._issue(_name(user), names, ExtendedKeyUsageOID.CLIENT_AUTH, lifetime)

    def _issue(
        self,
        subject: x509.Name,
        names: x509.SubjectAlternativeName,
        purpose: x509.ObjectIdentifier,
        lifetime: dt.timedelta,
    ) -> bytes:
        """A new key and its certificate, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        certificate = (
            _builder(subject, self._name, public, lifetime)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem + certificate.public_bytes(serialization.Encoding.PEM)


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # ssl takes a key from a file only; the directory is its owner's alone and gone at once.
    with tempfile.TemporaryDirectory(prefix="ssoaudit-lab-") as directory:
        chain = Path(directory, "server.pem")
        chain.write_bytes(pem)
        context.load_cert_chain(chain)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta = LIFETIME
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + lifetime)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
