"""What clinics call things in several languages: column names, and the codes that stand in them."""

import re
import unicodedata
from typing import Any

from hinge_outcomes.domain.progression import STAGES

_NAMES: dict[str, str] = {
    "patient_id": (
        r"patient(?:en|e)?(?: (?:id|no|nr|number|nummer|key|code))?|pat(?: (?:id|nr|no))?|"
        r"client(?: id)?|klient(?: id)?|person(?: id)?|subject(?: id)?|participant(?: id)?|mrn|"
        r"medical record(?: (?:number|no))?|chart (?:number|no)|patientennummer|patientennr|"
        r"patientnummer|patientnr|paciente(?: id)?|(?:id|numero|num) (?:de )?(?:paciente|patient)|"
        r"patientid"
    ),
    "episode_id": (
        r"case(?: (?:id|no|nr|number))?|episode(?: (?:id|no|nr|number))?|episode of care|"
        r"course of care|referral(?: id)?|fall(?: (?:id|nr|nummer))?|fallnummer|fallnr|"
        r"behandlungsfall|dossier|episodio|caso|forlob|vardtillfalle|traject|treatment id|caseid|"
        r"episodeid"
    ),
    "clinic_id": (
        r"site|clinic(?: (?:id|name))?|location|practice|facility|praxis|standort|klinik|filiale|"
        r"cabinet|centre|center|clinique|clinica|centro|sede|mottagning|praktijk|locatie|branch"
    ),
    "clinician_id": (
        r"(?:treating )?(?:therapist|clinician|provider|physio\w*|staff)(?: (?:id|code))?|"
        r"behandler\w*|therapeut\w*|kine|kinesitherapeute|terapeuta|fisioterapeuta|fysioterapeut"
    ),
    "start_date": (
        r"(?:first|initial) (?:visit|appointment|session|eval\w*)(?: date)?|start(?: date)?|"
        r"start of care|begin(?: date)?|began(?: on)?|intake(?: date)?|admission(?: date)?|"
        r"(?:episode|care|treatment) (?:start|begin)(?: date)?|soc date|eval date|"
        r"date of (?:first visit|intake|admission|evaluation|start)|enrol\w*(?: date)?|"
        r"erst(?:behandlung|termin|kontakt)|(?:behandlungs)?beginn|aufnahme(?:datum)?|"
        r"date de debut|debut|premiere (?:visite|seance)|(?:fecha de )?inicio|primera visita|"
        r"startdato|startdatum|eerste (?:afspraak|bezoek)"
    ),
    "end_day": (
        r"closed(?: (?:on|date))?|end(?: (?:date|day))?|end of care|"
        r"discharged?(?: (?:date|day|on))?|date of discharge|"
        r"(?:episode|care|treatment) end(?: date)?|abschluss(?:datum)?|"
        r"entlass(?:ung|datum|ungsdatum)|behandlungsende|ende|date de (?:fin|sortie)|sortie|"
        r"fecha de (?:alta|fin)|alta|slutdato|slutdatum|einddatum"
    ),
    "end_reason": (
        r"(?:closed|end|discharged?|closing|closure) (?:because|reason|status|disposition|why)|"
        r"reason (?:for )?(?:end|discharge|closing|closure)|reason|abschlussgrund|entlassgrund|"
        r"grund|motif(?: de (?:fin|sortie))?|motivo(?: de alta)?|reden"
    ),
    "symptom_duration": (
        r"symptoms?(?: duration)?|duration(?: of symptoms)?|chronicity|acuity|symptomdauer|"
        r"beschwerdedauer|"
        r"chronizitat|duree(?: des symptomes)?|duracion(?: de los sintomas)?|varighed"
    ),
    "start_back_risk": (
        r"(?:start|sbst|keele)(?: back)?(?: (?:risk|class|group|category|subgroup))+|"
        r"risk(?: (?:class|group|category))?|risiko(?:gruppe)?|risque|riesgo"
    ),
    "entry_stage": (
        r"(?:entry|initial|starting|baseline|first) (?:step|stage|level|rung)|"
        r"(?:einstiegs|eingangs|anfangs)stufe|"
        r"startstufe|(?:etape|niveau) initiale?|etapa inicial"
    ),
    "target_stage": (
        r"(?:goal|target|planned|aim) (?:step|stage|level|rung)|zielstufe|(?:etape|niveau) cible|"
        r"etapa objetivo"
    ),
    "birth_year": (
        r"born|birth(?: ?(?:year|date|day))?|(?:date|year) of birth|dob|yob|"
        r"geburts(?:datum|jahr|tag)|geboren|(?:date|annee) de naissance|naissance|"
        r"(?:fecha|ano) de nacimiento|nacimiento|fodsels(?:dato|ar)|fodelse(?:datum|ar)|"
        r"geboorte(?:datum|jaar)"
    ),
    "age": r"age(?: (?:years|at \w+))?|alter|edad|leeftijd|alder",
    "sex": r"sex|gender|geschlecht|sexe|sexo|genero|kon|kjonn|geslacht",
    "visit_day": (
        r"(?:appointment|appt|visit|session|service|treatment|encounter)(?: (?:date|day))?|"
        r"date of (?:visit|service|appointment|treatment)|dos|seen(?: on)?|termin(?:datum)?|"
        r"behandlungsdatum|besuch(?:sdatum)?|rendez vous|seance|"
        r"date (?:de )?(?:la )?(?:visite|seance|consultation)|visita|cita|"
        r"fecha de (?:la )?(?:cita|visita|sesion)|besok|besog|bezoek|afspraak"
    ),
    "visit_number": r"visit (?:number|no|nr)|session (?:number|no|nr)",
    "status": (
        r"(?:(?:visit|appt|appointment) )?status|attendance|attended|arrival|anwesenheit|"
        r"erschienen|presence|asistencia|estado|fremmode|narvaro|aanwezig\w*"
    ),
    "home_exercise_days": (
        r"(?:home )?exercise days|hep(?: days)?|home (?:program|exercises?)(?: days)?|"
        r"days exercised|heimubung\w*|ubungstage|jours d exercices?|dias de ejercicio"
    ),
    "stage": (
        r"(?:hinge )?(?:step|stage)|progression|rung|stufe|etape|etapa|trin|steg|stap"
    ),
    "exercise": r"exercise|ubung|exercice|ejercicio|ovelse|ovning|oefening",
    "mastery_level": (
        r"rating|mastery(?: level)?|performance|grade|bewertung|beherrschung|maitrise|dominio|"
        r"vurdering|bedomning|beoordeling"
    ),
    "is_working_stage": r"(?:is )?working(?: (?:step|stage))?",
    "load_kg": r"load(?: kg)?|weight used|resistance|last|gewicht|charge|carga|belastning",
    "measured_day": (
        r"(?:form|outcome|score|questionnaire|survey|measurement|assessment|measured|completed|"
        r"collected|answered|response)s? (?:date|day|on)|date (?:completed|of form|measured|"
        r"collected)|fragebogen ?datum|erhebungsdatum|messdatum|date (?:du )?questionnaire|"
        r"fecha del? cuestionario"
    ),
    "timepoint": (
        r"time ?point|event(?: name)?|wave|time|follow ?up|zeitpunkt|moment(?:o)?|temps"
    ),
    "instrument": r"instrument|questionnaire|measure|scale|fragebogen|cuestionario|skala|echelle",
    "score": r"scores?|value|result(?:at)?|wert|punkte|ergebnis|valeur|resultado|puntuacion|total",
    "nprs": (
        r"(?:average |mean |current |worst )?pain(?: (?:score|nrs|intensity|avg|average|level))?|"
        r"nrs|nprs|vas|schmerz(?:en|starke)?|douleur|dolor|smerte|smarta|pijn"
    ),
    "odi": (
        r"odi(?: (?:score|total|percent|pct))?|oswestry(?: \w+)*|disability(?: (?:score|index))?|"
        r"behinderung|invalidite|incapacite|discapacidad"
    ),
    "rmdq": r"rmdq(?: (?:score|total))?|roland(?: morris)?",
    "psfs": r"psfs(?: score)?|patient specific(?: function\w*)?(?: scale)?",
    "promis_pf": r"promis (?:pf|physical function)(?: t)?",
    "promis_pi": r"promis (?:pi|pain interference)(?: t)?",
    "start_back": r"(?:start|sbst|keele)(?: back)?(?: (?:total|score))+",
    "fabq": r"fabq(?: (?:score|total))?",
    "groc": r"groc|global (?:rating|change)(?: of change)?",
    "date": r"date|day|datum|dato|fecha|tag|jour|dia",
}  # fmt: skip

