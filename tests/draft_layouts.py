"""The made-up example as other systems would export it: other headings, other codes, columns nobody asked for.

Every layout says which heading is which column of the study and what each code means. All are written from the same
made-up records, so nothing in them is about real children.
"""

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
FACTORS = (
    "lifestyle", "learning_ete", "substance_misuse", "mental_health", "family_behaviour", "attitudes",
    "relationships", "speech_language", "accommodation", "physical_health",
)  # fmt: skip
STAGES = ("assessment", "planning", "delivery", "reviewing")


@dataclass(frozen=True)
class Layout:
    """Headings by column of the study, codes by kind of column, how dates are written, and columns beside them."""

    name: str
    headings: dict[str, str]
    answers: dict[str, str]
    levels: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: str = "%Y-%m-%d"
    beside: dict[str, Callable[[int, dict[str, str]], str]] = field(default_factory=dict)
    order: Callable[[list[str]], list[str]] = list

    def write(self, path: Path) -> Path:
        """Write the example in this layout as CSV."""
        with (ROOT / "data/example/made_up_cases.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        names = self.order([*self.headings.values(), *self.beside])
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            for number, row in enumerate(rows):
                made = {heading: self.value(column, row[column]) for column, heading in self.headings.items()}
                writer.writerow(made | {name: make(number, row) for name, make in self.beside.items()})
        return path

    def value(self, column: str, text: str) -> str:
        if column == "inspected_on":
            return dt.date.fromisoformat(text).strftime(self.dates)
        if column in ("case_id", "service"):
            return text
        return self.levels.get(column, self.answers).get(text, text)

    def meant(self, column: str) -> dict[str, str]:
        """What each code of the layout means to the study."""
        codes = self.levels.get(column, self.answers)
        return {own: code for code, own in codes.items()}


def blocks(**patterns: str) -> Callable[[dict[str, str], dict[str, str]], dict[str, str]]:
    """Headings of the blocks of judgements, each from a pattern with {} for the factor or the stage."""

    def made(factors: dict[str, str], stages: dict[str, str]) -> dict[str, str]:
        found = {name: patterns["factor"].format(label) for name, label in factors.items()}
        found |= {f"delivery_{name}": patterns["delivery"].format(label) for name, label in factors.items()}
        for block in ("strengths", "involvement", "parents"):
            found |= {f"{block}_{name}": patterns[block].format(label) for name, label in stages.items()}
        return found

    return made


def surname(number: int, row: dict[str, str]) -> str:
    return f"Name{number}"


ASSETPLUS = Layout(
    "assetplus",
    {
        "case_id": "Case Ref No.",
        "service": "YOT Name",
        "inspected_on": "Date of Inspecton",
        "age": "Age band (years)",
        "gender": "Sex",
        "looked_after": "LAC status?",
        "safety_concern": "Safety & Wellbeing Concern",
        "risk_to_others": "Risk of Serious Harm (RoSH)",
        "previous_sanctions": "No. of Previous Sanctions",
    }
    | blocks(
        factor="{} - linked to offending behaviour?",
        delivery="{} - was delivery sufficent?",
        strengths="{}: strengths / protective factors considered?",
        involvement="{}: YP sufficiently involved?",
        parents="{}: Parents/Carers sufficiently involved?",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "Lifestyle",
                    "ETE",
                    "Substance Mis-use",
                    "Mental Helth",
                    "Family behavior",
                    "Attitudes to offending",
                    "Significant relationships",
                    "SLCN",
                    "Accomodation",
                    "Physical health",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("Assessment", "Planning", "Delivery", "Review"), strict=True)),
    ),
    {"yes": "Yes", "no": "No", "not applicable": "N/A", "not known": "Not Known", "": ""},
    {
        "age": {"10-14": "10 to 14", "15-16": "15 to 16", "17-18": "17 to 18"},
        "gender": {"boy": "Male", "girl": "Female"},
        "looked_after": {"yes": "Yes", "no": "No", "not known": "Not Known", "": ""},
        "safety_concern": {"low": "Low", "medium": "Medium", "high": "High", "very high": "Very High"},
        "risk_to_others": {"low": "Low", "medium": "Medium", "high": "High", "very high": "Very High"},
        "previous_sanctions": {"0": "None", "1-2": "1 or 2", "3-5": "3 to 5", "6+": "6 or more"},
    },
    "%d/%m/%Y",
    {
        "Child's Surname": surname,
        "DOB": lambda number, row: "01/02/2003",
        "Post Code": lambda number, row: "ZZ1 1ZZ",
        "Case manager": surname,
        "Free text comments": lambda number, row: "nothing of note " * 8,
        "Order type": lambda number, row: ("Referral Order", "YRO", "DTO")[number % 3],
    },
)

