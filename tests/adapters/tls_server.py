"""A server over TLS on 127.0.0.1 that does with each connection what it is told."""

import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection, create_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "archivos.example.mx"


def make_certificate(folder: Path, host: str = HOST) -> Path:
    """Write a key and a certificate for a host, signed by itself, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class TlsServer:
    """`behave` gets each connection after its request, which `requests` keeps."""

    port: int = 0
    behave: object = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def answers(self, head: str, body: bytes = b"") -> None:
        """Answer with this status line and headers, and this body."""
        text = head.replace("\n", "\r\n") + "\r\n\r\n"
        self.behave = lambda connection: connection.sendall(text.encode() + body)


@contextmanager
def tls_server(certificate: Path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with create_server(("127.0.0.1", 0)) as listener:
        server = TlsServer(port=listener.getsockname()[1])
        ending = threading.Event()

        def serve():
            while True:
                plain, _ = listener.accept()
                server.connections += 1
                with plain:
                    if ending.is_set():
                        return
                    # A client that leaves in the middle is what many tests are about.
                    with suppress(OSError), context.wrap_socket(plain, server_side=True) as tls:
                        tls.settimeout(5)
                        server.requests.append(tls.recv(65536))
                        server.behave(tls)
                        tls.unwrap()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        ending.set()
        with suppress(OSError), create_connection(listener.getsockname()):
            pass
        thread.join(timeout=10)