_PATTERNS = {role: re.compile(rf"\b(?:{names})\b") for role, names in _NAMES.items()}

_TIMES: tuple[tuple[str, int], ...] = (
    (r"baseline|intake|initial|pre|before|t0|week 0|day 0|vorher|avant|antes", 0),
    (r"6 ?(?:w|wk|wks|weeks?|wochen|semaines|semanas)|week 6|w6", 42),
    (r"(?:13|12) ?(?:w|wk|wks|weeks?|wochen|semaines|semanas)|week 1[23]|"
     r"3 ?(?:m|mo|months?|monate|mois|meses)|w1[23]|m3", 91),
    (r"26 ?(?:w|wk|wks|weeks?|wochen|semaines|semanas)|week 26|"
     r"6 ?(?:m|mo|months?|monate|mois|meses)|w26|m6", 182),
    (r"52 ?(?:w|wk|wks|weeks?|wochen|semaines|semanas)|week 52|"
     r"12 ?(?:m|mo|months?|monate|mois|meses)|1 ?(?:y|year|jahr)|w52|m12", 364),
)  # fmt: skip

CODE_WORDS: dict[str, dict[str, Any]] = {
    "sex": {
        "female": "female", "f": "female", "woman": "female", "weiblich": "female", "w": "female",
        "femme": "female", "feminin": "female", "mujer": "female", "femenino": "female",
        "kvinde": "female", "kvinna": "female", "k": "female", "vrouw": "female", "v": "female",
        "male": "male", "m": "male", "man": "male", "mann": "male", "mannlich": "male",
        "homme": "male", "h": "male", "masculin": "male", "hombre": "male", "masculino": "male",
        "mand": "male",
        "other": "other", "x": "other", "d": "other", "divers": "other", "diverse": "other",
        "nonbinary": "other", "non binary": "other", "autre": "other", "otro": "other",
        "unknown": "unknown", "u": "unknown", "unbekannt": "unknown", "inconnu": "unknown",
    },
    "symptom_duration": {
        "acute": "acute", "a": "acute", "akut": "acute", "aigu": "acute", "agudo": "acute",
        "subacute": "subacute", "sub acute": "subacute", "s": "subacute", "subakut": "subacute",
        "subaigu": "subacute", "subagudo": "subacute",
        "chronic": "chronic", "c": "chronic", "chronisch": "chronic", "chronique": "chronic",
        "cronico": "chronic", "kronisk": "chronic", "persistent": "chronic",
    },
    "start_back_risk": {
        "low": "low", "l": "low", "niedrig": "low", "gering": "low", "faible": "low",
        "bajo": "low", "medium": "medium", "m": "medium", "moderate": "medium", "mittel": "medium",
        "moyen": "medium", "medio": "medium", "high": "high", "h": "high", "hoch": "high",
        "eleve": "high", "alto": "high",
    },
    "status": {
        "attended": "attended", "came": "attended", "arrived": "attended", "kept": "attended",
        "completed": "attended", "show": "attended", "seen": "attended", "checked out": "attended",
        "checked in": "attended", "present": "attended", "erschienen": "attended",
        "wahrgenommen": "attended", "venu": "attended", "asistio": "attended", "modt": "attended",
        "no show": "no_show", "noshow": "no_show", "ns": "no_show", "missed": "no_show",
        "did not attend": "no_show", "dna": "no_show", "absent": "no_show", "dns": "no_show",
        "nicht erschienen": "no_show", "no asistio": "no_show", "udeblevet": "no_show",
        "cancelled": "cancelled", "canceled": "cancelled", "cx": "cancelled", "cnx": "cancelled",
        "abgesagt": "cancelled", "storniert": "cancelled", "annule": "cancelled",
        "cancelado": "cancelled", "cancelada": "cancelled", "aflyst": "cancelled",
    },
    "end_reason": {
        "mastered": "mastered", "mastery": "mastered", "goals met": "goals_met",
        "goal met": "goals_met", "goals achieved": "goals_met", "goals reached": "goals_met",
        "ziele erreicht": "goals_met", "ziel erreicht": "goals_met",
        "objectifs atteints": "goals_met",
        "self discharged": "self_discharged", "self discharge": "self_discharged",
        "patient choice": "self_discharged", "abgebrochen": "self_discharged",
        "lost to follow up": "lost_to_follow_up",
        "lost": "lost_to_follow_up", "nicht mehr erschienen": "lost_to_follow_up",
        "ltfu": "lost_to_follow_up", "not seen": "lost_to_follow_up",
        "referred out": "referred_out", "referred": "referred_out", "referral": "referred_out",
        "sent on": "referred_out", "uberwiesen": "referred_out",
        "administrative": "administrative", "admin": "administrative",
    },
    "mastery_level": {
        "unable": 0, "cannot": 0, "needs hands on": 0, "hands on": 0, "nicht moglich": 0,
        "cued": 1, "with cues": 1, "cues": 1, "with help": 1, "mit hilfe": 1, "avec aide": 1,
        "conscious": 2, "when thinking": 2, "thinking": 2, "bewusst": 2, "conscient": 2,
        "consciente": 2, "automatic": 3, "by itself": 3, "automatically": 3, "automatisch": 3,
        "automatique": 3, "automatico": 3,
    },
    "instrument": {
        "nprs": "nprs", "nrs": "nprs", "pain": "nprs", "pain nrs": "nprs", "odi": "odi",
        "oswestry": "odi", "rmdq": "rmdq", "roland morris": "rmdq", "psfs": "psfs",
        "promis pf": "promis_pf", "promis pi": "promis_pi", "fabq": "fabq", "groc": "groc",
        "start back": "start_back", "sbst": "start_back",
    },
}  # fmt: skip
"""What a text means, by column; texts in several languages, written as `plain_words` does."""

