"""The mutants of Plug & Charge: signatures, contracts, the backend's answer."""

from __future__ import annotations

from mutant import Table

V2G_CONTRACT: Table = (
    (
        "v2g/signatures.py",
        ("test_v2g_contract", "test_v2g_signatures"),
        (
            ("        return MISSING\n", "        return OK\n"),
            ("    if found != OK:\n        return found\n", ""),
            ('not body.get("Id") or ', ""),
            ('reference.get("URI") != "#" + body["Id"]', 'not reference.get("URI")'),
            ('        if digest != reference["DigestValue"]:', "        if False:"),
            ('digest != reference["DigestValue"]', 'digest[:4] != reference["DigestValue"][:4]'),
            ("return OK if matches else MISMATCH", "return OK"),
            ("return OK if matches else MISMATCH", "return MISMATCH if matches else OK"),
            ("len(value) != ecdsa.SIGNATURE_BYTES or ", ""),
            (" or len(references) != 1:", " or not references:"),
            (
                "(CANONICAL_EXI, ECDSA_SHA256, SHA256)",
                '(info["CanonicalizationMethod"]["Algorithm"], ECDSA_SHA256, SHA256)',
            ),
            ("(CANONICAL_EXI, ECDSA_SHA256, SHA256)", '(CANONICAL_EXI, info["SignatureMethod"]["Algorithm"], SHA256)'),
            (
                "(CANONICAL_EXI, ECDSA_SHA256, SHA256)",
                '(CANONICAL_EXI, ECDSA_SHA256, references[0]["DigestMethod"]["Algorithm"])',
            ),
            ("len(transforms) != 1 or ", "not transforms or "),
            (' or transforms[0]["Algorithm"] != CANONICAL_EXI', ""),
            ('grammars.xmldsig(), "SignedInfo", info', 'grammars.iso2(), "SignedInfo", info'),
            ("        return FORM  # an element", "        return OK  # an element"),
            ("memoryview(scratch)[:end]", "memoryview(scratch)[: end - 1]"),
        ),
    ),
    (
        "v2g/payment.py",
        ("test_v2g_contract", "test_v2g_contract_edges"),
        (
            ('    if not emaid.same(leaf.common_name, body["eMAID"]):', "    if False:"),
            ("    if context.charger.authorized == context.REFUSED:", "    if False:"),
            ("bytes(context.random(CHALLENGE_BYTES))", "bytes(CHALLENGE_BYTES)"),
            ("bytes(context.random(CHALLENGE_BYTES))", "bytes(context.random(1)) * CHALLENGE_BYTES"),
            ("    refusals.REVOKED: codes.REVOKED,\n", ""),
            ("    refusals.EXPIRED: codes.CERTIFICATE_EXPIRED,\n", ""),
            ("    refusals.NOT_YET_VALID: codes.CERTIFICATE_EXPIRED,\n", ""),
            ("    refusals.CLOCK_UNSET: codes.CERTIFICATE_EXPIRED,\n", ""),
            ("    if result != refusals.OK:", "    if False:"),
            ("context.unix_s(), credentials.crls, profile", "context.unix_s(), [], profile"),
            ("context.unix_s(), credentials.crls, profile", "context.unix_s() or 0, credentials.crls, profile"),
            ("profiles.CONTRACT)", "profiles.OEM_PROVISIONING)"),
            ("codes.EXPIRES_SOON if leaf", "codes.OK if leaf"),
            ("< soon_s else", "> soon_s else"),
            (
                'raise RefusedError(codes.CERT_CHAIN_ERROR, "the contract',
                'raise RefusedError(codes.FAILED, "the contract',
            ),
            ('[sent["Certificate"]] + sent.get("SubCertificates", {}).get("Certificate", [])', '[sent["Certificate"]]'),
        ),
    ),
    (
        "v2g/emaid.py",
        ("test_v2g_emaid",),
        (
            ("    if not one or not other:\n        return False\n", ""),
            ("return one == other or len(one) != len(other) and", "return one == other or"),
            (
                "return one == other or len(one) != len(other) and one[:_UNCHECKED] == other[:_UNCHECKED]",
                "return one == other",
            ),
            ("_UNCHECKED = 14", "_UNCHECKED = 13"),
        ),
    ),
    (
        "v2g/credentials.py",
        ("test_v2g_contract", "test_v2g_contract_edges"),
        (
            ("return self.mo_roots + self.v2g_roots", "return self.mo_roots"),
            ("return self.mo_roots + self.v2g_roots", "return self.v2g_roots"),
            ("        self.crls = list(crls)\n", "        self.crls = []\n"),
        ),
    ),
    (
        "v2g/authorization.py",
        ("test_v2g_contract_edges", "test_v2g_contract", "test_v2g_sessions", "test_v2g_phases", "test_v2g_refusals"),
        (
            ('challenge, context.challenge = context.challenge, b""', "challenge = context.challenge"),
            ('body.get("GenChallenge") != challenge', "False"),
            ("    if checked != signatures.OK:", "    if False:"),
            ("if authorized == context.REFUSED or context.charger.stop_asked:", "if authorized == context.REFUSED:"),
            ("if authorized == context.REFUSED or context.charger.stop_asked:", "if context.charger.stop_asked:"),
            ("    if authorized == context.GRANTED:", "    if authorized != context.REFUSED:"),
            ("    if context.payment == modes.CONTRACT:", "    if False:"),
            ("body, context.contract_key)", "body, x509_key(context))"),
            ('codes.CHALLENGE_INVALID, "not', 'codes.SIGNATURE_ERROR, "not'),
        ),
    ),
    (
        "v2g/secc.py",
        ("test_v2g_certificates",),
        (("            self._context.backend.lose()\n", "            pass\n"),),
    ),
    (
        "v2g/certificates.py",
        ("test_v2g_certificates", "test_v2g_contract_edges"),
        (
            ("_BACKEND_MS = 4200", "_BACKEND_MS = 4900"),
            ("if backend.failed or ticks", "if ticks"),
            ("    if checked != signatures.OK:", "    if False:"),
            ("            backend.lose()\n", ""),
            ('    if message["Header"]["SessionID"] != context.session_id:', "    if False:"),
            ('    if response["ResponseCode"].startswith("FAILED"):', "    if False:"),
            ('message["Body"][expected]', 'next(iter(message["Body"].values()))'),
            ("    yield from _check(context, kind, v2gtp.HEADER_BYTES + len(answer))\n", "    yield\n"),
            ('"the backend failed" if backend.failed else "the backend is silent"', '"the backend failed"'),
            ("codes.CERT_CHAIN_ERROR, refusals", "codes.NO_CERTIFICATE, refusals"),
            ("    except (errors.ExiError, KeyError):", "    except errors.ExiError:"),
        ),
    ),
)
