"""Which columns of an export hold direct identifiers, told by their headers in seven languages.

The kinds are those that the Safe Harbor rule lists [1]_ and that can stand in a column. Known are
English, German, French, Spanish, Danish, Swedish and Dutch.

References
----------
.. [1] 45 CFR 164.514(b)(2)(i), identifiers (A) to (R).
"""

import re
import unicodedata
from collections.abc import Sequence

# Whose name, telephone or address it is. A name of nobody in this list is the name of a thing.
_PERSON = """
    patient pat pt client subject participant person member contact relative kin mother father
    parent parents spouse partner guardian carer caregiver husband wife employer gp doctor dr
    physician provider clinician therapist physio physiotherapist staff surgeon
    patienten patientin person angehorige arzt therapeut arbeitgeber
    patiente medecin therapeute employeur paciente medico terapeuta
    patientens behandler laege patientens behandlare lakare patientnaam behandelaar huisarts arts
"""

# Whose telephone or address says nothing about a person.
_PLACE = """
    clinic clinics practice hospital site center centre facility department location pharmacy
    praxis klinik standort abteilung clinique cabinet hopital clinica centro consultorio hospital
    kliniken mottagning kliniek praktijk locatie ziekenhuis study
"""

_WORDS_FOR_NAME = "name names nom noms nombre nombres apellido navn namn naam"

# Names that need no owner: there is nothing else they could be the names of.
_PERSONAL_NAMES = """
    surname surnames forename forenames lastname firstname fullname middlename maidenname fname
    lname mname initials
    nachname vorname familienname geburtsname rufname patientenname
    prenom prenoms apellidos fornavn efternavn patientnavn fornamn efternamn patientnamn
    voornaam achternaam roepnaam patientnaam patientname ptname clientname
"""

_NAME_ADJECTIVES = (
    "first|last|given|family|middle|maiden|full|legal|preferred|nick|birth|de famille|de naissance|"
    "usage|d usage|completo"
)

_NUMBER = "(?: ?(?:number|num|no|nr|nummer|id|numero|code))"

