"""Counts complaints and promises from their event logs, the plain way, and compares that with the service's figures.

Standard input is one JSON object: `complaints`, each with its events and the cycles of its clocks as the API lists them; `policies`,
the texts of the codes of practice; and `answers`, what the service answered to which questions. Everything but the due times of
promises is counted from the events alone. Prints what differs, and fails if anything does.
"""

import json
import sys
import tomllib
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

PROMISES = {
    "promises_kept", "promises_missed", "promises_open", "promises_kept_percent",
    "acknowledged_in_time", "acknowledged_late", "updates_overdue",
}


def instant(text):
    """Microseconds since 1970 of an RFC 3339 time in UTC."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    at = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 1_000_000 + int(fraction.ljust(6, "0") or 0)


def day(micros, zone):
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)).astimezone(zone).date()


def clocks_by_word(policies):
    """Which clocks an acknowledgement keeps, and which an update keeps and starts again."""
    acknowledged, informed = set(), set()
    for text in policies:
        for clock in tomllib.loads(text)["clock"]:
            if "acknowledged" in clock.get("stops_on", []):
                acknowledged.add(clock["name"])
            if "update_sent" in clock.get("restarts_on", []):
                informed.add(clock["name"])
    return acknowledged, informed


def read(complaint):
    """What a complaint's log says of it: how it stands at the end, and what happened when."""
    happened = []  # (measure, instant)
    accepted = closed = None
    stands = {}

    def end_of_round():
        if closed is not None and closed[1] in ("withdrawn", "enquiry_answered"):
            return
        at = accepted if accepted is not None else closed and closed[0]
        if at is not None:
            happened.append(("resolved", at))

    for event in complaint["events"]:
        recorded, fact = event["at"], json.loads(event["payload"])
        kind = fact["kind"]
        when = lambda member: instant(fact[member]) if fact.get(member) else recorded
        if kind == "filed":
            issue = fact["issues"][0]
            stands = {
                "brand": fact["brand"], "policy": fact["policy"]["name"], "channel": fact["channel"],
                "language": fact["language"], "region": fact.get("region") or "-",
                "service": issue["service"], "category": issue["category"],
                "assignee": "-", "level": "0",
            }
            received, enquiry = instant(fact["received_at"]), fact["enquiry"]
        elif kind == "enquiry_converted":
            received, enquiry = instant(fact["counts_from"]), False
        elif kind == "assigned":
            stands["assignee"] = fact["assignee"].lower()
        elif kind == "unassigned":
            stands["assignee"] = "-"
        elif kind == "corrected":
            for member in ("language", "region"):
                if member in fact:
                    stands[member] = fact[member]["to"] or "-"
        elif kind == "escalated":
            stands["level"], stands["assignee"] = str(fact["level"]), "-"
            happened.append(("escalated", when("requested_at")))
        elif kind == "referred":
            happened.append(("referred", when("referred_at")))
        elif kind == "notice_failed" and fact["reason"] != "erased":
            happened.append(("notices_failed", when("took_place_at")))
        elif kind == "outcome_proposed":
            accepted = None
        elif kind == "customer_answered":
            accepted = when("answered_at") if fact["answer"] == "accepted" else None
        elif kind in ("closed", "withdrawn"):
            reason = fact.get("reason", "withdrawn") if kind == "closed" else "withdrawn"
            closed = (when("closed_at" if kind == "closed" else "withdrawn_at"), reason)
            if reason != "enquiry_answered":
                happened.append(("closed", closed[0]))
            if reason == "first_contact":
                happened.append(("resolved_at_first_contact", closed[0]))
        elif kind == "reopened":
            end_of_round()
            accepted = closed = None
            happened.append(("reopened", when("reopened_at")))
    end_of_round()
    # Whether it was a complaint at all.
    if enquiry:
        happened = []
    else:
        happened.append(("received", received))
    return stands, happened, received


def promises(complaint, acknowledged, informed):
    """What counts of each promise, with the clock, the code that makes it and its due time."""
    breached = defaultdict(int)
    for event in complaint["events"]:
        fact = json.loads(event["payload"])
        if fact["kind"] == "breached":
            breached[fact["clock"]] += 1
        elif fact["kind"] == "breach_withdrawn":
            breached[fact["clock"]] -= 1
    for clock in complaint["clocks"]:
        state, name = clock["state"], clock["clock"]
        is_missed = state == "missed" or (state in ("running", "paused") and clock["breached"])
        if is_missed:
            breached[name] -= 1
        if state == "cancelled" or clock["due"] is None:
            continue
        words = ["promises_missed" if is_missed else "promises_kept" if state == "met" else "promises_open"]
        if name in acknowledged and words[0] != "promises_open":
            words.append("acknowledged_late" if is_missed else "acknowledged_in_time")
        if name in informed and is_missed:
            words.append("updates_overdue")
        for word in words:
            yield word, name, clock["policy"], clock["due"]
    # The log knows each breach, but for what was missed and entered in one go.
    assert all(count <= 0 for count in breached.values()), (complaint["name"], dict(breached))


def percentile(days, percent):
    days = sorted(days)
    return days[-(-len(days) * percent // 100) - 1] if days else None


def figure(measure, counts, days):
    if measure == "promises_kept_percent":
        both = counts["promises_kept"] + counts["promises_missed"]
        return 100 * counts["promises_kept"] / both if both else None
    if measure == "mean_days_to_resolve":
        return sum(days) / len(days) if days else None
    ranks = {"median_days_to_resolve": 50, "days_to_resolve_80_percent": 80, "days_to_resolve_95_percent": 95}
    if measure in ranks:
        return percentile(days, ranks[measure])
    return counts[measure]


def count(entries, answer):
    """The cells of an answer, and the total, from everything that counts at any time."""
    zone = ZoneInfo(answer["time_zone"])
    cells = defaultdict(lambda: (defaultdict(int), []))
    total = cells[()]
    for measure, at, received, values in entries:
        if not answer["from"] <= at < answer["to"] or ("clock" in answer["by"] and measure not in PROMISES):
            continue
        on = day(at, zone)
        values = values | {"day": on.isoformat(), "month": on.isoformat()[:7]}
        if any(values[dimension] != value for dimension, value in answer["only"]):
            continue
        key = tuple(values[dimension] for dimension in answer["by"])
        for counts, days in [total] + ([cells[key]] if key else []):
            counts[measure] += 1
            if measure == "resolved":
                days.append((on - day(received, zone)).days)
    return cells


def main():
    book = json.load(sys.stdin)
    acknowledged, informed = clocks_by_word(book["policies"])
    entries = []
    for complaint in book["complaints"]:
        stands, happened, received = read(complaint)
        for measure, at in happened:
            entries.append((measure, at, received, stands | {"clock": "-"}))
        for measure, clock, policy, due in promises(complaint, acknowledged, informed):
            entries.append((measure, due, received, stands | {"clock": clock, "policy": policy}))
    compared, wrong = 0, 0
    for answer in book["answers"]:
        cells = count(entries, answer)
        told = {tuple(cell["key"]): cell["figures"] for cell in answer["cells"]}
        told[()] = answer["total"]
        for key in sorted(told.keys() | cells.keys()):
            counts, days = cells[key]
            for measure in answer["measures"]:
                mine, theirs = figure(measure, counts, days), told.get(key, {}).get(measure, 0)
                compared += 1
                if mine != theirs:
                    wrong += 1
                    print(f"{answer['by']} {answer['only']} {key} {measure}: {theirs}, but {mine} by this count")
    print(f"{compared} figures compared, {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main()
