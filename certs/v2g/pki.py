"""A PKI in a folder: what is in it, and what may be done to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from certs import files, issuing
from certs.issuing import Pair, Subject
from certs.keys import PrivateKey, PublicKey, kind_of, public_bytes
from certs.profiles import Profile
from certs.v2g import names, requests, revocation, store
from certs.v2g.profiles import EDITIONS, Edition
from certs.v2g.store import Entry, Index
from host_tools.errors import ToolError


class Pki:
    """The certificates and keys of one folder.  Errors of all methods: ToolError, OSError from the disk."""

    def __init__(self, folder: Path, index: Index | None = None) -> None:
        self.folder = folder
        self.index = index or store.read(folder)
        self._read: dict[Path, x509.Certificate] = {}  # a certificate's file is never written again: it has a number

    @property
    def edition(self) -> Edition:
        """The edition of the standard that it follows."""
        return EDITIONS[self.index.edition]

    def names(self, role: str = "") -> list[str]:
        """Return the names of a role, or all of them, in the order they were made."""
        return [entry.name for entry in self.index.entries.values() if role in ("", entry.role)]

    def entry(self, name: str) -> Entry:
        """Return what the index says of a name."""
        try:
            return self.index.entries[name]
        except KeyError:
            raise ToolError(f"{self.folder}: no {name} in it; there are {', '.join(self.index.entries)}") from None

    def profile(self, name: str) -> Profile:
        """Return the profile that a name was made by."""
        return self.role(self.entry(name).role)

    def role(self, role: str) -> Profile:
        """Return a role's profile, with this PKI's kind of key."""
        try:
            return replace(self.edition.profile(role), key=self.index.key)
        except KeyError:
            roles = ", ".join(row.name for row in self.edition.profiles)
            raise ToolError(f"no role {role} in ISO 15118-{self.index.edition}; there are {roles}") from None

    def certificate(self, name: str, number: int | None = None) -> x509.Certificate:
        """Return a certificate, the present one where no number is given."""
        path = self.entry(name).path(self.folder, ".pem", number)
        if path not in self._read:
            try:
                self._read[path] = x509.load_pem_x509_certificate(path.read_bytes())
            except (OSError, ValueError) as error:
                raise ToolError(f"{path}: no certificate: {error}") from None
        return self._read[path]

    def key(self, name: str) -> PrivateKey:
        """Return a private key."""
        if self.entry(name).key_elsewhere:
            raise ToolError(f"{name}: its key is not here, it is on the charger that made the request")
        path = self.entry(name).path(self.folder, ".key")
        try:
            return load_pem_private_key(path.read_bytes(), None)  # type: ignore[return-value]
        except (OSError, ValueError, TypeError) as error:
            raise ToolError(f"{path}: no private key: {error}") from None

    def pair(self, name: str) -> Pair:
        """Return certificate and key."""
        return Pair(self.certificate(name), self.key(name))

    def chain(self, name: str) -> list[str]:
        """Return the names from this one to its root, both included."""
        found = [name]
        while (issuer := self.entry(found[-1]).issuer) != found[-1]:
            if issuer in found:
                raise ToolError(f"{self.folder}: {issuer} is among its own issuers")
            found.append(issuer)
        return found

    def issue(
        self,
        role: str,
        *,
        name: str = "",
        issuer: str = "",
        identity: str = "",
        holder: str = "",
        now: datetime | None = None,
    ) -> str:
        """Make another certificate of a role with a new key; return its name.

        name: the role's own, with a number where it is taken.  issuer: the first of the profile's.
        identity: EMAID, PCID or SECC id, for the roles that have one.  holder: PCID of the only vehicle that may be
        provided with this contract.
        """
        if holder and role != "contract":
            raise ToolError(f"a {role} is for no single vehicle; a contract may be")
        with self.change():
            made = self.add(role, name, issuer, identity, now or datetime.now(UTC))
            self.entry(made).holder = names.pcid(holder) if holder else ""
            return made

    def add(self, role: str, name: str, issuer: str, identity: str, now: datetime) -> str:
        """Do the work of `issue` within a change that others share."""
        profile = self.role(role)
        name = self._free_name(role, name)
        root = profile.issuer == profile.name
        issuer = name if root else issuer or self._first(profile.issuer)
        entry = Entry(name, role, issuer, self._common_name(profile, name, identity))
        signer = None if root else self.pair(issuer)
        self.index.entries[name] = entry
        self.install(name, self._made(profile, entry, signer, now, None))
        return name

    def sign_request(self, request: x509.CertificateSigningRequest, *, now: datetime | None = None) -> str:
        """Certify a charger's key, which stays with it; return the name, which a charger keeps in later requests.

        request: one that `requests.read` has judged: its common name is the SECC id.
        """
        identity = requests.identity(request)
        with self.change():
            name = self._name_of_charger(identity, public_bytes(request.public_key()))  # type: ignore[arg-type]
            self._certify(name, request.public_key(), now or datetime.now(UTC))  # type: ignore[arg-type]
            return name

    def renew(self, name: str, *, new_key: bool = False, now: datetime | None = None) -> list[str]:
        """Make a new certificate in place of a name's present one; return names whose issuer's key is gone by that."""
        with self.change():
            entry = self.entry(name)
            if entry.key_elsewhere:
                if new_key:
                    raise ToolError(
                        f"{name}: its key is on its charger: `gridkeel pki sign-csr` takes its next request"
                    )
                self._certify(name, self.certificate(name).public_key(), now or datetime.now(UTC))  # type: ignore[arg-type]
                return []
            key = None if new_key else self.key(name)
            signer = None if entry.issuer == name else self.pair(entry.issuer)
            self.install(name, self._made(self.profile(name), entry, signer, now or datetime.now(UTC), key))
            below = [each.name for each in self.index.entries.values() if each.issuer == name != each.name]
            return below if new_key else []

    def revoke(self, name: str, *, now: datetime | None = None) -> tuple[Path, Path]:
        """Revoke a name's present certificate; return its issuer's new list and its OCSP response.

        One that is revoked already keeps its time and gets both anew.
        """
        now = now or datetime.now(UTC)
        with self.change():
            entry = self.entry(name)
            issuer = self.entry(entry.issuer)
            if issuer is entry:
                raise ToolError(f"{name} is a root: nobody can revoke it, take it out of what trusts it")
            at = entry.revoked.setdefault(str(entry.number), now.isoformat(timespec="seconds"))
            signer = self.pair(issuer.name)
            issuer.crl = entry.ocsp = issuer.crl + 1
            crl = revocation.revocation_list(signer, self._revoked_by(issuer.name), issuer.crl, now)
            answer = revocation.revoked_response(self.certificate(name), signer, datetime.fromisoformat(at), now)
            files.write(issuer.crl_path(self.folder), crl)
            files.write(entry.ocsp_path(self.folder), answer)
            return issuer.crl_path(self.folder), entry.ocsp_path(self.folder)

    def install(self, name: str, pair: Pair) -> None:
        """Put a pair in place of a name's present one; only within a change."""
        entry = self.entry(name)
        (self.folder / name).mkdir(mode=files.FOLDER, exist_ok=True)
        files.write_pair(entry.path(self.folder, "", entry.number + 1), pair)
        entry.number += 1

    def _name_of_charger(self, identity: str, public: bytes) -> str:
        """Return the entry of a charger that makes its own keys, a new one where there is none."""
        known = [entry for entry in self.index.entries.values() if entry.role == "secc"]
        for entry in known:
            if entry.common_name != identity and public_bytes(self.certificate(entry.name).public_key()) == public:  # type: ignore[arg-type]
                raise ToolError(f"{identity}: its key is that of {entry.name} ({entry.common_name}) already")
        for entry in known:
            if entry.key_elsewhere and entry.common_name == identity:
                return entry.name
        name = self._free_name("secc", "")
        issuer = self._first(self.role("secc").issuer)
        self.index.entries[name] = Entry(name, "secc", issuer, identity, key_elsewhere=True)
        return name

    def _certify(self, name: str, public: PublicKey, now: datetime) -> None:
        entry = self.entry(name)
        profile = self.profile(name)
        if kind_of(public) != profile.key:
            raise ToolError(f"{entry.common_name}: a key of kind {kind_of(public)}, here they are {profile.key}")
        try:
            made = issuing.certify(profile, self._subject(entry), self.pair(entry.issuer), now, public)
        except ValueError as error:
            raise ToolError(f"{name}: {error}") from None
        self._check_size(profile, entry, made)
        (self.folder / name).mkdir(mode=files.FOLDER, exist_ok=True)
        files.write_certificate(entry.path(self.folder, "", entry.number + 1), made)
        entry.number += 1

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Read the index, let the block change it, and make that count; where the block raises, nothing has changed."""
        with store.locked(self.folder):
            self.index = store.read(self.folder)
            try:
                yield
                store.write(self.folder, self.index)
            except BaseException:
                self.index = store.read(self.folder)
                raise

    def _made(self, profile: Profile, entry: Entry, signer: Pair | None, now: datetime, key: PrivateKey | None) -> Pair:
        try:
            pair = issuing.make(profile, self._subject(entry), signer, now, key=key)
        except ValueError as error:  # a subject that X.509 does not take, or an issuer that is no CA
            raise ToolError(f"{entry.name}: {error}") from None
        self._check_size(profile, entry, pair.certificate)
        return pair

    def _subject(self, entry: Entry) -> Subject:
        return Subject(entry.common_name, self.index.organisation, self.index.country, ocsp_url=self.index.ocsp_url)

    def _check_size(self, profile: Profile, entry: Entry, certificate: x509.Certificate) -> None:
        size = len(certificate.public_bytes(Encoding.DER))
        if profile.max_bytes is not None and size > profile.max_bytes:
            raise ToolError(f"{entry.name}: {size} bytes of DER, {profile.max_bytes} may be: shorten the names")

    def _first(self, role: str) -> str:
        found = self.names(role)
        if not found:
            raise ToolError(f"{self.folder}: no {role} to sign with; issue one first")
        return found[0]

    def _free_name(self, role: str, name: str) -> str:
        if name in self.index.entries:
            raise ToolError(
                f"{self.folder}: {name} is there already; gridkeel pki renew makes a new certificate for it"
            )
        if name:
            return names.entry_name(name)
        return next(n for n in (role, *(f"{role}-{i}" for i in range(2, 10_000))) if n not in self.index.entries)

    def _common_name(self, profile: Profile, name: str, identity: str) -> str:
        if profile.identity:
            if not identity and self.names(profile.name):
                raise ToolError(f"a second {profile.name} needs an identity of its own ({profile.identity})")
            return names.CHECKS[profile.identity](identity or names.DEFAULTS[profile.identity])
        if identity:
            raise ToolError(f"{profile.name} takes no identity")
        _, _, number = name.partition(f"{profile.name}-")
        return f"{profile.common_name} {number}" if number else profile.common_name

    def _revoked_by(self, issuer: str) -> dict[int, datetime]:
        return {
            self.certificate(entry.name, int(number)).serial_number: datetime.fromisoformat(at)
            for entry in self.index.entries.values()
            if entry.issuer == issuer
            for number, at in entry.revoked.items()
        }
