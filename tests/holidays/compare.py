#!/usr/bin/env python3
"""Compares the holidays of the calendars with those of the Python package "holidays".

Reads our holidays as lines of JSON, from a file or standard input:
    {"calendar":"ca-on","date":"2026-07-01","name":"Canada Day"}
Only Mondays to Fridays are compared: what stands in for a weekend matters, and whether the weekend's own date is named
does not. Every difference must be listed in differences.toml with the law that explains it, and every listed one must be
there. Ends with exit code 0 if so, and with 1 and what is wrong if not.
"""

import argparse
import json
import sys
import tomllib
from datetime import date
from pathlib import Path

import holidays

FIRST_YEAR, LAST_YEAR = 2015, 2035
LISTED = Path(__file__).with_name("differences.toml")

# What in the package answers to each of our calendars: country, subdivision, categories.
SOURCES = {
    "au": ("AU", None, "public"),
    **{f"au-{state}": ("AU", state.upper(), "public") for state in "act nsw nt qld sa tas vic wa".split()},
    **{f"ca-{province}": ("CA", province.upper(), "public")
       for province in "ab bc mb nb nl ns nt nu on pe qc sk yt".split()},
    "ca-federal": ("CA", None, "government"),
    "es": ("ES", None, "public"),
    "fr": ("FR", None, "public"),
    "gb-eaw": ("GB", "ENG", "public"),
    "gb-nir": ("GB", "NIR", "public"),
    "gb-sct": ("GB", "SCT", "public"),
    "ie": ("IE", None, "public"),
    "us-federal": ("US", None, "government"),
    "us-ma": ("US", "MA", "public"),
}

# A holiday is (calendar, date); what a side has is a dict from holidays to their names.


def compared(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR and day.weekday() < 5


def our_holidays(lines) -> dict:
    records = [json.loads(line) for line in lines]
    ours = {(record["calendar"], date.fromisoformat(record["date"])): record["name"] for record in records}
    return {holiday: name for holiday, name in ours.items() if compared(holiday[1])}


def their_holidays() -> dict:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return {
        (calendar, day): name
        for calendar, (country, subdivision, category) in SOURCES.items()
        for day, name in holidays.country_holidays(country, subdivision, years, categories=category, language="en_US").items()
        if compared(day)
    }


def listed_differences(faults: list) -> dict:
    """The reason of each listed difference, by holiday and the side that has it."""
    reasons = {}
    for entry in tomllib.loads(LISTED.read_text())["difference"]:
        match entry:
            case {"calendar": str(), "only": "ours" | "theirs", "dates": [date(), *_], "why": str(why)} if why.strip():
                pass
            case _:
                sys.exit(f'{LISTED.name}: a difference has calendar, only ("ours" or "theirs"), dates and why, unlike {entry}')
        for day in entry["dates"]:
            difference = (entry["calendar"], day, entry["only"])
            if difference in reasons:
                faults.append(f"{say(difference)}: listed twice")
            reasons[difference] = why
    return reasons


def say(difference) -> str:
    calendar, day, side = difference
    return f"{calendar} {day:%Y-%m-%d %a}, only {side}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ours", nargs="?", type=argparse.FileType(), default=sys.stdin, help="default: standard input")
    ours, theirs = our_holidays(options.parse_args().ours), their_holidays()

    faults = []
    calendars = {calendar for calendar, _ in ours}
    faults += [f"{calendar}: name its source in SOURCES" for calendar in sorted(calendars - SOURCES.keys())]
    faults += [f"{calendar}: we have no holidays of it" for calendar in sorted(SOURCES.keys() - calendars)]

    found = {(*holiday, "ours"): ours[holiday] for holiday in ours.keys() - theirs.keys()}
    found |= {(*holiday, "theirs"): theirs[holiday] for holiday in theirs.keys() - ours.keys()}
    reasons = listed_differences(faults)
    faults += [f"{say(it)} ({found[it]}): not listed" for it in sorted(found.keys() - reasons.keys())]
    faults += [f"{say(it)}: listed, but there is no such difference" for it in sorted(reasons.keys() - found.keys())]

    print(f"{len(calendars)} calendars, {FIRST_YEAR} to {LAST_YEAR}: {len(ours)} weekday holidays here, {len(theirs)} in "
          f"holidays {holidays.__version__}, {len(ours.keys() & theirs.keys())} in both, {len(found)} differences")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