EXPORT = Layout(  # names of variables as a statistical package cut them short, numbers for everything
    "export",
    {
        "case_id": "CASEID",
        "service": "YJS",
        "inspected_on": "INSPDATE",
        "age": "AGEGRP",
        "gender": "GENDER",
        "looked_after": "CLA",
        "safety_concern": "SAFETY_WELLBEING",
        "risk_to_others": "ROSH",
        "previous_sanctions": "PREV_SANCTIONS",
    }
    | blocks(
        factor="F_{}",
        delivery="DELIV_{}",
        strengths="STRENGTHS_{}",
        involvement="INVOLVE_{}",
        parents="PARENTS_{}",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "LIFESTYLE",
                    "ETE",
                    "SUBMISUSE",
                    "MH",
                    "FAMILY",
                    "ATTITUDES",
                    "RELATIONSHIPS",
                    "SLCN",
                    "ACCOM",
                    "PHYSHEALTH",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("ASSESS", "PLAN", "DELIV", "REVIEW"), strict=True)),
    ),
    {"yes": "1", "no": "2", "not applicable": "8", "not known": "9", "": ""},
    {
        "age": {"10-14": "1", "15-16": "2", "17-18": "3"},
        "gender": {"boy": "1", "girl": "2"},
        "looked_after": {"yes": "1", "no": "2", "not known": "9"},
        "safety_concern": {"low": "1", "medium": "2", "high": "3", "very high": "4"},
        "risk_to_others": {"low": "1", "medium": "2", "high": "3", "very high": "4"},
        "previous_sanctions": {"0": "1", "1-2": "2", "3-5": "3", "6+": "4"},
    },
    "%Y%m%d",
    {"WT_UNUSED": lambda number, row: "1.5", "INSPECTOR": surname, "V99": lambda number, row: "0"},
)

QUESTIONS = Layout(  # questions as an inspector's tool asks them
    "questions",
    {
        "case_id": "Inspection case ID",
        "service": "Youth offending team",
        "inspected_on": "Inspected on",
        "age": "How old (age group)",
        "gender": "Gender of child",
        "looked_after": "Is the child Looked After (in care)?",
        "safety_concern": "Level of concern for the child's safety",
        "risk_to_others": "Level of concern: safety of other people",
        "previous_sanctions": "Prior sanctions (band)",
    }
    | blocks(
        factor="Was {} identified as a factor related to desistance?",
        delivery="Were the interventions delivered for {} good enough?",
        strengths="Does {} pay enough attention to strengths & protective factors?",
        involvement="Does {} involve the child/young person enough?",
        parents="Does {} involve parents or carers enough?",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "lifestyle",
                    "education, training and employment",
                    "drugs & alcohol",
                    "emotional & mental health",
                    "family behaviour",
                    "attitudes towards offending",
                    "relationships",
                    "speech & language",
                    "housing",
                    "physical well-being",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("assessment", "planning", "the delivery", "reviewing"), strict=True)),
    ),
    {"yes": "Y", "no": "N", "not applicable": "NA", "not known": "DK", "": "."},
    {
        "age": {"10-14": "Oct-14", "15-16": "15-16", "17-18": "17-18"},
        "gender": {"boy": "M", "girl": "F"},
        "looked_after": {"yes": "Y", "no": "N", "not known": "DK", "": "."},
        "safety_concern": {"low": "L", "medium": "M", "high": "H", "very high": "VH"},
        "risk_to_others": {"low": "L", "medium": "M", "high": "H", "very high": "VH"},
        "previous_sanctions": {"0": "0", "1-2": "01-Feb", "3-5": "03-May", "6+": "6+"},
    },
    "%d-%b-%y",
    {
        "Likelihood of reoffending": lambda number, row: ("Low", "Medium", "High")[number % 3],
        "Telephone": lambda number, row: "01632 960000",
        "Ethnicity": lambda number, row: "ABCDE"[number % 5],
        "Date order started": lambda number, row: "12-Mar-19",
    },
)

