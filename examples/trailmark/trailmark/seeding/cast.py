"""The invented companies, their people, and Trailmark's own staff."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Company:
    """A workspace: how it pays, and what its builds are called."""

    slug: str
    name: str
    plan: str
    seats: int
    taken: int
    monthly_cents: int
    repositories: tuple[str, ...]
    weekly_runs: int
    trial_days: int = 0
    """How long they may still try before they pay; 0 for those who do."""


@dataclass(frozen=True)
class Person:
    """Someone with a login. Staff have no company."""

    key: str
    first_name: str
    last_name: str
    role: str
    company: str = ""
    time_zone: str = "UTC"
    may_answer: bool = True
    """For staff: may they act in the dashboard, or only look?"""
    may_decide: bool = False
    """For staff: may they approve what others propose?"""

    @property
    def domain(self) -> str:
        """Where their mail goes; `.example` never leads anywhere."""
        return f"{self.company or 'trailmark'}.example"


COMPANIES = (
    Company(
        "northbeam",
        "Northbeam Robotics",
        "Team, monthly",
        14,
        14,
        34_800,
        ("nav-core", "arm-driver", "fleet-ui"),
        240,
    ),
    Company("paperboat", "Paperboat", "Solo, monthly", 1, 1, 1_200, ("press", "covers"), 22),
    Company("fathom", "Fathom Maps", "Team, yearly", 30, 27, 72_000, ("tiles", "bathymetry", "web"), 61),
    Company("lumen", "Lumen Freight", "Team, monthly", 18, 18, 43_200, ("dispatch", "customs", "driver-app"), 57),
    Company(
        "kestrel",
        "Kestrel Health",
        "Enterprise",
        120,
        118,
        540_000,
        ("intake", "records", "consent", "api"),
        140,
    ),
    Company("alder-ash", "Alder & Ash", "Team, monthly", 8, 6, 19_200, ("configurator", "shop"), 24),
    Company("meridian", "Meridian Labs", "Enterprise", 60, 41, 270_000, ("assay", "lims", "plots"), 73),
    Company("sorrel", "Sorrel", "Team, yearly", 10, 9, 24_000, ("ledger", "exports"), 31),
    Company("brightwell", "Brightwell", "Team, monthly", 12, 10, 28_800, ("meters", "forecast"), 48),
    Company("tidewater", "Tidewater", "Team, monthly", 6, 6, 14_400, ("gauges", "alerts"), 19),
    Company("holloway", "Holloway Studio", "Solo, monthly", 1, 1, 1_200, ("portfolio",), 7),
    Company("petrel", "Petrel", "Enterprise", 45, 32, 202_500, ("archive", "search", "ingest"), 66),
    Company("zaytuna", "Zaytuna Press", "Team, monthly", 5, 4, 12_000, ("naskh", "reader"), 15),
    Company("juniper", "Juniper Works", "Trial", 5, 3, 0, ("tuning", "samples"), 38, trial_days=2),
    Company("oakline", "Oakline Radio", "Team, monthly", 9, 9, 21_600, ("playout", "podcast"), 28),
)

PEOPLE = (
    Person("lin", "Lin", "Zhao", "Workspace owner", "northbeam", "Europe/Berlin"),
    Person("viktor", "Viktor", "Sand", "Build engineer", "northbeam", "Europe/Berlin"),
    Person("seun", "Oluwaseun", "Adeyemi", "Workspace owner", "paperboat", "Africa/Lagos"),
    Person("priyanka", "Priyanka", "Rao", "Security lead", "fathom", "Asia/Kolkata"),
    Person("mateus", "Mateus", "Prado", "Platform engineer", "lumen", "America/Sao_Paulo"),
    Person("hannah", "Hannah", "Weiss", "IT operations", "kestrel", "Europe/Vienna"),
    Person("freya", "Freya", "Lindholm", "Workspace owner", "alder-ash", "Europe/Stockholm"),
    Person("dario", "Dario", "Conti", "Identity engineer", "meridian", "Europe/Rome"),
    Person("yuki", "Yuki", "Tanabe", "Finance", "sorrel", "Asia/Tokyo"),
    Person("marta", "Marta", "Kowalczyk", "Data engineer", "brightwell", "Europe/Warsaw"),
    Person("jonas", "Jonas", "Falk", "Developer", "tidewater", "Europe/Copenhagen"),
    Person("amara", "Amara", "Nwosu", "Workspace owner", "holloway", "Europe/London"),
    Person("sam", "Sam", "Whitaker", "Engineering manager", "petrel", "America/Denver"),
    Person("noor", "Noor", "Halabi", "Workspace owner", "zaytuna", "Asia/Amman"),
    Person("petra", "Petra", "Dvorak", "Workspace owner", "juniper", "Europe/Prague"),
    Person("ines", "Inês", "Carvalho", "Broadcast engineer", "oakline", "Europe/Lisbon"),
    Person("ada", "Ada", "Brandt", "Support"),
    Person("grace", "Grace", "Owusu", "Support lead", may_decide=True),
    Person("ivo", "Ivo", "Marin", "Support"),
    Person("nils", "Nils", "Ekberg", "Finance, read-only", may_answer=False),
)

PERSONAS = ("lin", "noor", "ada", "grace", "nils")
"""Those a visitor of the demo may become, in the order they are offered."""
