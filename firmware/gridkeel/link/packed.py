"""The message table as the device carries it: link/messages.py, packed by `make generate`.

RECORDS: message, the struct codes of its fields, and "1" for each field that counts and so may stop at its end.
COMMANDS: message and codes.  TEXT: what a host may ask for, HASH its CRC-32.
"""

RECORDS: tuple = (
    (  # telemetry
        1,
        b"IiiiiHBBiiihBBIIHIHHHBiiiBBiiBBiBhBBBBHiIihHH",
        b"000000000000000000111000000000000000000000010",
    ),
    (  # event
        2,
        b"IBBi",
        b"0000",
    ),
    (  # result
        3,
        b"IHB",
        b"000",
    ),
    (  # parameter
        4,
        b"IHBi",
        b"0000",
    ),
    (  # handshake
        8,
        b"IHBBBIIIIIIIIIIIIIIIIBHBHIIII",
        b"00000000000000000000010100000",
    ),
    (  # v2g
        9,
        b"IHBBBI",
        b"000000",
    ),
)

COMMANDS: tuple = (
    (16, b"HiI"),  # setpoint
    (17, b"HBi"),  # param_set
    (18, b"HB"),  # param_get
    (19, b"HB"),  # mode
    (24, b"HIH"),  # departure
    (26, b"HB"),  # access
    (20, b"Hh"),  # regulate
    (21, b"HBIHHH"),  # demand
    (22, b"HBHBihh"),  # plan
    (23, b"HBBhhhhhh"),  # plan_prices
    (25, b"HIH"),  # time
)

HASH = 0xE3218AA5