SWAPPED = Layout(  # yes is 0 and no is 1; columns upside down; headings that are nearly the same
    "swapped",
    {
        "case_id": "Child ID",
        "service": "Team",
        "inspected_on": "Date",
        "age": "Age at inspection",
        "gender": "Sex",
        "looked_after": "Care status",
        "safety_concern": "Safety",
        "risk_to_others": "Safety of others",
        "previous_sanctions": "Sanctions (previous)",
    }
    | blocks(
        factor="{} concern",
        delivery="{} delivery",
        strengths="Strengths {}",
        involvement="Engagement {}",
        parents="Engagement parents {}",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "Lifestyle",
                    "Education",
                    "Drugs and alcohol",
                    "MH",
                    "Family",
                    "Attitude",
                    "Relationship",
                    "Speech",
                    "Housing",
                    "Physical health",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, STAGES, strict=True)),
    ),
    {"yes": "0", "no": "1", "not applicable": "-2", "not known": "-1", "": "-9"},
    {
        "age": {"10-14": "10-14", "15-16": "15-16", "17-18": "17-18"},
        "gender": {"boy": "1", "girl": "0"},
        "looked_after": {"yes": "0", "no": "1", "not known": "-1", "": "-9"},
        "safety_concern": {"low": "0", "medium": "1", "high": "2", "very high": "3"},
        "risk_to_others": {"low": "3", "medium": "2", "high": "1", "very high": "0"},
        "previous_sanctions": {"0": "0", "1-2": "1", "3-5": "2", "6+": "3"},
    },
    "%m/%d/%Y",
    {
        "Mental health": lambda number, row: "01"[number % 2],
        "Mental health provision": lambda number, row: "01"[number % 3 == 0],
        "Age at offence": lambda number, row: ("10-14", "15-16", "17-18")[number % 3],
        "Lifestyle assessment": lambda number, row: "01"[number % 5 == 0],
        "Education provision": lambda number, row: "01"[number % 7 == 0],
        "Case closed": lambda number, row: "01"[number % 2],
    },
    order=lambda names: names[::-1],
)

LAYOUTS = (ASSETPLUS, EXPORT, QUESTIONS, SWAPPED)