_SCALE = re.compile(r"^0 100?$")
"""What is left of "Pain (0-10)": it tells the scale, and no column from another."""

_BARE_IDS = ("id", "record id", "study id", "uid", "pid", "nr", "no")

MISSING_WORDS = (
    "nan", "n/a", "na", "#n/a", "-", "--", "?", ".", "null", "none", "missing", "<undefined>",
    "undefined", "k.a.", "keine angabe", "nd", "s/d",
)  # fmt: skip
"""Texts that are taken to stand for a missing value, in lower case."""

STAGE_NUMBERS = {re.sub(r"\W+", " ", stage.name.lower()): stage.number for stage in STAGES}


def plain_words(text: str) -> str:
    """Write a name as lower-case words without accents, parted by single blanks.

    Parameters
    ----------
    text : str
        A column name, or a code.

    Returns
    -------
    str
        Letters and digits only; words run together by capitals are parted.

    Examples
    --------
    >>> plain_words("First_Visit-Date"), plain_words("NPRS_6wk"), plain_words("Geschlécht")
    ('first visit date', 'nprs 6 wk', 'geschlecht')
    """
    parted = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", " ", text)
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("Ø", "o"), ("æ", "ae"), ("Æ", "ae")):
        parted = parted.replace(letter, plain)
    bare = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    words = " ".join(re.findall(r"[a-z]+|\d+", bare.lower()))
    return re.sub(r"\bstar t\b", "start", words)  # the STarT Back tool is written so


