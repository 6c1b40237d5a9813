// SunSpec models in our own form: what stands after ID and L, in order. Each point is its name,
// type, unit and scale factor; its offset follows from those before. [name] begins what repeats.

/** Model 1: who the device is. */
const COMMON = `
Mn text16 | Md text16 | Opt text8 | Vr text8 | SN text16 | DA u16 | Pad pad
`;

/** Models 101 to 103: inverters with one, two or three phases. */
const INVERTER = `
A u16 A A_SF | AphA u16 A A_SF | AphB u16 A A_SF | AphC u16 A A_SF | A_SF sf | PPVphAB u16 V V_SF
PPVphBC u16 V V_SF | PPVphCA u16 V V_SF | PhVphA u16 V V_SF | PhVphB u16 V V_SF
PhVphC u16 V V_SF | V_SF sf | W i16 W W_SF | W_SF sf | Hz u16 Hz Hz_SF | Hz_SF sf
VA i16 VA VA_SF | VA_SF sf | VAr i16 var VAr_SF | VAr_SF sf | PF i16 Pct PF_SF | PF_SF sf
WH acc32 Wh WH_SF | WH_SF sf | DCA u16 A DCA_SF | DCA_SF sf | DCV u16 V DCV_SF | DCV_SF sf
DCW i16 W DCW_SF | DCW_SF sf | TmpCab i16 C Tmp_SF | TmpSnk i16 C Tmp_SF | TmpTrns i16 C Tmp_SF
TmpOt i16 C Tmp_SF | Tmp_SF sf | St enum16 | StVnd enum16 | Evt1 bits32 | Evt2 bits32
EvtVnd1 bits32 | EvtVnd2 bits32 | EvtVnd3 bits32 | EvtVnd4 bits32
`;

/** Models 111 to 113: the same in floats. */
const INVERTER_FLOAT = `
A f32 A | AphA f32 A | AphB f32 A | AphC f32 A | PPVphAB f32 V | PPVphBC f32 V | PPVphCA f32 V
PhVphA f32 V | PhVphB f32 V | PhVphC f32 V | W f32 W | Hz f32 Hz | VA f32 VA | VAr f32 var
PF f32 Pct | WH f32 Wh | DCA f32 A | DCV f32 V | DCW f32 W | TmpCab f32 C | TmpSnk f32 C
TmpTrns f32 C | TmpOt f32 C | St enum16 | StVnd enum16 | Evt1 bits32 | Evt2 bits32
EvtVnd1 bits32 | EvtVnd2 bits32 | EvtVnd3 bits32 | EvtVnd4 bits32
`;

/** Model 120: ratings. */
const NAMEPLATE = `
DERTyp enum16 | WRtg u16 W WRtg_SF | WRtg_SF sf | VARtg u16 VA VARtg_SF | VARtg_SF sf
VArRtgQ1 i16 var VArRtg_SF | VArRtgQ2 i16 var VArRtg_SF | VArRtgQ3 i16 var VArRtg_SF
VArRtgQ4 i16 var VArRtg_SF | VArRtg_SF sf | ARtg u16 A ARtg_SF | ARtg_SF sf
PFRtgQ1 i16 cos() PFRtg_SF | PFRtgQ2 i16 cos() PFRtg_SF | PFRtgQ3 i16 cos() PFRtg_SF
PFRtgQ4 i16 cos() PFRtg_SF | PFRtg_SF sf | WHRtg u16 Wh WHRtg_SF | WHRtg_SF sf
AhrRtg u16 AH AhrRtg_SF | AhrRtg_SF sf | MaxChaRte u16 W MaxChaRte_SF | MaxChaRte_SF sf
MaxDisChaRte u16 W MaxDisChaRte_SF | MaxDisChaRte_SF sf | Pad pad
`;

/** Model 160: inputs with a tracker each. */
const MPPT = `
DCA_SF sf | DCV_SF sf | DCW_SF sf | DCWH_SF sf | Evt bits32 | N count | TmsPer u16
[module]
ID u16 | IDStr text8 | DCA u16 A DCA_SF | DCV u16 V DCV_SF | DCW u16 W DCW_SF
DCWH acc32 Wh DCWH_SF | Tms u32 Secs | Tmp i16 C | DCSt enum16 | DCEvt bits32
`;

