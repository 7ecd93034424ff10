"""List the names, streets, cities, offices, enterprises and presets of the seeded records."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A city, and the point around which its job sites are."""

    name: str
    state: str
    zip: str
    country: str
    latitude: float
    longitude: float


CITIES = (
    City("Sandy", "UT", "84070", "US", 40.5649, -111.8389),
    City("Salt Lake City", "UT", "84101", "US", 40.7608, -111.8910),
    City("Provo", "UT", "84601", "US", 40.2338, -111.6585),
    City("Coeur d'Alene", "ID", "83814", "US", 47.6777, -116.7805),
    City("Boise", "ID", "83702", "US", 43.6150, -116.2023),
    City("Reno", "NV", "89501", "US", 39.5296, -119.8138),
    City("Denver", "CO", "80202", "US", 39.7392, -104.9903),
    City("Cañon City", "CO", "81212", "US", 38.4410, -105.2424),
    City("Victoria", "BC", "V8W 1P6", "CA", 48.4284, -123.3656),
    City("Montréal", "QC", "H2Y 1C6", "CA", 45.5019, -73.5674),
)
STREETS = (
    "Main St",
    "Oak Ave",
    "Maple Dr",
    "Wasatch Blvd",
    "State St",
    "O'Malley Ln",
    "100% Pine Ct",
    "River_Bend Rd",
    "Rue Saint-Paul",
    "Quail Hollow Way",
)
FIRST_NAMES = (
    "Ana",
    "Ben",
    "Chloé",
    "Dmitri",
    "Emma",
    "Farid",
    "Grace",
    "Hiroshi",
    "Imani",
    "Jürgen",
    "Keiko",
    "Liam",
)
LAST_NAMES = (
    "O'Brien",
    "Söhne",
    "Nguyen",
    "Garcia",
    "Smith",
    "D'Angelo",
    "Müller",
    "Okafor",
    "Peterson",
    "Le Roux",
)
ENTERPRISES = ("Summit Realty Group", "Bergmann & Söhne", "O'Brien Homes", "North Star Brokers")
OFFICES = (
    "Summit Downtown",
    "Summit East Bench",
    "Summit Utah County",
    "Söhne Central",
    "Söhne North",
    "O'Brien Valley",
    "O'Brien Lakeside",
    "O'Brien West",
    "North Star Denver",
    "North Star Boise",
    "North Star Victoria",
    "Independent",
)
POST_TYPES = ("White Wooden Post", "Black Metal Frame", "Cedar Post", "Directional Only")
SERVICE_TYPES = ("Sign Straightening", "Rider Change", "Brochure Box Refill", "Post Relocation")
PRESETS = (
    "Standard Residential",
    "Luxury Residential",
    "Commercial Lot",
    "Open House Kit",
    "Directional Package",
    "New Development",
    "Lease Listing",
    "Agent's Choice",
)
NOTES = (
    "Gate code 4471",
    "Call the owner first",
    "Don't block the driveway",
    "Beware of the dog",
    'Owner says "left of the mailbox"',
    "Sprinklers on the north side",
)