def named_roles(name: str) -> list[tuple[str, str]]:
    """List what a column may hold, judging by its name, the likeliest first.

    Parameters
    ----------
    name : str
        The column's name.

    Returns
    -------
    list of (str, str)
        Role, and the words of the name that say nothing of it, such as "warm up". The longest
        match comes first.

    Examples
    --------
    >>> named_roles("Warm-up rating"), named_roles("Closed because")[0]
    ([('mastery_level', 'warm up')], ('end_reason', ''))
    """
    words = plain_words(name)
    if words in _BARE_IDS:
        return [("patient_id", "")]
    found = []
    for role, pattern in _PATTERNS.items():
        matches = sorted(pattern.finditer(words), key=lambda match: match.start() - match.end())
        if matches:
            match = matches[0]
            rest = " ".join(f"{words[: match.start()]} {words[match.end() :]}".split())
            found.append((match.end() - match.start(), role, _SCALE.sub("", rest)))
    # Python's sort keeps ties in the order of the vocabulary, the more particular roles first.
    found.sort(key=lambda each: -each[0])
    return [(role, rest) for _, role, rest in found]


def named_day(words: str) -> int | None:
    """Read a planned day out of words such as "6 weeks".

    Parameters
    ----------
    words : str
        As `plain_words` writes them.

    Returns
    -------
    int or None
        Days from the start; None where the words name no time.

    Examples
    --------
    >>> named_day("13 wk"), named_day("baseline"), named_day("form")
    (91, 0, None)
    """
    return next((day for names, day in _TIMES if re.search(rf"\b(?:{names})\b", words)), None)


def named_stage(text: str) -> int | None:
    """Tell which of the ten stages a text names.

    Parameters
    ----------
    text : str
        A code or a column name.

    Returns
    -------
    int or None
        Its number, by the stage's name.

    Examples
    --------
    >>> named_stage("hero-squats"), named_stage("3. Three Point Contact Hinge"), named_stage("hop")
    (1, 3, None)
    """
    words = plain_words(text)
    for name, number in STAGE_NUMBERS.items():
        if name in (words, re.sub(r"^\d+ ", "", words)) or words in (f"stage {number} {name}",):
            return number
    return None