# These were written after the word lists were fixed. At first sight 62 of 82 columns of the first two were right; how
# abbreviations are read was mended then (no word list was). Of the last two, written after that, 75 of 82 were right at
# first sight; the lists have since been given their words. No wrong column was ever held for certain.
SYSTEM = Layout(  # a case-management system: sections, child's voice, the words of a quality-assurance form
    "system",
    {
        "case_id": "QA Case Reference",
        "service": "Youth Justice Service (host)",
        "inspected_on": "QA: inspection date (dd.mm.yyyy)",
        "age": "Age Group at QA",
        "gender": "Gender identity",
        "looked_after": "Child Looked After? (any time in order)",
        "safety_concern": "S&W classification: safety and wellbeing",
        "risk_to_others": "Classification - risk of serious harm to others",
        "previous_sanctions": "Sanctions history - number",
    }
    | blocks(
        factor="AP 2.1 {} - a concern?",
        delivery="QA D3: did delivery meet need - {}",
        strengths="QA {}: builds on strengths",
        involvement="QA {}: child's voice / engagement",
        parents="QA {}: parent or carer's voice",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "Lifestyle & associates",
                    "Learning & ETE",
                    "Substances (drugs, alcohol)",
                    "Emotional wellbeing/MH",
                    "Family and behaviour at home",
                    "Attitude to offences",
                    "Personal relationships",
                    "Speech, Lang & Comms",
                    "Living arrangements",
                    "Physical health needs",
                ),
                strict=True,
            )
        ),
        dict(
            zip(
                STAGES,
                ("Assessment quality", "Plan quality", "Intervention delivery quality", "Review quality"),
                strict=True,
            )
        ),
    ),
    {
        "yes": "Yes - met",
        "no": "No - not met",
        "not applicable": "Not applicable",
        "not known": "Unclear",
        "": "Not recorded",
    },
    {
        "age": {"10-14": "10 - 14 yrs", "15-16": "15 - 16 yrs", "17-18": "17 - 18 yrs"},
        "gender": {"boy": "Boy/young man", "girl": "Girl/young woman"},
        "looked_after": {"yes": "LAC", "no": "Not LAC", "not known": "Unclear", "": "Not recorded"},
        "safety_concern": {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "very high": "VERY HIGH"},
        "risk_to_others": {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "very high": "VERY HIGH"},
        "previous_sanctions": {"0": "0", "1-2": "1-2", "3-5": "3-5", "6+": "6 or more"},
    },
    "%d.%m.%Y",
    {
        "Forename": surname,
        "AP 2.1 Gang affiliation - a concern?": lambda number, row: "Yes" if number % 3 else "No",
        "Case open at QA?": lambda number, row: "Yes" if number % 2 else "No",
        "Risk of reoffending": lambda number, row: ("LOW", "MEDIUM", "HIGH")[number % 3],
        "QA Overall judgement": lambda number, row: "Yes" if number % 4 else "No",
        "Narrative": lambda number, row: "text " * 30,
    },
)

SHORT = Layout(  # eight letters or so for everything, as a researcher types them
    "short",
    {
        "case_id": "cid",
        "service": "yot_code",
        "inspected_on": "insp_dt",
        "age": "ageband",
        "gender": "sex_c",
        "looked_after": "lac_yn",
        "safety_concern": "safewell",
        "risk_to_others": "rosh_lvl",
        "previous_sanctions": "prevsanc",
    }
    | blocks(factor="des_{}", delivery="dlv_{}", strengths="str_{}", involvement="inv_{}", parents="par_{}")(
        dict(
            zip(
                FACTORS,
                (
                    "lifest",
                    "ete",
                    "submis",
                    "menthlth",
                    "famil",
                    "attit",
                    "relat",
                    "slcn",
                    "accom",
                    "physhlth",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("ass", "pln", "dlv", "rev"), strict=True)),
    ),
    {"yes": "1", "no": "0", "not applicable": "8", "not known": "9", "": ""},
    {
        "age": {"10-14": "1", "15-16": "2", "17-18": "3"},
        "gender": {"boy": "1", "girl": "2"},
        "looked_after": {"yes": "1", "no": "0", "not known": "9"},
        "safety_concern": {"low": "1", "medium": "2", "high": "3", "very high": "4"},
        "risk_to_others": {"low": "1", "medium": "2", "high": "3", "very high": "4"},
        "previous_sanctions": {"0": "0", "1-2": "1", "3-5": "2", "6+": "3"},
    },
    "%d/%m/%y",
    {
        "seq": lambda number, row: str(number + 1),
        "dob": lambda number, row: "1/2/2003",
        "batch": lambda number, row: "12"[number % 2],
    },
)

FORM = Layout(  # a spreadsheet kept by hand from a paper form
    "form",
    {
        "case_id": "Young person ID",
        "service": "YOS",
        "inspected_on": "Dt inspected",
        "age": "Yrs (grouped)",
        "gender": "M/F",
        "looked_after": "In care Y/N",
        "safety_concern": "Safety/wellbeing rating",
        "risk_to_others": "Harm to others rating",
        "previous_sanctions": "How many previous disposals",
    }
    | blocks(
        factor="{} (tick)",
        delivery="{} - provided for adequately",
        strengths="Strengths in {}",
        involvement="YP engaged in {}",
        parents="Parents/carers engaged in {}",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "Lifestyle",
                    "School/work",
                    "Drug or alcohol use",
                    "Mental wellbeing",
                    "Family life",
                    "Thinking & attitudes",
                    "Friends and relationships",
                    "Communication needs",
                    "Where living",
                    "Health (physical)",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("assessing", "plans", "delivering the order", "reviews"), strict=True)),
    ),
    {"yes": "y", "no": "n", "not applicable": "n/a", "not known": "?", "": "-"},
    {
        "age": {"10-14": "10/14", "15-16": "15/16", "17-18": "17/18"},
        "gender": {"boy": "m", "girl": "f"},
        "looked_after": {"yes": "y", "no": "n", "not known": "?", "": "-"},
        "safety_concern": {"low": "low", "medium": "med", "high": "high", "very high": "v high"},
        "risk_to_others": {"low": "low", "medium": "med", "high": "high", "very high": "v high"},
        "previous_sanctions": {"0": "nil", "1-2": "1/2", "3-5": "3/5", "6+": "6+"},
    },
    "%d %b %Y",
    {
        "First name": surname,
        "Worker": surname,
        "Sibling known?": lambda number, row: "y" if number % 2 else "n",
        "Victim contact": lambda number, row: "y" if number % 3 else "n",
        "School attended?": lambda number, row: "y" if number % 5 else "n",
    },
)

