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

HASH = 0x1F975C53

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
    b"rned_away 13=tls_failed 14=trailing\nenum V2G_WORDS 0=other 1=tcp 2=tls 3=new 4=joined 5=paused 6"
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
    b"tale 82=wrong_emaid 83=no_signature 84=not_the_algorithms 85=the_signature_is_for_another_elemen"
    b"t 86=the_digest_does_not_match 87=the_signature_does_not_match 88=unplugged 89=message_too_long "
    b"90=more_bytes_than_a_message_may_have 91=not_a_V2GTP_frame 92=not_a_message 93=no_request_in_sta"
    b"te 94=no_protocol_in_common 95=the_car_closed_the_connection 96=a_defect 97=plain_TCP_where_TLS_"
    b"is_required 98=out_of_order 99=not_a_request 100=another_session's_id 101=energy_flows_already 1"
    b"02=payment_not_offered 103=service_not_offered 104=the_charge_service_was_not_selected 105=no_wa"
    b"y_to_pay 106=not_authorised 107=no_backend 108=the_backend_failed 109=the_backend_is_silent 110="
    b"the_backend_refuses 111=the_backend's_answer 112=this_charger_trusts_no_root 113=the_contract_is"
    b"_not_of 114=the_operator_refuses_this_contract 115=not_the_challenge_of_this_session 116=the_rec"
    b"eipt_is_for_other_figures 117=mode_not_offered 118=mode_changed 119=mode_without_its_limits 120="
    b"wrong_unit 121=the_car's_AC_limits 122=the_car's_DC_limits 123=the_car_needs_more_than_there_is "
    b"124=the_car_reports 125=schedule_not_offered 126=the_charging_profile_is_not_in_order 127=the_ch"
    b"arging_profile_passes_the_offer 128=nothing_was_negotiated 129=the_charger_is_not_ready 130=the_"
    b"car_stays_out_of_state_C 131=the_contactor_is_welded 132=the_contactor_does_not_close 133=the_co"
    b"ntactor_does_not_open 134=isolation_fault 135=the_isolation_test_does_not_end 136=too_much_curre"
    b"nt_in_pre-charge 137=a_wish_out_of_range 138=the_car_does_not_stop 139=the_car_comes_again 140=t"
    b"he_car_does_not_read 141=sdp 142=EVTargetVoltage 143=EVTargetCurrent 144=FAILED_RESSTemperatureI"
    b"nhibit 145=FAILED_EVShiftPosition 146=FAILED_ChargerConnectorLockFault 147=FAILED_EVRESSMalfunct"
    b"ion 148=FAILED_ChargingCurrentdifferential 149=FAILED_ChargingVoltageOutOfRange 150=FAILED_Charg"
    b"ingSystemIncompatibility 151=the_duty_is_not_5_%\nenum CATALOGUE 0=none 64=config_invalid 10=samp"
    b"les_lost 11=samples_clipped 20=mains_lost 21=under_frequency 22=over_frequency 23=rocof_trip 24="
    b"under_voltage 25=over_voltage 26=power_uncommanded 30=inverter_silent 31=inverter_not_found 42=i"
    b"nverter_map 38=inverter_not_following 39=power_unknown 32=inverter_exception 33=inverter_readbac"
    b"k 34=inverter_frame 35=inverter_unsuited 36=inverter_overridden 37=inverter_no_reactive 41=inver"
    b"ter_slow 40=soc_unknown 50=host_lost 51=setpoint_expired 53=regulation_lost 52=records_dropped 5"
    b"5=host_time 60=control_allocated 61=task_stopped 62=watchdog_reset 70=pilot_error 71=pilot_diode"
    b" 72=contactor_welded 73=contactor_stuck 74=rcd_tripped 75=isolation_fault 76=ventilation_wanted "
    b"63=service_stopped\nenum TABLE 0=nominal_hz 1=nominal_v 2=sample_hz 3=block_ms 4=adc_uv 5=droop_d"
    b"eadband_mhz 6=droop_span_mhz 7=fast_switch_mhz 8=baseline_w 9=setpoint_ramp_w_s 10=setpoint_max_"
    b"s 11=charge_max_w 12=discharge_max_w 13=v2g_enable 14=soc_reserve_pct_x100 15=soc_full_pct_x100 "
    b"16=soc_stale_ms 17=mains_loss_pct 18=trip_under_mhz 19=trip_over_mhz 20=trip_frequency_ms 21=tri"
    b"p_rocof_mhz_s 22=trip_rocof_ms 23=return_low_mhz 24=return_high_mhz 25=return_volt_pct 26=return"
    b"_delay_ms 27=modbus_unit 28=modbus_baud 29=modbus_timeout_ms 30=inverter_poll_ms 31=inverter_sil"
    b"ent_ms 32=reversion_s 33=command_step_w 34=telemetry_ms 35=host_silent_ms 36=start_delay_ms 37=s"
    b"amples_stale_ms 38=watchdog_ms 39=sample_clock_ppm 40=droop_profile 41=droop_response_ms 42=droo"
    b"p_frozen_base 43=droop_hysteresis_mhz 44=droop_charge_max_w 45=droop_discharge_max_w 46=response"
    b"_latency_ms 47=power_min_w 48=power_max_w 49=fast_reserve 50=fast_reserve_w 51=fast_reserve_conf"
    b"irm_ms 52=trip_profile 53=stagger 54=trip_spread_ms 55=return_spread_ms 56=return_high_pct 57=en"
    b"ter_ramp_s 58=regulation_w 59=regulation_ramp_w_s 60=regulation_expiry_ms 61=regulation_fallback"
    b" 62=event_spread_s 63=plan_charge_w 64=plan_discharge_w 65=reactive_mode 66=reactive_var 67=reac"
    b"tive_max_var 68=power_factor_x1000 69=volt_var_deadband_permille 70=volt_var_span_permille 71=ba"
    b"ttery_wh 72=efficiency_pct 73=horizon_s 74=cable_max_w 75=ev_charge_max_w 76=ev_discharge_max_w "
    b"77=temperature_sensor 78=derate_from_c 79=derate_span_k 80=account_window_s 81=account_tolerance"
    b"_pct 82=enter_at_start 83=sample_clock_trim_ppm 84=v2g_tls 85=v2g_payment 86=v2g_energy_modes 87"
    b"=v2g_free 88=v2g_receipt 89=v2g_notice_s 90=v2g_expires_soon_days 91=evse 92=outlet 93=phases 94"
    b"=cable_current_max_a 95=ventilation 96=access_free 97=hlc_wait_s 98=dc_voltage_min_v 99=dc_volta"
    b"ge_max_v 100=dc_current_min_a 101=dc_current_max_a 102=dc_ripple_a 103=reactive_priority 104=tem"
    b"perature_stale_ms 105=report_filter 106=v2g_mutual 107=volt_var_response_ms 108=grid_code\nmessag"
    b"e 1 telemetry\nfield uptime_ms I ms\nfield freq_uhz i uHz\nfield freq_short_uhz i uHz\nfield rocof_m"
    b"hz_s i mHz/s\nfield voltage_mv i mV\nfield quality H bits\nfield state B STATES\nfield limiter B LIM"
    b"ITERS\nfield wish_w i W\nfield command_w i W\nfield power_w i W\nfield soc_pct_x100 h 0.01 %\nfield f"
    b"ault B CATALOGUE\nfield inverter_state B INVERTER_STATES\nfield loop_gap_us I us\nfield loop_gap_ma"
    b"x_us I us\nfield step_max_us H us\nfield heap_free I B\nfield bus_errors H count\nfield link_errors "
    b"H count\nfield dropped H count\nfield level B LEVELS\nfield base_w i W\nfield primary_w i W\nfield va"
    b"r_wish i var\nfield event_state B EVENT_STATES\nfield reserve_state B RESERVE_STATES\nfield charge_"
    b"limit_w i W\nfield discharge_limit_w i W\nfield charge_limiter B LIMITERS\nfield discharge_limiter "
    b"B LIMITERS\nfield deviation_wh i Wh\nfield verdict B VERDICTS\nfield sample_clock_ppm h ppm\nfield s"
    b"ample_clock_state B CLOCK_STATES\nfield pilot B PILOT_STATES\nfield contactor B CONTACTOR_STATES\nf"
    b"ield offer B OFFERS\nfield duty_permille H 0.1 %\nfield offered_w i W\nfield energy_wh I Wh\nfield v"
    b"ar i var\nfield temperature_c h degC\nfield contactor_operations H count\nfield unmetered_s H s\nmes"
    b"sage 2 event\nfield uptime_ms I ms\nfield fault B CATALOGUE\nfield active B flag\nfield value i \nmes"
    b"sage 3 result\nfield uptime_ms I ms\nfield command H id\nfield result B RESULTS\nmessage 4 parameter"
    b"\nfield uptime_ms I ms\nfield command H id\nfield index B TABLE\nfield value i \nmessage 16 setpoint\n"
    b"field command H id\nfield power_w i W\nfield lifetime_ms I ms\nmessage 17 param_set\nfield command H"
    b" id\nfield index B TABLE\nfield value i \nmessage 18 param_get\nfield command H id\nfield index B TAB"
    b"LE\nmessage 19 mode\nfield command H id\nfield mode B MODES\nmessage 24 departure\nfield command H id"
    b"\nfield in_s I s\nfield soc_pct_x100 H 0.01 %\nmessage 26 access\nfield command H id\nfield access B "
    b"ACCESS_WORDS\nmessage 20 regulate\nfield command H id\nfield share_pct_x100 h 0.01 %\nmessage 21 dem"
    b"and\nfield command H id\nfield kind B EVENT_KINDS\nfield start_in_s I s\nfield duration_s H s\nfield "
    b"depth_w H W\nfield recovery_s H s\nmessage 22 plan\nfield command H id\nfield plan B number\nfield sl"
    b"ot_s H s\nfield slots B count\nfield start_in_s i s\nfield charge_to h 0.1/MWh\nfield discharge_from"
    b" h 0.1/MWh\nmessage 23 plan_prices\nfield command H id\nfield plan B number\nfield first B slot\nfiel"
    b"d price_0 h 0.1/MWh\nfield price_1 h 0.1/MWh\nfield price_2 h 0.1/MWh\nfield price_3 h 0.1/MWh\nfiel"
    b"d price_4 h 0.1/MWh\nfield price_5 h 0.1/MWh\nmessage 25 time\nfield command H id\nfield unix_s I s\n"
    b"field ms H ms\nmessage 8 handshake\nfield uptime_ms I ms\nfield session H number\nfield secured B fl"
    b"ag\nfield contract B flag\nfield end B V2G_WORDS\nfield tls_us I us\nfield protocol_us I us\nfield se"
    b"tup_us I us\nfield services_us I us\nfield certificate_us I us\nfield payment_us I us\nfield authori"
    b"zation_us I us\nfield parameter_us I us\nfield cable_us I us\nfield precharge_us I us\nfield deliver"
    b"y_us I us\nfield loop_us I us\nfield receipt_us I us\nfield stop_us I us\nfield work_us I us\nfield s"
    b"lice_us I us\nfield checks B count\nfield checks_ms H ms\nfield signatures B count\nfield signatures"
    b"_ms H ms\nfield bytes_in I B\nfield bytes_out I B\nfield gap_us I us\nfield heap_used I B\nmessage 9 "
    b"v2g\nfield uptime_ms I ms\nfield session H number\nfield kind B V2G_KINDS\nfield subject B V2G_WORDS"
    b"\nfield detail B V2G_WORDS\nfield number I \n"
)
# fmt: on


def codes_of(record):
    """Return the codes of a record's fields, b"" where there is no such record."""
    for message, codes, _counts in RECORDS:
        if message == record:
            return codes
    return b""
