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
    (  # fault_event
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
    (  # iso15118
        9,
        b"IHBBBI",
        b"000000",
    ),
    (  # battery
        11,
        b"IHIhBiiIIIIhBi",
        b"00000000000000",
    ),
    (  # update
        10,
        b"IBB",
        b"000",
    ),
)

COMMANDS: tuple = (
    (16, b"HiI"),  # setpoint
    (17, b"HBi"),  # param_set
    (18, b"HB"),  # param_get
    (19, b"HB"),  # mode
    (24, b"HIH"),  # departure
    (26, b"HB"),  # access
    (20, b"Hh"),  # regulation
    (21, b"HBIHHH"),  # demand_response
    (22, b"HBHBihh"),  # plan
    (23, b"HBBhhhhhh"),  # plan_prices
    (27, b"HIII"),  # telemetry_rate
    (25, b"HIH"),  # time
)

HASH = 0x45E48BF4

# fmt: off
TEXT = (
    b"gridkeel-table 2\nenum STATES 0=safe 1=run 2=ceased 3=returning 4=blocked\nenum LIMITERS 0=none 1="
    b"droop 2=setpoint 3=baseline 4=ramp 5=charge_rating 6=discharge_rating 7=soc_reserve 8=soc_full 9"
    b"=soc_unknown 10=v1g 11=inverter_rating 12=ceased 13=stale_samples 14=inverter_lost 15=mode_safe "
    b"16=fast_reserve 17=regulation 18=demand_response 19=schedule 20=departure 21=power_range 22=ente"
    b"r_ramp 23=blocked 24=sustained_energy 25=cable_rating 26=ev_rating 27=temperature 28=vehicle 29="
    b"session 30=reactive 31=not_following 32=minimum_current\nenum RESULTS 0=ok 1=unknown 2=out_of_ran"
    b"ge 3=refused 4=expired\nenum MODES 0=safe 1=auto\nenum LEVELS 0=baseline 1=schedule 2=secondary 3="
    b"departure 4=demand_response 5=primary 6=protection 7=safety\nenum DEMAND_RESPONSE_KINDS 0=cancel "
    b"1=shed 2=shift 3=reserve\nenum DEMAND_RESPONSE_STATES 0=idle 1=pending 2=active 3=recovering\nenum"
    b" RESERVE_STATES 0=off 1=ready 2=active 3=ramp_off 4=resting\nenum VERDICTS 0=none 1=shed 2=shifte"
    b"d 3=battery 4=added\nenum CLOCK_STATES 0=unknown 1=settling 2=known 3=implausible\nenum ACCESS_STA"
    b"TES 0=waiting 1=granted 2=refused\nenum PILOT_STATES 0=none 1=A 2=B 3=C 4=D 5=E 6=F\nenum CONTACTO"
    b"R_STATES 0=open 1=closing 2=closed 3=opening 4=welded 5=stuck\nenum PWM_STATES 0=none 1=digital 2"
    b"=step 3=basic 4=out\nenum INVERTER_STATES 0=searching 1=ready 2=driving 3=silent 4=unsuited\nenum "
    b"V2G_KINDS 0=other 1=connected 2=session 3=message 4=late 5=refused 6=certificate 7=signature 8=c"
    b"ontract 9=backend 10=delivery 11=closed 12=turned_away 13=tls_failed 14=trailing\nenum V2G_CODES "
    b"0=other 1=tcp 2=tls 3=new 4=joined 5=paused 6=stopped 7=ended 8=accepted 9=answered 10=started 1"
    b"1=renegotiation 12=supportedAppProtocolReq 13=SessionSetupReq 14=ServiceDiscoveryReq 15=ServiceD"
    b"etailReq 16=PaymentServiceSelectionReq 17=CertificateInstallationReq 18=CertificateUpdateReq 19="
    b"PaymentDetailsReq 20=AuthorizationReq 21=ChargeParameterDiscoveryReq 22=PowerDeliveryReq 23=Char"
    b"gingStatusReq 24=MeteringReceiptReq 25=CableCheckReq 26=PreChargeReq 27=CurrentDemandReq 28=Weld"
    b"ingDetectionReq 29=SessionStopReq 30=OK 31=OK_NewSessionEstablished 32=OK_OldSessionJoined 33=OK"
    b"_CertificateExpiresSoon 34=OK_SuccessfulNegotiation 35=OK_SuccessfulNegotiationWithMinorDeviatio"
    b"n 36=Failed_NoNegotiation 37=FAILED 38=FAILED_SequenceError 39=FAILED_ServiceIDInvalid 40=FAILED"
    b"_UnknownSession 41=FAILED_ServiceSelectionInvalid 42=FAILED_PaymentSelectionInvalid 43=FAILED_Ce"
    b"rtificateExpired 44=FAILED_SignatureError 45=FAILED_NoCertificateAvailable 46=FAILED_CertChainEr"
    b"ror 47=FAILED_ChallengeInvalid 48=FAILED_ContractCanceled 49=FAILED_WrongChargeParameter 50=FAIL"
    b"ED_PowerDeliveryNotApplied 51=FAILED_TariffSelectionInvalid 52=FAILED_ChargingProfileInvalid 53="
    b"FAILED_MeteringSignatureNotValid 54=FAILED_NoChargeServiceSelected 55=FAILED_WrongEnergyTransfer"
    b"Mode 56=FAILED_ContactorError 57=FAILED_CertificateNotAllowedAtThisEVSE 58=FAILED_CertificateRev"
    b"oked 59=contract 60=ok 61=encoding 62=oversized 63=unknown_algorithm 64=unknown_curve 65=bad_key"
    b" 66=unknown_critical 67=chain_length 68=subject 69=basic_constraints 70=key_usage 71=path_length"
    b" 72=chain_order 73=wrong_root 74=clock_unset 75=not_yet_valid 76=expired 77=bad_signature 78=rev"
    b"oked 79=crl_signature 80=crl_missing 81=crl_stale 82=wrong_emaid 83=signature_missing 84=signatu"
    b"re_form 85=signature_reference 86=signature_digest 87=signature_mismatch 88=unplugged 89=message"
    b"_too_long 90=message_overrun 91=frame_invalid 92=message_invalid 93=request_timeout 94=protocol_"
    b"unknown 95=closed_by_ev 96=internal_error 97=tls_required 98=out_of_order 99=not_a_request 100=s"
    b"ession_id_wrong 101=already_started 102=payment_not_offered 103=service_not_offered 104=charge_s"
    b"ervice_missing 105=no_payment_option 106=not_authorized 107=backend_missing 108=backend_failed 1"
    b"09=backend_timeout 110=backend_refused 111=backend_answer_invalid 112=no_root 113=emaid_mismatch"
    b" 114=contract_refused 115=challenge_mismatch 116=receipt_mismatch 117=mode_not_offered 118=mode_"
    b"changed 119=mode_limits_missing 120=unit_wrong 121=ac_limits_invalid 122=dc_limits_invalid 123=m"
    b"in_current_too_high 124=ev_error 125=schedule_not_offered 126=charging_profile_invalid 127=charg"
    b"ing_profile_cut 128=nothing_to_renegotiate 129=charger_not_ready 130=no_state_c 131=contactor_we"
    b"lded 132=contactor_not_closed 133=contactor_not_open 134=isolation_fault 135=isolation_timeout 1"
    b"36=precharge_current 137=target_out_of_range 138=ev_does_not_stop 139=ev_reconnected 140=ev_does"
    b"_not_read 141=sdp 142=EVTargetVoltage 143=EVTargetCurrent 144=FAILED_RESSTemperatureInhibit 145="
    b"FAILED_EVShiftPosition 146=FAILED_ChargerConnectorLockFault 147=FAILED_EVRESSMalfunction 148=FAI"
    b"LED_ChargingCurrentdifferential 149=FAILED_ChargingVoltageOutOfRange 150=FAILED_ChargingSystemIn"
    b"compatibility 151=duty_not_5_percent 152=contactor_resting\nenum UPDATE_STATUSES 0=idle 1=downloa"
    b"ding 2=signature_verified 3=download_paused 4=downloaded 5=install_scheduled 6=install_rebooting"
    b" 7=installed 8=invalid_signature 9=download_failed 10=installation_failed 11=install_verificatio"
    b"n_failed\nenum UPDATE_CODES 0=ok 1=no_area 2=too_large 3=out_of_order 4=digest_mismatch 5=older_c"
    b"ounter 6=on_trial 7=not_bootable 8=not_blank 9=malformed 10=no_keys 11=unknown_key 12=bad_signat"
    b"ure 13=older_keys 14=wrong_chip 15=wrong_board 16=wrong_base 17=broken_delta 18=no_memory 19=fla"
    b"sh 20=out_of_boots 21=out_of_time 22=not_sound\nenum SOURCES 0=none 1=inverter 2=vehicle\nenum CAT"
    b"ALOGUE 0=none 64=config_invalid 10=samples_lost 11=samples_clipped 20=mains_lost 21=under_freque"
    b"ncy 22=over_frequency 23=rocof_trip 24=under_voltage 25=over_voltage 26=power_uncommanded 30=inv"
    b"erter_silent 31=inverter_not_found 42=inverter_map 38=inverter_not_following 39=power_unknown 32"
    b"=inverter_exception 33=inverter_readback 34=inverter_frame 35=inverter_unsuited 36=inverter_over"
    b"ridden 37=inverter_no_reactive 41=inverter_slow 40=soc_unknown 50=host_lost 51=setpoint_expired "
    b"53=regulation_lost 52=records_dropped 55=host_time 60=control_allocated 61=task_stopped 62=watch"
    b"dog_reset 70=pilot_error 71=pilot_diode 72=contactor_welded 73=contactor_stuck 74=rcd_tripped 75"
    b"=isolation_fault 76=ventilation_wanted 63=service_stopped\nenum TABLE 0=nominal_hz 1=nominal_v 2="
    b"sample_hz 3=block_ms 4=adc_uv 5=droop_deadband_mhz 6=droop_span_mhz 7=fast_switch_mhz 8=baseline"
    b"_w 9=setpoint_ramp_w_s 10=setpoint_max_s 11=charge_max_w 12=discharge_max_w 13=v2g_enable 14=soc"
    b"_reserve_pct_x100 15=soc_full_pct_x100 16=soc_stale_ms 17=mains_loss_pct 18=trip_under_mhz 19=tr"
    b"ip_over_mhz 20=trip_frequency_ms 21=trip_rocof_mhz_s 22=trip_rocof_ms 23=return_low_mhz 24=retur"
    b"n_high_mhz 25=return_volt_pct 26=return_delay_ms 27=modbus_unit 28=modbus_baud 29=modbus_timeout"
    b"_ms 30=inverter_poll_ms 31=inverter_silent_ms 32=reversion_s 33=command_step_w 34=telemetry_ms 3"
    b"5=host_silent_ms 36=start_delay_ms 37=samples_stale_ms 38=watchdog_ms 39=sample_clock_ppm 40=dro"
    b"op_profile 41=droop_response_ms 42=droop_frozen_base 43=droop_hysteresis_mhz 44=droop_charge_max"
    b"_w 45=droop_discharge_max_w 46=response_latency_ms 47=power_min_w 48=power_max_w 49=fast_reserve"
    b" 50=fast_reserve_w 51=fast_reserve_confirm_ms 52=trip_profile 53=stagger 54=trip_spread_ms 55=re"
    b"turn_spread_ms 56=return_high_pct 57=enter_ramp_s 58=regulation_w 59=regulation_ramp_w_s 60=regu"
    b"lation_expiry_ms 61=regulation_fallback 62=demand_response_spread_s 63=plan_charge_w 64=plan_dis"
    b"charge_w 65=reactive_mode 66=reactive_var 67=reactive_max_var 68=power_factor_x1000 69=volt_var_"
    b"deadband_permille 70=volt_var_span_permille 71=battery_wh 72=efficiency_pct 73=horizon_s 74=cabl"
    b"e_max_w 75=ev_charge_max_w 76=ev_discharge_max_w 77=temperature_sensor 78=derate_from_c 79=derat"
    b"e_span_k 80=account_window_s 81=account_tolerance_pct 82=enter_at_start 83=sample_clock_trim_ppm"
    b" 84=iso15118_tls 85=iso15118_payment 86=iso15118_energy_modes 87=iso15118_free_service 88=iso151"
    b"18_receipt 89=iso15118_notice_s 90=iso15118_expires_soon_days 91=evse 92=connector 93=phases 94="
    b"cable_current_max_a 95=ventilation 96=access_free 97=hlc_wait_s 98=dc_voltage_min_v 99=dc_voltag"
    b"e_max_v 100=dc_current_min_a 101=dc_current_max_a 102=dc_ripple_a 103=reactive_priority 104=temp"
    b"erature_stale_ms 105=report_filter 106=iso15118_mutual_tls 107=volt_var_response_ms 108=inverter"
    b"_family 109=grid_code 110=battery_ms 111=group\nmessage 1 telemetry\nfield uptime_ms I ms\nfield fr"
    b"eq_uhz i uHz\nfield freq_short_uhz i uHz\nfield rocof_mhz_s i mHz/s\nfield voltage_mv i mV\nfield qu"
    b"ality H bits\nfield state B STATES\nfield limiter B LIMITERS\nfield requested_w i W\nfield permitted"
    b"_w i W\nfield delivered_w i W\nfield soc_pct_x100 h 0.01 %\nfield fault B CATALOGUE\nfield inverter_"
    b"state B INVERTER_STATES\nfield loop_gap_us I us\nfield loop_gap_max_us I us\nfield step_max_us H us"
    b"\nfield heap_free I B\nfield bus_errors H count\nfield link_errors H count\nfield dropped H count\nfi"
    b"eld level B LEVELS\nfield base_w i W\nfield primary_w i W\nfield requested_var i var\nfield demand_r"
    b"esponse_state B DEMAND_RESPONSE_STATES\nfield reserve_state B RESERVE_STATES\nfield charge_limit_w"
    b" i W\nfield discharge_limit_w i W\nfield charge_limiter B LIMITERS\nfield discharge_limiter B LIMIT"
    b"ERS\nfield deviation_wh i Wh\nfield verdict B VERDICTS\nfield sample_clock_ppm h ppm\nfield sample_c"
    b"lock_state B CLOCK_STATES\nfield pilot_state B PILOT_STATES\nfield contactor_state B CONTACTOR_STA"
    b"TES\nfield pwm_state B PWM_STATES\nfield pwm_duty_permille H 0.1 %\nfield offered_w i W\nfield energ"
    b"y_wh I Wh\nfield delivered_var i var\nfield temperature_c h degC\nfield contactor_operations H coun"
    b"t\nfield unmetered_s H s\nmessage 2 fault_event\nfield uptime_ms I ms\nfield fault B CATALOGUE\nfield"
    b" active B flag\nfield value i \nmessage 3 result\nfield uptime_ms I ms\nfield command H id\nfield res"
    b"ult B RESULTS\nmessage 4 parameter\nfield uptime_ms I ms\nfield command H id\nfield index B TABLE\nfi"
    b"eld value i \nmessage 8 handshake\nfield uptime_ms I ms\nfield session H number\nfield secured B fla"
    b"g\nfield contract B flag\nfield end B V2G_CODES\nfield tls_us I us\nfield protocol_us I us\nfield set"
    b"up_us I us\nfield services_us I us\nfield certificate_us I us\nfield payment_us I us\nfield authoriz"
    b"ation_us I us\nfield parameter_us I us\nfield cable_us I us\nfield precharge_us I us\nfield delivery"
    b"_us I us\nfield loop_us I us\nfield receipt_us I us\nfield stop_us I us\nfield work_us I us\nfield sl"
    b"ice_us I us\nfield checks B count\nfield checks_ms H ms\nfield signatures B count\nfield signatures_"
    b"ms H ms\nfield bytes_in I B\nfield bytes_out I B\nfield gap_us I us\nfield heap_used I B\nmessage 9 i"
    b"so15118\nfield uptime_ms I ms\nfield session H number\nfield kind B V2G_KINDS\nfield subject B V2G_C"
    b"ODES\nfield detail B V2G_CODES\nfield number I \nmessage 11 battery\nfield uptime_ms I ms\nfield sess"
    b"ion H number\nfield vehicle_id I number\nfield soc_pct_x100 h 0.01 % or none\nfield soc_source B SO"
    b"URCES\nfield dc_voltage_mv i mV or none\nfield dc_current_ma i mA or none\nfield energy_in_wh I Wh\n"
    b"field energy_out_wh I Wh\nfield charge_in_mah I mAh\nfield charge_out_mah I mAh\nfield battery_temp"
    b"erature_c_x10 h 0.1 degC or none\nfield temperature_source B SOURCES\nfield delivered_w i W or non"
    b"e\nmessage 10 update\nfield uptime_ms I ms\nfield status B UPDATE_STATUSES\nfield code B UPDATE_CODE"
    b"S\nmessage 16 setpoint\nfield command H id\nfield power_w i W\nlimits -50000 50000\nfield lifetime_ms"
    b" I ms\nlimits 1 86400000\nmessage 17 param_set\nfield command H id\nfield index B TABLE\nfield value "
    b"i \nmessage 18 param_get\nfield command H id\nfield index B TABLE\nmessage 19 mode\nfield command H i"
    b"d\nfield mode B MODES\nmessage 24 departure\nfield command H id\nfield in_s I s\nlimits 0 172800\nfiel"
    b"d soc_pct_x100 H 0.01 %\nlimits 0 10000\nmessage 26 access\nfield command H id\nfield access B ACCES"
    b"S_STATES\nmessage 20 regulation\nfield command H id\nfield share_pct_x100 h 0.01 %\nlimits -10000 10"
    b"000\nmessage 21 demand_response\nfield command H id\nfield kind B DEMAND_RESPONSE_KINDS\nfield start"
    b"_in_s I s\nlimits 0 172800\nfield duration_s H s\nfield depth_w H W\nlimits 0 50000\nfield recovery_s"
    b" H s\nmessage 22 plan\nfield command H id\nfield number B number\nfield slot_s H s\nlimits 60 3600\nfi"
    b"eld slots B count\nlimits 1 96\nfield start_in_s i s\nlimits -86400 86400\nfield charge_to h 0.1/MWh"
    b"\nfield discharge_from h 0.1/MWh\nmessage 23 plan_prices\nfield command H id\nfield number B number\n"
    b"field first B slot\nfield price_0 h 0.1/MWh\nfield price_1 h 0.1/MWh\nfield price_2 h 0.1/MWh\nfield"
    b" price_3 h 0.1/MWh\nfield price_4 h 0.1/MWh\nfield price_5 h 0.1/MWh\nmessage 27 telemetry_rate\nfie"
    b"ld command H id\nfield telemetry_ms I ms\nlimits 20 60000\nfield battery_ms I ms\nlimits 100 60000\nf"
    b"ield lifetime_ms I ms\nlimits 1 3600000\nmessage 25 time\nfield command H id\nfield unix_s I s\nfield"
    b" ms H ms\nlimits 0 999\n"
)
# fmt: on