CAMEL = Layout(  # the fields of a database
    "camel",
    {
        "case_id": "InspectionCaseId",
        "service": "YouthJusticeServiceName",
        "inspected_on": "InspectionDate",
        "age": "AgeBandAtInspection",
        "gender": "ChildSex",
        "looked_after": "IsLookedAfter",
        "safety_concern": "SafetyWellbeingLevel",
        "risk_to_others": "RoshLevel",
        "previous_sanctions": "PrevSanctionBand",
    }
    | blocks(
        factor="Desist{}Ind",
        delivery="Desist{}DeliverySuff",
        strengths="{}StrengthsSuff",
        involvement="{}ChildInvolvedSuff",
        parents="{}ParentInvolvedSuff",
    )(
        dict(
            zip(
                FACTORS,
                (
                    "Lifestyle",
                    "Ete",
                    "SubstanceMisuse",
                    "MentalHealth",
                    "FamilyBehaviour",
                    "Attitudes",
                    "SigRelationships",
                    "Slcn",
                    "Accomm",
                    "PhysHealth",
                ),
                strict=True,
            )
        ),
        dict(zip(STAGES, ("Assess", "Plan", "Deliver", "Review"), strict=True)),
    ),
    {"yes": "True", "no": "False", "not applicable": "NULL", "not known": "Unknown", "": ""},
    {
        "age": {"10-14": "10to14", "15-16": "15to16", "17-18": "17to18"},
        "gender": {"boy": "Male", "girl": "Female"},
        "looked_after": {"yes": "True", "no": "False", "not known": "Unknown", "": ""},
        "safety_concern": {"low": "Low", "medium": "Medium", "high": "High", "very high": "VeryHigh"},
        "risk_to_others": {"low": "Low", "medium": "Medium", "high": "High", "very high": "VeryHigh"},
        "previous_sanctions": {"0": "None", "1-2": "1to2", "3-5": "3to5", "6+": "6plus"},
    },
    "%Y-%m-%d %H:%M:%S",
    {
        "DateOfBirth": lambda number, row: "2003-02-01",
        "CreatedDate": lambda number, row: "2019-03-12 00:00:00",
        "RowVersion": lambda number, row: str(number),
        "LoroLevel": lambda number, row: ("Low", "Medium", "High")[number % 3],
        "AssessOverallSuff": lambda number, row: "True" if number % 3 else "False",
        "DesistOverallDeliverySuff": lambda number, row: "True" if number % 2 else "False",
    },
)

BLIND = (SYSTEM, SHORT, FORM, CAMEL)