# fmt: off
TEXT = (
    b"gridkeel-table 1\nenum STATES 0=safe 1=run 2=ceased 3=returning 4=blocked\nenum LIMITERS 0=none 1="
    b"droop 2=setpoint 3=baseline 4=ramp 5=charge_rating 6=discharge_rating 7=soc_reserve 8=soc_full 9"
    b"=soc_unknown 10=v1g 11=inverter_rating 12=ceased 13=stale_samples 14=inverter_lost 15=mode_safe "
    b"16=fast_reserve 17=regulation 18=event 19=schedule 20=departure 21=power_range 22=enter_ramp 23="
    b"blocked 24=sustained_energy 25=cable_rating 26=ev_rating 27=temperature 28=vehicle 29=session 30"
    b"=reactive 31=not_following 32=minimum_current\nenum RESULTS 0=ok 1=unknown 2=out_of_range 3=refus"
    b"ed 4=expired\nenum MODES 0=safe 1=auto\nenum LEVELS 0=baseline 1=schedule 2=secondary 3=departure "
    b"4=event 5=primary 6=protection 7=safety\nenum EVENT_KINDS 0=cancel 1=shed 2=shift 3=reserve\nenum "
    b"EVENT_STATES 0=idle 1=pending 2=active 3=recovering\nenum RESERVE_STATES 0=off 1=ready 2=active 3"
    b"=ramp_off 4=resting\nenum VERDICTS 0=none 1=shed 2=shifted 3=battery 4=added\nenum CLOCK_STATES 0="
    b"unknown 1=settling 2=known 3=implausible\nenum ACCESS_WORDS 0=waiting 1=granted 2=refused\nenum PI"
    b"LOT_STATES 0=none 1=A 2=B 3=C 4=D 5=E 6=F\nenum CONTACTOR_STATES 0=open 1=closing 2=closed 3=open"
    b"ing 4=welded 5=stuck\nenum OFFERS 0=none 1=digital 2=step 3=basic 4=out\nenum INVERTER_STATES 0=se"
    b"arching 1=ready 2=driving 3=silent 4=unsuited\nenum V2G_KINDS 0=other 1=connected 2=session 3=mes"
    b"sage 4=late 5=refused 6=certificate 7=signature 8=contract 9=backend 10=delivery 11=closed 12=tu"
    b"rned_away 13=tls_failed 14=trailing\nenum V2G_CODES 0=other 1=tcp 2=tls 3=new 4=joined 5=paused 6"
    b"=stopped 7=ended 8=accepted 9=answered 10=started 11=renegotiation 12=supportedAppProtocolReq 13"
    b"=SessionSetupReq 14=ServiceDiscoveryReq 15=ServiceDetailReq 16=PaymentServiceSelectionReq 17=Cer"
    b"tificateInstallationReq 18=CertificateUpdateReq 19=PaymentDetailsReq 20=AuthorizationReq 21=Char"
    b"geParameterDiscoveryReq 22=PowerDeliveryReq 23=ChargingStatusReq 24=MeteringReceiptReq 25=CableC"
    b"heckReq 26=PreChargeReq 27=CurrentDemandReq 28=WeldingDetectionReq 29=SessionStopReq 30=OK 31=OK"
    b"_NewSessionEstablished 32=OK_OldSessionJoined 33=OK_CertificateExpiresSoon 34=OK_SuccessfulNegot"
    b"iation 35=OK_SuccessfulNegotiationWithMinorDeviation 36=Failed_NoNegotiation 37=FAILED 38=FAILED"
    b"_SequenceError 39=FAILED_ServiceIDInvalid 40=FAILED_UnknownSession 41=FAILED_ServiceSelectionInv"
    b"alid 42=FAILED_PaymentSelectionInvalid 43=FAILED_CertificateExpired 44=FAILED_SignatureError 45="
    b"FAILED_NoCertificateAvailable 46=FAILED_CertChainError 47=FAILED_ChallengeInvalid 48=FAILED_Cont"
    b"ractCanceled 49=FAILED_WrongChargeParameter 50=FAILED_PowerDeliveryNotApplied 51=FAILED_TariffSe"
    b"lectionInvalid 52=FAILED_ChargingProfileInvalid 53=FAILED_MeteringSignatureNotValid 54=FAILED_No"
    b"ChargeServiceSelected 55=FAILED_WrongEnergyTransferMode 56=FAILED_ContactorError 57=FAILED_Certi"
    b"ficateNotAllowedAtThisEVSE 58=FAILED_CertificateRevoked 59=contract 60=ok 61=encoding 62=oversiz"
    b"ed 63=unknown_algorithm 64=unknown_curve 65=bad_key 66=unknown_critical 67=chain_length 68=subje"
    b"ct 69=basic_constraints 70=key_usage 71=path_length 72=chain_order 73=wrong_root 74=clock_unset "
    b"75=not_yet_valid 76=expired 77=bad_signature 78=revoked 79=crl_signature 80=crl_missing 81=crl_s"
    b"tale 82=wrong_emaid 83=signature_missing 84=signature_form 85=signature_reference 86=signature_d"
    b"igest 87=signature_mismatch 88=unplugged 89=message_too_long 90=message_overrun 91=frame_invalid"
    b" 92=message_invalid 93=request_timeout 94=protocol_unknown 95=closed_by_ev 96=internal_error 97="
    b"tls_required 98=out_of_order 99=not_a_request 100=session_id_wrong 101=already_started 102=payme"
    b"nt_not_offered 103=service_not_offered 104=charge_service_missing 105=no_payment_option 106=not_"
    b"authorized 107=backend_missing 108=backend_failed 109=backend_timeout 110=backend_refused 111=ba"
    b"ckend_answer_invalid 112=no_root 113=emaid_mismatch 114=contract_refused 115=challenge_mismatch "
    b"116=receipt_mismatch 117=mode_not_offered 118=mode_changed 119=mode_limits_missing 120=unit_wron"
    b"g 121=ac_limits_invalid 122=dc_limits_invalid 123=min_current_too_high 124=ev_error 125=schedule"
    b"_not_offered 126=charging_profile_invalid 127=charging_profile_cut 128=nothing_to_renegotiate 12"
    b"9=charger_not_ready 130=no_state_c 131=contactor_welded 132=contactor_not_closed 133=contactor_n"
    b"ot_open 134=isolation_fault 135=isolation_timeout 136=precharge_current 137=target_out_of_range "
    b"138=ev_does_not_stop 139=ev_reconnected 140=ev_does_not_read 141=sdp 142=EVTargetVoltage 143=EVT"
    b"argetCurrent 144=FAILED_RESSTemperatureInhibit 145=FAILED_EVShiftPosition 146=FAILED_ChargerConn"
    b"ectorLockFault 147=FAILED_EVRESSMalfunction 148=FAILED_ChargingCurrentdifferential 149=FAILED_Ch"
    b"argingVoltageOutOfRange 150=FAILED_ChargingSystemIncompatibility 151=duty_not_5_percent 152=cont"
    b"actor_resting\nenum CATALOGUE 0=none 64=config_invalid 10=samples_lost 11=samples_clipped 20=main"
    b"s_lost 21=under_frequency 22=over_frequency 23=rocof_trip 24=under_voltage 25=over_voltage 26=po"
    b"wer_uncommanded 30=inverter_silent 31=inverter_not_found 42=inverter_map 38=inverter_not_followi"
    b"ng 39=power_unknown 32=inverter_exception 33=inverter_readback 34=inverter_frame 35=inverter_uns"
    b"uited 36=inverter_overridden 37=inverter_no_reactive 41=inverter_slow 40=soc_unknown 50=host_los"
    b"t 51=setpoint_expired 53=regulation_lost 52=records_dropped 55=host_time 60=control_allocated 61"
    b"=task_stopped 62=watchdog_reset 70=pilot_error 71=pilot_diode 72=contactor_welded 73=contactor_s"
    b"tuck 74=rcd_tripped 75=isolation_fault 76=ventilation_wanted 63=service_stopped\nenum TABLE 0=nom"
    b"inal_hz 1=nominal_v 2=sample_hz 3=block_ms 4=adc_uv 5=droop_deadband_mhz 6=droop_span_mhz 7=fast"
    b"_switch_mhz 8=baseline_w 9=setpoint_ramp_w_s 10=setpoint_max_s 11=charge_max_w 12=discharge_max_"
    b"w 13=v2g_enable 14=soc_reserve_pct_x100 15=soc_full_pct_x100 16=soc_stale_ms 17=mains_loss_pct 1"
    b"8=trip_under_mhz 19=trip_over_mhz 20=trip_frequency_ms 21=trip_rocof_mhz_s 22=trip_rocof_ms 23=r"
    b"eturn_low_mhz 24=return_high_mhz 25=return_volt_pct 26=return_delay_ms 27=modbus_unit 28=modbus_"
    b"baud 29=modbus_timeout_ms 30=inverter_poll_ms 31=inverter_silent_ms 32=reversion_s 33=command_st"
    b"ep_w 34=telemetry_ms 35=host_silent_ms 36=start_delay_ms 37=samples_stale_ms 38=watchdog_ms 39=s"
    b"ample_clock_ppm 40=droop_profile 41=droop_response_ms 42=droop_frozen_base 43=droop_hysteresis_m"
    b"hz 44=droop_charge_max_w 45=droop_discharge_max_w 46=response_latency_ms 47=power_min_w 48=power"
    b"_max_w 49=fast_reserve 50=fast_reserve_w 51=fast_reserve_confirm_ms 52=trip_profile 53=stagger 5"
    b"4=trip_spread_ms 55=return_spread_ms 56=return_high_pct 57=enter_ramp_s 58=regulation_w 59=regul"
    b"ation_ramp_w_s 60=regulation_expiry_ms 61=regulation_fallback 62=event_spread_s 63=plan_charge_w"
    b" 64=plan_discharge_w 65=reactive_mode 66=reactive_var 67=reactive_max_var 68=power_factor_x1000 "
    b"69=volt_var_deadband_permille 70=volt_var_span_permille 71=battery_wh 72=efficiency_pct 73=horiz"
    b"on_s 74=cable_max_w 75=ev_charge_max_w 76=ev_discharge_max_w 77=temperature_sensor 78=derate_fro"
    b"m_c 79=derate_span_k 80=account_window_s 81=account_tolerance_pct 82=enter_at_start 83=sample_cl"
    b"ock_trim_ppm 84=v2g_tls 85=v2g_payment 86=v2g_energy_modes 87=v2g_free 88=v2g_receipt 89=v2g_not"
    b"ice_s 90=v2g_expires_soon_days 91=evse 92=outlet 93=phases 94=cable_current_max_a 95=ventilation"
    b" 96=access_free 97=hlc_wait_s 98=dc_voltage_min_v 99=dc_voltage_max_v 100=dc_current_min_a 101=d"
    b"c_current_max_a 102=dc_ripple_a 103=reactive_priority 104=temperature_stale_ms 105=report_filter"
    b" 106=v2g_mutual 107=volt_var_response_ms\nmessage 1 telemetry\nfield uptime_ms I ms\nfield freq_uhz"
    b" i uHz\nfield freq_short_uhz i uHz\nfield rocof_mhz_s i mHz/s\nfield voltage_mv i mV\nfield quality "
    b"H bits\nfield state B STATES\nfield limiter B LIMITERS\nfield wish_w i W\nfield command_w i W\nfield "
    b"power_w i W\nfield soc_pct_x100 h 0.01 %\nfield fault B CATALOGUE\nfield inverter_state B INVERTER_"
    b"STATES\nfield loop_gap_us I us\nfield loop_gap_max_us I us\nfield step_max_us H us\nfield heap_free "
    b"I B\nfield bus_errors H count\nfield link_errors H count\nfield dropped H count\nfield level B LEVEL"
    b"S\nfield base_w i W\nfield primary_w i W\nfield var_wish i var\nfield event_state B EVENT_STATES\nfie"
    b"ld reserve_state B RESERVE_STATES\nfield charge_limit_w i W\nfield discharge_limit_w i W\nfield cha"
    b"rge_limiter B LIMITERS\nfield discharge_limiter B LIMITERS\nfield deviation_wh i Wh\nfield verdict "
    b"B VERDICTS\nfield sample_clock_ppm h ppm\nfield sample_clock_state B CLOCK_STATES\nfield pilot B PI"
    b"LOT_STATES\nfield contactor B CONTACTOR_STATES\nfield offer B OFFERS\nfield duty_permille H 0.1 %\nf"
    b"ield offered_w i W\nfield energy_wh I Wh\nfield var i var\nfield temperature_c h degC\nfield contact"
    b"or_operations H count\nfield unmetered_s H s\nmessage 2 event\nfield uptime_ms I ms\nfield fault B C"
    b"ATALOGUE\nfield active B flag\nfield value i \nmessage 3 result\nfield uptime_ms I ms\nfield command "
    b"H id\nfield result B RESULTS\nmessage 4 parameter\nfield uptime_ms I ms\nfield command H id\nfield in"
    b"dex B TABLE\nfield value i \nmessage 16 setpoint\nfield command H id\nfield power_w i W\nfield lifeti"
    b"me_ms I ms\nmessage 17 param_set\nfield command H id\nfield index B TABLE\nfield value i \nmessage 18"
    b" param_get\nfield command H id\nfield index B TABLE\nmessage 19 mode\nfield command H id\nfield mode "
    b"B MODES\nmessage 24 departure\nfield command H id\nfield in_s I s\nfield soc_pct_x100 H 0.01 %\nmessa"
    b"ge 26 access\nfield command H id\nfield access B ACCESS_WORDS\nmessage 20 regulate\nfield command H "
    b"id\nfield share_pct_x100 h 0.01 %\nmessage 21 demand\nfield command H id\nfield kind B EVENT_KINDS\nf"
    b"ield start_in_s I s\nfield duration_s H s\nfield depth_w H W\nfield recovery_s H s\nmessage 22 plan\n"
    b"field command H id\nfield plan B number\nfield slot_s H s\nfield slots B count\nfield start_in_s i s"
    b"\nfield charge_to h 0.1/MWh\nfield discharge_from h 0.1/MWh\nmessage 23 plan_prices\nfield command H"
    b" id\nfield plan B number\nfield first B slot\nfield price_0 h 0.1/MWh\nfield price_1 h 0.1/MWh\nfield"
    b" price_2 h 0.1/MWh\nfield price_3 h 0.1/MWh\nfield price_4 h 0.1/MWh\nfield price_5 h 0.1/MWh\nmessa"
    b"ge 25 time\nfield command H id\nfield unix_s I s\nfield ms H ms\nmessage 8 handshake\nfield uptime_ms"
    b" I ms\nfield session H number\nfield secured B flag\nfield contract B flag\nfield end B V2G_CODES\nfi"
    b"eld tls_us I us\nfield protocol_us I us\nfield setup_us I us\nfield services_us I us\nfield certific"
    b"ate_us I us\nfield payment_us I us\nfield authorization_us I us\nfield parameter_us I us\nfield cabl"
    b"e_us I us\nfield precharge_us I us\nfield delivery_us I us\nfield loop_us I us\nfield receipt_us I u"
    b"s\nfield stop_us I us\nfield work_us I us\nfield slice_us I us\nfield checks B count\nfield checks_ms"
    b" H ms\nfield signatures B count\nfield signatures_ms H ms\nfield bytes_in I B\nfield bytes_out I B\nf"
    b"ield gap_us I us\nfield heap_used I B\nmessage 9 v2g\nfield uptime_ms I ms\nfield session H number\nf"
    b"ield kind B V2G_KINDS\nfield subject B V2G_CODES\nfield detail B V2G_CODES\nfield number I \n"
)
# fmt: on


def codes_of(record):
    """Return the codes of a record's fields, b"" where there is no such record."""
    for message, codes, _counts in RECORDS:
        if message == record:
            return codes
    return b""
