"""Headers of direct identifiers are known in seven languages, their false friends are not."""

import csv

import pytest

from hinge_outcomes.cohort.identifier_headers import identifier_columns
from tests.shared import SHARED, needs_shared

IDENTIFIERS = {
    "name": "Name|Patient Name|patient_name|PatientName|First name|last_name|LASTNAME|Surname|"
    "Pt Name|name_first|Emergency contact name|Mother's name|Therapist name|Employer name|"
    "Preferred name|fname|Nachname|Vorname|Name des Patienten|Prénom|Nom|Nom de famille|Nombre|"
    "Apellidos|Primer apellido|Navn|Fornavn|Efternamn|Achternaam|Naam",
    "telephone number": "Phone|Home Phone|phone_number|Tel.|Telefon|Handy|Mobile|Cell phone|"
    "Telefonnummer|Téléphone|Teléfono|Tlf.|Telefoonnummer|Mobil|Patient phone|patient mobile",
    "e-mail address": "Email|E-Mail|e_mail_address|Courriel|Correo electrónico|E-post",
    "address": "Address|Street|Address line 1|address_1|Adresse|Straße|Hausnr.|Wohnort|City|Ville|"
    "Rue|Dirección|Calle|Adress|Woonplaats|Straat|Place of birth|latitude",
    "postal code": "ZIP|zip_code|Postcode|Postal Code|PLZ|Code postal|Código postal|Postnummer",
    "national number": "SSN|Social Security Number|NHS number|CPR-nummer|CPR|Personnummer|BSN|DNI|"
    "AHV-Nr.|Numéro de sécurité sociale|National Insurance Number|Steuer-ID",
    "insurance number": "Insurance number|Policy Number|Member ID|Medicare ID|Versicherungsnummer|"
    "Versichertennr.|KVNR|Verzekeringsnummer",
    "record number": "MRN|Medical Record Number|Chart No|Hospital number|Patient No.|Fallnummer|"
    "Patientennummer|Numéro de dossier|NHC|Historia clínica|Journalnummer|Dossiernummer",
    "date of birth": "DOB|Date of Birth|BirthDate|birth_date|Birthday|Geburtsdatum|Geb.-Datum|"
    "Date de naissance|Fecha de nacimiento|Fødselsdato|Födelsedatum|Geboortedatum",
    "free text": "Comments|Notes|visit_notes|Remarks|Free text|Bemerkungen|Notizen|Commentaires|"
    "Observaciones|Bemærkninger|Anteckningar|Opmerkingen|Clinician comment|Other, please specify",
    "picture": "Photo|Foto|Patient image|Fingerprint",
    "web address": "URL|Website",
    "IP address": "IP Address|ip_address",
    "device number": "Device ID|Device serial number|Serial No|Seriennummer",
    "vehicle number": "License plate|Vehicle number|Kfz-Kennzeichen|Kenteken",
    "account number": "Account number|IBAN|Kontonummer|Username",
    "licence number": "Driver's license|License number|Passport|Reisepassnummer|Rijbewijs",
    "fax number": "Fax|Fax number|Telefax",
}

FALSE_FRIENDS = (
    "Clinic name|clinic_name|Exercise name|Stage Name|file name|filename|redcap_event_name|"
    "Instrument name|Program name|Name of exercise|Nombre del ejercicio|Nom de l'exercice|"
    "Clinic phone|Clinic address|Hospital city|site_address|Practice email|"
    "patient_id|record_id|study_id|episode_id|Case|Case number|clinician_id|Therapist|Visit number|"
    "Phone visit|telephone consultation|is_phone|Number of phone calls|Email sent|email_consent|"
    "has_notes|Note count|comments_complete|notes y/n|NPRS|ODI score|odi1|Pain|pain location|Age|"
    "Sex|Year of birth|birth_year|Geburtsjahr|Année de naissance|Start date|First visit|Date|"
    "Discharge reason|Insurance type|Insurance|payer|Load kg|Mastery level|Home exercise days|"
    "Symptom duration|STarT risk|Body image|Straight leg raise|lat pull down|CPR rule met|"
    "Cell count|Mobility|mobile app used|Motor vehicle accident|vehicle accident|Device type|"
    "Note de douleur|Note globale|country|State|language|license type|account of pain|"
    "Nombre de visites|Addressed goals|ip|Treatment|Serial casting|Notable|handled"
)


@pytest.mark.parametrize("kind", list(IDENTIFIERS))
def test_identifiers_are_known(kind: str) -> None:
    """Every header of a kind is recognised as that kind."""
    headers = IDENTIFIERS[kind].split("|")
    assert identifier_columns(headers) == dict.fromkeys(headers, kind)


def test_false_friends_are_left_alone() -> None:
    """Names of things, facts about an identifier, bare ids and clinical columns are not accused."""
    assert identifier_columns(FALSE_FRIENDS.split("|")) == {}


def test_the_columns_of_the_five_tables_are_no_identifiers() -> None:
    """No column of our own declaration is taken for an identifier."""
    from hinge_outcomes.cohort.dictionary import data_dictionary

    assert identifier_columns(data_dictionary()["column"].tolist()) == {}


def test_headers_of_nothing_are_no_crash() -> None:
    """Empty, odd and foreign headers are passed over."""
    assert identifier_columns(["", "  ", "???", "имя", "名前", "x" * 10_000]) == {}


@needs_shared
def test_identifiers_of_a_real_export_are_those_of_its_dictionary() -> None:
    """What REDCap's own project marks as identifiers is found by header alone, no score is."""
    folder = SHARED / "real" / "redcap" / "longitudinal"
    with (folder / "data.csv").open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file))
    with (folder / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
        marked = {
            row["Variable / Field Name"]
            for row in csv.DictReader(file)
            if row["Identifier?"] == "y"
        }
    found = set(identifier_columns(header))
    assert {"first_name", "last_name", "telephone_1", "email", "dob"} <= found
    assert marked & set(header) <= found, marked - found
