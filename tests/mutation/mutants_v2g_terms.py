"""The mutants of what is offered and told: schedules, modes, status, meter, numbers."""

from __future__ import annotations

from mutant import Table

V2G_TERMS: Table = (
    (
        "v2g/schedules.py",
        ("test_v2g_schedules", "test_v2g_phases"),
        (
            ("ENTRIES_UNASKED = 23", "ENTRIES_UNASKED = 24"),
            ("DAY_S = 86400", "DAY_S = 90000"),
            ("max(0, min(rating_w, power_w))", "max(0, power_w)"),
            ("max(0, min(rating_w, power_w))", "min(rating_w, power_w)"),
            ("if start_s < end_s and", "if start_s <= end_s and"),
            ("power_w != offer[-1][1]", "power_w > offer[-1][1]"),
            ("max(1, min(entries, ENTRIES_MAX))", "min(entries, ENTRIES_MAX)"),
            ("if len(offer) > most:", "if len(offer) > most + 1:"),
            (
                "min(power_w for _start, power_w in offer[most - 1 :])",
                "max(power_w for _start, power_w in offer[most - 1 :])",
            ),
            ("min(end_s, offer[-1][0] + DAY_S)", "end_s"),
            ("min(departure_s or DAY_S, START_MAX_S)", "DAY_S"),
            ("start_s <= entries[-1][0]", "start_s < entries[-1][0]"),
            (" or power_w < 0:", ":"),
            ("if power_w > _least(context, start_s, until_s):", "if power_w >= _least(context, start_s, until_s):"),
            ("if power_w > _least(context, start_s, until_s):", "if power_w > _least(context, start_s, start_s + 1):"),
            ("if power_w > _least(context, start_s, until_s):", "if False:"),
            ("entries[k + 1][0] if k + 1 < len(entries) else _NEVER_S", "_NEVER_S"),
            ("if from_s < until_s and", "if from_s <= until_s and"),
            ("and start_s < to_s and", "and start_s <= to_s and"),
            ("or power_w < least_w", "or power_w > least_w"),
            ("return 0 if least_w is None else least_w", "return _NEVER_S if least_w is None else least_w"),
            ("to_s = context.offer_end_s if last", "to_s = _NEVER_S if last"),
            ('"W", None, codes.PROFILE_INVALID', '"A", None, codes.PROFILE_INVALID'),
            ("context.offer_end_s - context.offer[-1][0]", "context.offer_end_s"),
        ),
    ),
    (
        "v2g/modes.py",
        ("test_v2g_schedules", "test_v2g_contract_edges", "test_v2g_refusals", "test_v2g_resume"),
        (
            (
                "bits & CONTRACT_BIT and context.secured and context.credentials.anchors()",
                "bits & CONTRACT_BIT and context.credentials.anchors()",
            ),
            (
                "bits & CONTRACT_BIT and context.secured and context.credentials.anchors()",
                "context.secured and context.credentials.anchors()",
            ),
            (" and context.credentials.anchors():", ":"),
            ("    if bits & EXTERNAL_BIT:", "    if True:"),
            ("        return [context.joined.payment]\n", "        pass\n"),
            ("return [context.joined.energy_mode] if context.joined else offered", "return offered"),
            (" and name in able]", "]"),
            ("return chosen or list(usual)", "return chosen or list(able)"),
            ("AC_THREE if charger.three_phase else _AC_ONE", "AC_THREE"),
        ),
    ),
    (
        "v2g/status.py",
        ("test_v2g_status", "test_v2g_sessions", "test_v2g_connection"),
        (
            ("context.failed or charger.stop_asked", "charger.stop_asked"),
            ("context.failed or charger.stop_asked or not charger.ready", "context.failed or not charger.ready"),
            ("charger.stop_asked or not charger.ready", "charger.stop_asked"),
            ("if context.started and (charger", "if (charger"),
            (
                "(charger.renegotiate_asked or charger.schedule_number != context.schedule_number)",
                "charger.renegotiate_asked",
            ),
            (
                "(charger.renegotiate_asked or charger.schedule_number != context.schedule_number)",
                "charger.schedule_number != context.schedule_number",
            ),
            ("bool(context.charger.rcd)", "False"),
            (
                '("Invalid", "Invalid", "Valid", "Warning", "Fault")',
                '("Invalid", "Valid", "Valid", "Warning", "Fault")',
            ),
            (
                '("Invalid", "Invalid", "Valid", "Warning", "Fault")',
                '("Invalid", "Invalid", "Valid", "Warning", "Warning")',
            ),
            ("    if charger.isolation == ISOLATION_FAULT:", "    if False:"),
            ("if wish == STOP or context.stopping:", "if wish == STOP:"),
            ("if wish == STOP or context.stopping:", "if context.stopping:"),
            ('"EVSE_Ready" if charger.isolation in', '"EVSE_Ready" if True or charger.isolation in'),
            ("if wish == NONE or context.failed else", "if wish == NONE else"),
            (
                '"EVSEMaximumCurrentLimit": physical(charger.max_current_a, "A")',
                '"EVSEMaximumCurrentLimit": physical(charger.min_current_a, "A")',
            ),
            (
                '"EVSEMaximumVoltageLimit": physical(charger.max_voltage_v, "V")',
                '"EVSEMaximumVoltageLimit": physical(charger.min_voltage_v, "V")',
            ),
            (
                '"EVSEMaximumPowerLimit": physical(charger.max_power_w, "W")',
                '"EVSEMaximumPowerLimit": physical(charger.offered_w, "W")',
            ),
            (
                '"EVSEMinimumVoltageLimit": physical(charger.min_voltage_v, "V")',
                '"EVSEMinimumVoltageLimit": physical(0, "V")',
            ),
            (
                '"EVSEMinimumCurrentLimit": physical(charger.min_current_a, "A")',
                '"EVSEMinimumCurrentLimit": physical(charger.max_current_a, "A")',
            ),
            (
                '"EVSENominalVoltage": physical(charger.nominal_voltage_v, "V")',
                '"EVSENominalVoltage": physical(charger.max_voltage_v, "V")',
            ),
            (
                '"EVSEMaxCurrent": physical(charger.max_current_a, "A")',
                '"EVSEMaxCurrent": physical(charger.min_current_a, "A")',
            ),
        ),
    ),
    (
        "v2g/metering.py",
        ("test_v2g_contract", "test_v2g_contract_edges", "test_v2g_phases"),
        (
            (
                "bool(context.parameters.v2g_receipt) and context.payment == modes.CONTRACT",
                "bool(context.parameters.v2g_receipt)",
            ),
            (
                "bool(context.parameters.v2g_receipt) and context.payment == modes.CONTRACT",
                "context.payment == modes.CONTRACT",
            ),
            ('body["SessionID"] != context.session_id or ', ""),
            (' or body["MeterInfo"] != context.meter_told', ""),
            ("    if checked != signatures.OK:", "    if False:"),
            ("states.RECEIPTED_DC if context.is_dc else states.RECEIPTED_AC", "states.RECEIPTED_AC"),
            ("    context.meter_told = info\n", ""),
        ),
    ),
    (
        "v2g/values.py",
        ("test_v2g_schedules", "test_v2g_bounds"),
        (
            ('    if found["Unit"] != unit:', "    if False:"),
            ("_SHORT_MAX = 32767", "_SHORT_MAX = 65535"),
            ("multiplier < 3:", "multiplier < 2:"),
            ("multiplier < 3:", "multiplier < 4:"),
            ("max(-_SHORT_MAX, min(_SHORT_MAX, whole))", "whole"),
            (
                'if multiplier >= 0 else found["Value"] / 10**-multiplier',
                'if multiplier > 0 else found["Value"] / 10 ** (1 - multiplier)',
            ),
            ("if tenths % 10 and", "if tenths and"),
            ("tenths = round(value * 10)", "tenths = int(value) * 10"),
        ),
    ),
)