# Kind, and the words that give it away; the first kind that fits is told.
_WORDS: tuple[tuple[str, str], ...] = (
    ("fax number", r"(?:tele)?fax(?:nummer| ?nr| number| no)?"),
    ("IP address", r"(?:client |remote )?ip ?(?:address|addr|adresse|adres)|ipv[46]"),
    (
        "e-mail address",
        r"e ?mail|e ?mails|e ?mail ?(?:address|adresse|adress|adres|addr)|mail address|mailadresse|"
        r"courriel|adresse electronique|correo(?: electronico)?|e ?post(?:adresse|adress)?",
    ),
    (
        "web address",
        r"urls?|web ?sites?|home ?page|web ?page|web address|survey link|facebook|instagram|"
        r"twitter|linkedin|site web|sitio web|webseite|hemsida|hjemmeside",
    ),
    (
        "device number",
        rf"device (?:id|identifier|serial)|device{_NUMBER}|serial{_NUMBER}|imei|udid|mac address|"
        r"seriennummer|gerate ?(?:id|nummer)|numero de serie|serienummer|implant (?:id|serial)",
    ),
    (
        "vehicle number",
        rf"vehicle{_NUMBER}|vehicle (?:plate|registration|identification number)|"
        r"licen[sc]e plate|number plate|plate number|kfz ?kennzeichen|autokennzeichen|"
        r"immatriculation|matricula(?: del (?:coche|vehiculo))?|nummerplade|nummerplat|kenteken",
    ),
    (
        "telephone number",
        r"(?:tele)?phone|(?:tele)?phone ?(?:number|num|no|nr)|phones|tel|tel ?(?:no|nr)|"
        r"(?:mobile|cell) ?(?:phone|number|no|nr)|(?:home|work|patient|pt) (?:mobile|cell)|"
        r"cellphone|cellular|whatsapp|handy(?:nummer)?|"
        r"telefon(?:nummer| ?nr)?|rufnummer|mobil(?:nummer|telefon| ?nr)|telephone portable|"
        r"telefono|movil|numero de (?:telephone|telefono)|telefoon(?:nummer)?|gsm|tlf|tlfnr",
    ),
    (
        "date of birth",
        r"dob|d o b|date of birth|birth ?dates?|date birth|birth ?days?|geburts ?(?:datum|tag)|"
        r"geb ?dat(?:um)?|date (?:de )?naissance|naissance date|ddn|fecha (?:de )?nacimiento|"
        r"fecha nac|fodselsdato|fodselsdag|fodelsedatum|fodelsedag|geboorte ?datum",
    ),
    (
        "national number",
        rf"ssn|social security{_NUMBER}?|sozialversicherungs ?(?:nummer|nr)|svnr|ahv{_NUMBER}?|"
        r"numero (?:de )?securite sociale|securite sociale|num(?:ero)? secu|dni|curp|cpr ?nummer|"
        r"cpr ?nr|personnummer|personnr|samordningsnummer|bsn|burgerservicenummer|fodselsnummer|"
        rf"national (?:id|insurance|identity){_NUMBER}?|nhs{_NUMBER}?|tax{_NUMBER}|aadhaar|"
        rf"steuer ?(?:nummer|nr|id)|personal (?:id|identity){_NUMBER}|nin|nino",
    ),
    (
        "insurance number",
        rf"(?:insurance|policy|member|subscriber|beneficiary|health ?plan){_NUMBER}|"
        rf"(?:medicare|medicaid){_NUMBER}|insurance policy{_NUMBER}?|insurance member{_NUMBER}|"
        r"(?:kranken)?versicherungs ?(?:nummer|nr)|versicherten ?(?:nummer|nr)|kvnr|"
        r"numero (?:d )?(?:assure|adherent|mutuelle)|carte vitale|tarjeta sanitaria|"
        r"numero de (?:seguro|poliza|afiliado)|sygesikring(?:snummer)?|forsikringsnummer|"
        r"forsakringsnummer|polisnummer|verzekerings?nummer",
    ),
    (
        "record number",
        rf"mrn|m r n|medical records?{_NUMBER}?|(?:health|hospital|chart|patient) record{_NUMBER}|"
        rf"(?:chart|hospital|patient) ?(?:number|num|no|nr|nummer)|"
        r"(?:patienten|fall|akten|krankenakten) ?(?:nummer|nr)|"
        r"(?:numero|num|no|n) (?:de )?(?:dossier|patient)|ipp|"
        r"(?:numero de )?historia clinica|nhc|numero de paciente|expediente|"
        r"journal ?(?:nummer|nr)|patient ?(?:nummer|nr)|dossier ?(?:nummer|nr)",
    ),
    (
        "account number",
        rf"account{_NUMBER}|bank ?(?:account|details|name|konto|verbindung)|iban|"
        r"(?:credit )?card number|kreditkarten ?(?:nummer|nr)|konto ?(?:nummer|nr)|user ?name|"
        r"login|benutzername|numero de (?:compte|cuenta)|compte bancaire|cuenta bancaria|"
        r"rekening ?(?:nummer|nr)|kontonummer",
    ),
    (
        "licence number",
        rf"(?:driver s? ?|drivers? |driving )?licen[sc]e{_NUMBER}?|certificate{_NUMBER}|"
        rf"passport{_NUMBER}?|reisepass(?: ?nummer| ?nr)?|personalausweis(?: ?nummer| ?nr)?|"
        r"ausweis ?(?:nummer|nr)|fuhrerschein(?: ?nummer| ?nr)?|passeport|permis de conduire|"
        r"pasaporte|paspoort(?: ?nummer| ?nr)?|pasnummer|korekort|rijbewijs|id card(?: number)?",
    ),
    (
        "postal code",
        r"zip|zip ?codes?|post(?:al)? ?codes?|plz|postleitzahl|code postal|codigo postal|"
        r"post ?(?:nummer|nr)|eircode",
    ),
    (
        "address",
        r"address|address(?:es)?(?: line)?(?: \d)?|addr(?: \d)?|street(?: address| name| number)?|"
        r"house number|city|town|village|county|suburb|birth ?place|place of birth|residence|"
        r"latitude|longitude|gps|geocode|geo ?location|"
        r"adresse|strasse|haus ?(?:nummer|nr)|wohnort|ort|stadt|gemeinde|geburtsort|anschrift|"
        r"rue|ville|commune|lieu de naissance|direccion|domicilio|calle|ciudad|municipio|"
        r"lugar de nacimiento|vej|gade|bopael|adress|gatuadress|gata|bostadsort|"
        r"adres|straat|straatnaam|huis ?(?:nummer|nr)|woonplaats|stad|gemeente|geboorteplaats",
    ),
    (
        "picture",
        r"photos?|photographs?|face (?:photo|image|picture)|pictures?|portrait|selfie|avatar|"
        r"fotos?|lichtbild|patient (?:image|picture)|video ?(?:file|link|recording)|"
        r"finger ?prints?|voice ?prints?|iris scan|retina scan|biometrics?",
    ),
    (
        "free text",
        r"comments?|notes?|remarks?|free ?text|narrative|memo|verbatim|please specify|"
        r"other specify|specify other|specify|soap|"
        r"bemerkung(?:en)?|kommentare?|notiz(?:en)?|anmerkung(?:en)?|freitext|"
        r"commentaires?|remarques?|texte libre|notas?|comentarios?|observaciones|texto libre|"
        r"bemaerkning(?:er)?|kommentar(?:er)?|noter|fritekst|anteckning(?:ar)?|fritext|"
        r"opmerking(?:en)?|notities?|toelichting|vrije tekst",
    ),
)  # fmt: skip

