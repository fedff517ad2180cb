"""A security key in software: it makes passkeys and signs with them, as WebAuthn says."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "https://testserver"
FLAG = AuthenticatorData.FLAG


@dataclass
class Device:
    """One passkey for one server. `flags` are what it says of its owner: present, verified."""

    origin: str = ORIGIN
    rp_id: str = "testserver"
    flags: AuthenticatorData.FLAG = FLAG.UP | FLAG.UV
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create()` gives for the options of a page."""
        cose: Any = ES256
        public = cose.from_cryptography_key(self.key.public_key())
        attested = AttestedCredentialData.create(b"\0" * 16, self.credential_id, public)
        about = AuthenticatorData.create(self._rp_hash(), self.flags | FLAG.AT, 0, attested)
        said = CollectedClientData.create("webauthn.create", options["publicKey"]["challenge"], self.origin)
        response = {
            "clientDataJSON": websafe_encode(said),
            "attestationObject": websafe_encode(AttestationObject.create("none", about, {})),
        }
        return self._credential(response) | {"clientExtensionResults": {"credProps": {"rk": False}}}

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.get()` gives, ready for JSON."""
        about = AuthenticatorData.create(self._rp_hash(), self.flags, 1)
        said = CollectedClientData.create("webauthn.get", options["publicKey"]["challenge"], self.origin)
        signature = self.key.sign(about + said.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(said),
            "authenticatorData": websafe_encode(about),
            "signature": websafe_encode(signature),
        }
        return self._credential(response)

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        found = {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        plain: dict[str, Any] = json.loads(json.dumps(found))
        return plain

    def _rp_hash(self) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest()