/** Models 201 to 204: meters. */
const METER = `
A i16 A A_SF | AphA i16 A A_SF | AphB i16 A A_SF | AphC i16 A A_SF | A_SF sf | PhV i16 V V_SF
PhVphA i16 V V_SF | PhVphB i16 V V_SF | PhVphC i16 V V_SF | PPV i16 V V_SF | PhVphAB i16 V V_SF
PhVphBC i16 V V_SF | PhVphCA i16 V V_SF | V_SF sf | Hz i16 Hz Hz_SF | Hz_SF sf | W i16 W W_SF
WphA i16 W W_SF | WphB i16 W W_SF | WphC i16 W W_SF | W_SF sf | VA i16 VA VA_SF
VAphA i16 VA VA_SF | VAphB i16 VA VA_SF | VAphC i16 VA VA_SF | VA_SF sf | VAR i16 var VAR_SF
VARphA i16 var VAR_SF | VARphB i16 var VAR_SF | VARphC i16 var VAR_SF | VAR_SF sf
PF i16 Pct PF_SF | PFphA i16 Pct PF_SF | PFphB i16 Pct PF_SF | PFphC i16 Pct PF_SF | PF_SF sf
TotWhExp acc32 Wh TotWh_SF | TotWhExpPhA acc32 Wh TotWh_SF | TotWhExpPhB acc32 Wh TotWh_SF
TotWhExpPhC acc32 Wh TotWh_SF | TotWhImp acc32 Wh TotWh_SF | TotWhImpPhA acc32 Wh TotWh_SF
TotWhImpPhB acc32 Wh TotWh_SF | TotWhImpPhC acc32 Wh TotWh_SF | TotWh_SF sf
TotVAhExp acc32 VAh TotVAh_SF | TotVAhExpPhA acc32 VAh TotVAh_SF
TotVAhExpPhB acc32 VAh TotVAh_SF | TotVAhExpPhC acc32 VAh TotVAh_SF
TotVAhImp acc32 VAh TotVAh_SF | TotVAhImpPhA acc32 VAh TotVAh_SF
TotVAhImpPhB acc32 VAh TotVAh_SF | TotVAhImpPhC acc32 VAh TotVAh_SF | TotVAh_SF sf
TotVArhImpQ1 acc32 varh TotVArh_SF | TotVArhImpQ1PhA acc32 varh TotVArh_SF
TotVArhImpQ1PhB acc32 varh TotVArh_SF | TotVArhImpQ1PhC acc32 varh TotVArh_SF
TotVArhImpQ2 acc32 varh TotVArh_SF | TotVArhImpQ2PhA acc32 varh TotVArh_SF
TotVArhImpQ2PhB acc32 varh TotVArh_SF | TotVArhImpQ2PhC acc32 varh TotVArh_SF
TotVArhExpQ3 acc32 varh TotVArh_SF | TotVArhExpQ3PhA acc32 varh TotVArh_SF
TotVArhExpQ3PhB acc32 varh TotVArh_SF | TotVArhExpQ3PhC acc32 varh TotVArh_SF
TotVArhExpQ4 acc32 varh TotVArh_SF | TotVArhExpQ4PhA acc32 varh TotVArh_SF
TotVArhExpQ4PhB acc32 varh TotVArh_SF | TotVArhExpQ4PhC acc32 varh TotVArh_SF | TotVArh_SF sf
Evt bits32
`;