# What makes a header one about something else: how often, whether, of which kind, since when.
_ABOUT = (
    r"count|counts|type|types|status|flag|yn|y n|exists?|present|complete|completed|date|dates|"
    r"time|times?tamp|sent|consent|opt|opt in|opt out|permission|reminders?|verified|preference|"
    r"version|length|score|scores|visits?|calls?|consults?|consultations?|sessions?|"
    r"appointments?|interviews?|follow ?up|contacts?|termin|termine|anzahl|anruf|"
    r"accident|collision|app|unit|quality|language"
)
_ASKING = r"has|is|had|was|n|num|number of|no of|count of|any|anzahl|nombre de|antal|aantal"

# A French note is a mark in points, a stage's or an exercise's note is its description.
_SCORES = "score|note (?:de )?(?:douleur|fonction|globale|moyenne|nprs|eva|odi)|douleur"

_BY_PLACE = ("name", "telephone number", "fax number", "e-mail address", "web address",
             "postal code", "address", "picture", "account number")  # fmt: skip

_PERSONS = frozenset(_PERSON.split())
_PLACES = frozenset(_PLACE.split())
_OWN_NAMES = frozenset(_PERSONAL_NAMES.split())
_NAMES = frozenset(_WORDS_FOR_NAME.split())
_ABOUT_PATTERN = re.compile(rf"(?:^(?:{_ASKING}) .*|.* (?:{_ABOUT})$)")
_SCORE_PATTERN = re.compile(rf"\b(?:{_SCORES})\b")
_PATTERNS = tuple((kind, re.compile(rf"(?<!\S)(?:{words})(?!\S)")) for kind, words in _WORDS)
_ALONE = re.compile(rf"(?:{'|'.join(sorted(_NAMES))})(?: \d)?")
_ADJECTIVE = re.compile(
    rf"(?<!\S)(?:(?:{_NAME_ADJECTIVES}) (?:name|names|nom)|"
    rf"(?:name|nom|nombre) (?:{_NAME_ADJECTIVES})|"
    r"primer apellido|segundo apellido|apellidos?)(?!\S)"
)

# Short words that mean something else as soon as they stand among others.
_ONLY_ALONE = {
    "cpr": "national number", "nir": "national number", "nie": "national number",
    "nif": "national number", "lat": "address", "lon": "address", "lng": "address",
    "image": "picture", "bild": "picture", "bilde": "picture", "mobil": "telephone number",
    "portable": "telephone number", "mobile": "telephone number", "cell": "telephone number",
    "account": "account number", "str": "address", "hospital number": "record number",
}  # fmt: skip


def identifier_columns(header: Sequence[str]) -> dict[str, str]:
    """Tell which columns hold direct identifiers, judging by their headers.

    Headers are split at signs and at capitals inside a word, and read without accents. The name of
    a thing (a clinic, an exercise, a stage, a file) is no identifier, nor is what is said about one
    (whether an e-mail was sent, how many notes there are, a visit by telephone). A year of birth is
    none either. A bare id, such as ``patient_id`` or ``record_id``, is not judged.

    Parameters
    ----------
    header : sequence of str
        The export's column names.

    Returns
    -------
    dict of str to str
        For each column that holds identifiers their kind, such as "name" or "telephone number".

    Examples
    --------
    >>> identifier_columns(["Patient Name", "Clinic name", "Geburtsdatum", "NPRS", "zip_code"])
    {'Patient Name': 'name', 'Geburtsdatum': 'date of birth', 'zip_code': 'postal code'}
    """
    kinds = ((column, _kind(_plain(column))) for column in header)
    return {column: kind for column, kind in kinds if kind}


def _plain(header: str) -> str:
    """Write a header as lower-case words without accents, parted by single blanks."""
    parted = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", " ", header)
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("Ø", "o"), ("æ", "ae"), ("Æ", "ae")):
        parted = parted.replace(letter, plain)
    bare = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z]+|\d+", bare.lower()))


def _kind(words: str) -> str:
    kind = _ONLY_ALONE.get(words) or _found_kind(words)
    if kind != "date of birth" and _ABOUT_PATTERN.fullmatch(words):
        return ""
    if kind == "free text" and _SCORE_PATTERN.search(words):
        return ""
    single = set(words.split())
    is_of_place = single & _PLACES and not single & _PERSONS
    return "" if kind in _BY_PLACE and is_of_place else kind


def _found_kind(words: str) -> str:
    single = set(words.split())
    for kind, pattern in _PATTERNS:
        if pattern.search(words):
            return kind
    if single & _OWN_NAMES or _ALONE.fullmatch(words) or _ADJECTIVE.search(words):
        return "name"
    if single & _NAMES and single & _PERSONS:
        return "name"
    return ""


__all__ = ["identifier_columns"]
