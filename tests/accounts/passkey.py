"""A device with a passkey, as software: it answers what the site asks, as a phone does after a look at its owner."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Device:
    """Holds one key, for one account."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = uuid4().bytes
        self.account = ""

    def register(self, client: Client) -> None:
        """Add the passkey to the account that is signed in."""
        asked = client.get(reverse("new_passkey_question")).json()["publicKey"]
        self.account = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        about = AuthenticatorData.create(
            sha256(asked["rp"]["id"].encode()).digest(),
            PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT,
            0,
            AttestedCredentialData.create(Aaguid.NONE, self.id, public),
        )
        said = {
            "clientDataJSON": websafe_encode(self._client_data("webauthn.create", asked)),
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", about, {}))),
        }
        client.post(reverse("add_passkey"), {"name": "Phone", "credential": self._answer(said)})

    def sign_in(self, client: Client) -> Any:
        """Come in with it."""
        asked = client.get(reverse("passkey_question")).json()["publicKey"]
        about = bytes(AuthenticatorData.create(sha256(asked["rpId"].encode()).digest(), PRESENT_AND_VERIFIED, 1))
        data = self._client_data("webauthn.get", asked)
        signature = self.key.sign(about + sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
        said = {
            "clientDataJSON": websafe_encode(data),
            "authenticatorData": websafe_encode(about),
            "signature": websafe_encode(signature),
            "userHandle": self.account,
        }
        return client.post(reverse("passkey_sign_in"), {"credential": self._answer(said)})

    def _answer(self, said: dict[str, str]) -> str:
        number = websafe_encode(self.id)
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": said})

    @staticmethod
    def _client_data(deed: str, asked: dict[str, Any]) -> bytes:
        about = {"type": deed, "challenge": asked["challenge"], "origin": "https://testserver"}
        return json.dumps(about).encode()