/** Models 211 to 214: meters in floats. */
const METER_FLOAT = `
A f32 A | AphA f32 A | AphB f32 A | AphC f32 A | PhV f32 V | PhVphA f32 V | PhVphB f32 V
PhVphC f32 V | PPV f32 V | PPVphAB f32 V | PPVphBC f32 V | PPVphCA f32 V | Hz f32 Hz | W f32 W
WphA f32 W | WphB f32 W | WphC f32 W | VA f32 VA | VAphA f32 VA | VAphB f32 VA | VAphC f32 VA
VAR f32 var | VARphA f32 var | VARphB f32 var | VARphC f32 var | PF f32 PF | PFphA f32 PF
PFphB f32 PF | PFphC f32 PF | TotWhExp f32 Wh | TotWhExpPhA f32 Wh | TotWhExpPhB f32 Wh
TotWhExpPhC f32 Wh | TotWhImp f32 Wh | TotWhImpPhA f32 Wh | TotWhImpPhB f32 Wh
TotWhImpPhC f32 Wh | TotVAhExp f32 VAh | TotVAhExpPhA f32 VAh | TotVAhExpPhB f32 VAh
TotVAhExpPhC f32 VAh | TotVAhImp f32 VAh | TotVAhImpPhA f32 VAh | TotVAhImpPhB f32 VAh
TotVAhImpPhC f32 VAh | TotVArhImpQ1 f32 varh | TotVArhImpQ1phA f32 varh | TotVArhImpQ1phB f32 varh
TotVArhImpQ1phC f32 varh | TotVArhImpQ2 f32 varh | TotVArhImpQ2phA f32 varh
TotVArhImpQ2phB f32 varh | TotVArhImpQ2phC f32 varh | TotVArhExpQ3 f32 varh
TotVArhExpQ3phA f32 varh | TotVArhExpQ3phB f32 varh | TotVArhExpQ3phC f32 varh
TotVArhExpQ4 f32 varh | TotVArhExpQ4phA f32 varh | TotVArhExpQ4phB f32 varh
TotVArhExpQ4phC f32 varh | Evt bits32
`;

/** Model 701: AC measurement of a generating unit. */
const DER_MEASURE = `
ACType enum16 | St enum16 | InvSt enum16 | ConnSt enum16 | Alrm bits32 | DERMode bits32
W i16 W W_SF | VA i16 VA VA_SF | Var i16 Var Var_SF | PF i16 - PF_SF | A i16 A A_SF
LLV u16 V V_SF | LNV u16 V V_SF | Hz u32 Hz Hz_SF | TotWhInj u64 Wh TotWh_SF
TotWhAbs u64 Wh TotWh_SF | TotVarhInj u64 Varh TotVarh_SF | TotVarhAbs u64 Varh TotVarh_SF
TmpAmb i16 C Tmp_SF | TmpCab i16 C Tmp_SF | TmpSnk i16 C Tmp_SF | TmpTrns i16 C Tmp_SF
TmpSw i16 C Tmp_SF | TmpOt i16 C Tmp_SF | WL1 i16 W W_SF | VAL1 i16 VA VA_SF
VarL1 i16 Var Var_SF | PFL1 i16 - PF_SF | AL1 i16 A A_SF | VL1L2 u16 V V_SF | VL1 u16 V V_SF
TotWhInjL1 u64 Wh TotWh_SF | TotWhAbsL1 u64 Wh TotWh_SF | TotVarhInjL1 u64 Varh TotVarh_SF
TotVarhAbsL1 u64 Varh TotVarh_SF | WL2 i16 W W_SF | VAL2 i16 VA VA_SF | VarL2 i16 Var Var_SF
PFL2 i16 - PF_SF | AL2 i16 A A_SF | VL2L3 u16 V V_SF | VL2 u16 V V_SF | TotWhInjL2 u64 Wh TotWh_SF
TotWhAbsL2 u64 Wh TotWh_SF | TotVarhInjL2 u64 Varh TotVarh_SF | TotVarhAbsL2 u64 Varh TotVarh_SF
WL3 i16 W W_SF | VAL3 i16 VA VA_SF | VarL3 i16 Var Var_SF | PFL3 i16 - PF_SF | AL3 i16 A A_SF
VL3L1 u16 V V_SF | VL3 u16 V V_SF | TotWhInjL3 u64 Wh TotWh_SF | TotWhAbsL3 u64 Wh TotWh_SF
TotVarhInjL3 u64 Varh TotVarh_SF | TotVarhAbsL3 u64 Varh TotVarh_SF | ThrotPct u16 Pct
ThrotSrc bits32 | A_SF sf | V_SF sf | Hz_SF sf | W_SF sf | PF_SF sf | VA_SF sf | Var_SF sf
TotWh_SF sf | TotVarh_SF sf | Tmp_SF sf | MnAlrmInfo text32
`;

/** Model 702: its ratings and settings. */
const DER_CAPACITY = `
WMaxRtg u16 W W_SF | WOvrExtRtg u16 W W_SF | WOvrExtRtgPF u16 - PF_SF | WUndExtRtg u16 W W_SF
WUndExtRtgPF u16 - PF_SF | VAMaxRtg u16 VA VA_SF | VarMaxInjRtg u16 Var Var_SF
VarMaxAbsRtg u16 Var Var_SF | WChaRteMaxRtg u16 W W_SF | WDisChaRteMaxRtg u16 W W_SF
VAChaRteMaxRtg u16 VA VA_SF | VADisChaRteMaxRtg u16 VA VA_SF | VNomRtg u16 V V_SF
VMaxRtg u16 V V_SF | VMinRtg u16 V V_SF | AMaxRtg u16 A A_SF | PFOvrExtRtg u16 - PF_SF
PFUndExtRtg u16 - PF_SF | ReactSusceptRtg u16 S S_SF | NorOpCatRtg enum16 | AbnOpCatRtg enum16
CtrlModes bits32 | IntIslandCatRtg bits16 | WMax u16 W W_SF | WMaxOvrExt u16 W W_SF
WOvrExtPF u16 - PF_SF | WMaxUndExt u16 W W_SF | WUndExtPF u16 - PF_SF | VAMax u16 VA VA_SF
VarMaxInj u16 Var Var_SF | VarMaxAbs u16 Var Var_SF | WChaRteMax u16 W W_SF
WDisChaRteMax u16 W W_SF | VAChaRteMax u16 VA VA_SF | VADisChaRteMax u16 VA VA_SF
VNom u16 V V_SF | VMax u16 V V_SF | VMin u16 V V_SF | AMax u16 A A_SF | PFOvrExt u16 - PF_SF
PFUndExt u16 - PF_SF | IntIslandCat bits16 | W_SF sf | PF_SF sf | VA_SF sf | Var_SF sf | V_SF sf
A_SF sf | S_SF sf
`;

/** Model 802: battery. */
const BATTERY = `
AHRtg u16 Ah AHRtg_SF | WHRtg u16 Wh WHRtg_SF | WChaRteMax u16 W WChaDisChaMax_SF
WDisChaRteMax u16 W WChaDisChaMax_SF | DisChaRte u16 %WHRtg DisChaRte_SF
SoCMax u16 %WHRtg SoC_SF | SoCMin u16 %WHRtg SoC_SF | SocRsvMax u16 %WHRtg SoC_SF
SoCRsvMin u16 %WHRtg SoC_SF | SoC u16 %WHRtg SoC_SF | DoD u16 % DoD_SF | SoH u16 % SoH_SF
NCyc u32 | ChaSt enum16 | LocRemCtl enum16 | Hb u16 | CtrlHb u16 | AlmRst u16 | Typ enum16
State enum16 | StateVnd enum16 | WarrDt u32 | Evt1 bits32 | Evt2 bits32 | EvtVnd1 bits32
EvtVnd2 bits32 | V u16 V V_SF | VMax u16 V V_SF | VMin u16 V V_SF | CellVMax u16 V CellV_SF
CellVMaxStr u16 | CellVMaxMod u16 | CellVMin u16 V CellV_SF | CellVMinStr u16 | CellVMinMod u16
CellVAvg u16 V CellV_SF | A i16 A A_SF | AChaMax u16 A AMax_SF | ADisChaMax u16 A AMax_SF
W i16 W W_SF | ReqInvState enum16 | ReqW i16 W W_SF | SetOp enum16 | SetInvState enum16
AHRtg_SF sf | WHRtg_SF sf | WChaDisChaMax_SF sf | DisChaRte_SF sf | SoC_SF sf | DoD_SF sf
SoH_SF sf | V_SF sf | CellV_SF sf | A_SF sf | AMax_SF sf | W_SF sf
`;

/** Text by model. The single-phase meter of old names three voltages otherwise. */
export const MODEL_TEXTS: ReadonlyMap<number, string> = new Map([
  [1, COMMON],
  ...[101, 102, 103].map((id) => [id, INVERTER] as const),
  ...[111, 112, 113].map((id) => [id, INVERTER_FLOAT] as const),
  [120, NAMEPLATE],
  [160, MPPT],
  [201, METER.replaceAll(/PhVph(AB|BC|CA)/g, "PPVph$1")],
  ...[202, 203, 204].map((id) => [id, METER] as const),
  ...[211, 212, 213, 214].map((id) => [id, METER_FLOAT] as const),
  [701, DER_MEASURE],
  [702, DER_CAPACITY],
  [802, BATTERY],
]);
