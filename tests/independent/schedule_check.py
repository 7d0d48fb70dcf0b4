#!/usr/bin/env python3
"""Compares Florin's repayment schedules with a second implementation that shares no code with it.

Takes random terms with Florin's schedules (crates/domain/lending/examples/random_schedules.rs prints them as JSON
lines), works every schedule out again from the written rules (crates/domain/lending/src/schedule/mod.rs) with exact
fractions, its own dates and its own holiday rules, and reports every one that differs. Exits 1 when one does.
Standard library only.

    tests/independent/schedule_check.py [COUNT [SEED]]    makes COUNT (default 2000) schedules with cargo
    tests/independent/schedule_check.py - < LINES         reads them from standard input
"""

import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from multiprocessing import Pool

from florin import example

ONE_DAY = timedelta(days=1)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6


# Holidays


def easter(year):
    """Easter Sunday by Gauss's rule as corrected by Lichtenberg."""
    century = year // 100
    moon_shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun_shift = 2 - (3 * century + 3) // 4
    cycle = year % 19
    full_moon_seed = (19 * cycle + moon_shift) % 30
    correction = (full_moon_seed + cycle // 11) // 29
    full_moon = 21 + full_moon_seed - correction
    first_sunday = 7 - (year + year // 4 + sun_shift) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - first_sunday) % 7 - 1)


def weekday_of_month(year, month, weekday, which):
    """The which-th (1..) or last (-1) such weekday of a month."""
    days = [day for day in month_days(year, month) if day.weekday() == weekday]
    return days[which - 1 if which > 0 else which]


def month_days(year, month):
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += ONE_DAY


@lru_cache(maxsize=None)
def england_and_wales(year):
    days = {easter(year) - 2 * ONE_DAY, easter(year) + ONE_DAY}
    days.add(weekday_of_month(year, 8, MONDAY, -1))
    days.add(date(2020, 5, 8) if year == 2020 else weekday_of_month(year, 5, MONDAY, 1))
    days.add(date(2022, 6, 2) if year == 2022 else weekday_of_month(year, 5, MONDAY, -1))
    days |= {day for day in (date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)) if day.year == year}
    for month, number in ((1, 1), (12, 25), (12, 26)):
        day = date(year, month, number)
        if day.weekday() < SATURDAY:
            days.add(day)
    # Substitutes come after all days that keep their own date.
    for month, number in ((1, 1), (12, 25), (12, 26)):
        day = date(year, month, number)
        if day.weekday() >= SATURDAY:
            while day.weekday() >= SATURDAY or day in days:
                day += ONE_DAY
            days.add(day)
    return frozenset(days)


@lru_cache(maxsize=None)
def federal_reserve(year):
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2022:
        fixed.append(date(year, 6, 19))
    days = {day + ONE_DAY if day.weekday() == SUNDAY else day for day in fixed if day.weekday() != SATURDAY}
    for month, weekday, which in (
        (1, MONDAY, 3), (2, MONDAY, 3), (5, MONDAY, -1), (9, MONDAY, 1), (10, MONDAY, 2), (11, THURSDAY, 4),
    ):
        days.add(weekday_of_month(year, month, weekday, which))
    return frozenset(days)


def bank_holidays(calendar, year):
    return {"GB-ENG": england_and_wales, "US-FED": federal_reserve, "NONE": lambda _: frozenset()}[calendar](year)


def is_bank_holiday(calendar, day):
    return day in bank_holidays(calendar, day.year)


def is_business_day(calendar, day):
    return day.weekday() < SATURDAY and not is_bank_holiday(calendar, day)


def move(calendar, day, step):
    while not is_business_day(calendar, day):
        day += step
    return day


# Due dates


def due_dates(terms):
    calendar = terms["calendar"]
    disbursed = date.fromisoformat(terms["disbursed_on"])
    first = terms["first_repayment_on"] and date.fromisoformat(terms["first_repayment_on"])

    def shifted(day):
        rule = terms["holiday_rule"]
        if rule == "on_day":
            return day
        return move(calendar, day, -ONE_DAY if rule == "last_business_day_before_the_day" else ONE_DAY)

    def in_month(months):
        year, month = divmod(months, 12)
        days = list(month_days(year, month + 1))
        kind = terms["repayment_date_type"]
        if kind == "first_day_of_month":
            return move(calendar, days[0], ONE_DAY)
        if kind == "last_day_of_month":
            return move(calendar, days[-1], -ONE_DAY)
        return shifted(days[min(terms["repayment_date_period"], len(days)) - 1])

    start = first or disbursed
    start_month = start.year * 12 + start.month - 1
    wanted = [shifted(first)] if first else [in_month(start_month + 1)]
    offset = 0 if first else 1
    wanted += [in_month(start_month + offset + index) for index in range(1, terms["instalments"])]
    dates, previous = [], disbursed
    for day in wanted:
        if day <= previous:
            day = move(calendar, previous + ONE_DAY, ONE_DAY)
        dates.append(day)
        previous = day
    return dates


# Amounts


def half_up(fraction):
    return (2 * fraction.numerator + fraction.denominator) // (2 * fraction.denominator)


def year_fraction_of_night(day_count, day):
    """The part of a year between a day and the next, a Fraction."""
    if day_count == "actual/365":
        return Fraction(1, 365)
    if day_count == "actual/360":
        return Fraction(1, 360)
    if day_count == "actual/actual":
        leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
        return Fraction(1, 366 if leap else 365)
    following = day + ONE_DAY
    months = (following.year - day.year) * 12 + following.month - day.month
    return Fraction(months * 30 + min(following.day, 30) - min(day.day, 30), 360)


@lru_cache(maxsize=None)
def weighed(day_count, calendar, on_holidays, day):
    if not on_holidays and is_bank_holiday(calendar, day):
        return Fraction(0)
    return year_fraction_of_night(day_count, day)


def year_fraction(terms, start, end):
    """Sums the nights one by one; counts equal fractions first, because fractions add slowly."""
    counts = {}
    day = start
    while day < end:
        part = weighed(terms["day_count"], terms["calendar"], terms["interest_on_holidays"], day)
        counts[part] = counts.get(part, 0) + 1
        day += ONE_DAY
    return sum((part * count for part, count in counts.items()), Fraction(0))


def level(principal, rate, count):
    monthly = rate / 12
    if monthly == 0:
        return half_up(Fraction(principal, count))
    growth = (1 + monthly) ** count
    return half_up(principal * monthly * growth / (growth - 1))


def last_of(balance, interest, factors, each, raised):
    """What the last instalment comes to when the others are each, one more for the first raised; None when they
    repay more than is owed. interest is the first instalment's, factors are those of the later periods."""
    for index, (above, below) in enumerate(factors):
        balance -= max(each + (index < raised) - interest, 0)
        if balance < 0:
            return None
        interest = (2 * balance * above + below) // (2 * below)
    return balance + interest


def greatest(low, high, holds):
    """The greatest number from low on and below high that holds, by halving; low does, high does not."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def exact_level(balance, interest, factors):
    """The instalment solved over the actual periods, and how many of the first ones are one minor unit more."""
    count = len(factors) + 1
    if count == 1:
        return 0, 0
    factors = [(factor.numerator, factor.denominator) for factor in factors]

    def gap(each, raised=0):
        last = last_of(balance, interest, factors, each, raised)
        return None if last is None else last - each

    def not_below(*level):
        found = gap(*level)
        return found is not None and found >= 0

    def closer(low, high):
        low_gap, high_gap = gap(*low), gap(*high)
        return high if high_gap is not None and -high_gap < low_gap else low

    floor = greatest(0, balance + interest + 1, not_below)
    single = closer((floor,), (floor + 1,))
    if abs(gap(*single)) <= count:
        return single[0], 0
    raised = greatest(0, count - 1, lambda raised: not_below(floor, raised))
    return closer((floor, raised), (floor, raised + 1))


def faults(terms):
    found = set()
    if terms["principal_minor"] <= 0:
        found.add("amount")
    if not 1 <= terms["instalments"] <= 1200:
        found.add("installments")
    if terms["repayment_date_type"] == "day_of_month" and not 1 <= terms["repayment_date_period"] <= 31:
        found.add("repayment_date_period")
    if terms["first_repayment_on"] and terms["first_repayment_on"] <= terms["disbursed_on"]:
        found.add("first_repayment_date")
    if terms["grace_instalments"] >= terms["instalments"]:
        found.add("grace_instalments")
    elif terms["grace_instalments"] + terms["principal_grace"] >= terms["instalments"]:
        found.add("principal_repayment_grace")
    return found


def schedule(terms, dates=None, unbilled=Fraction(0)):
    """The rows of a schedule; on dates that are known already, and with interest that the first one bills too."""
    rate = Fraction(Decimal(terms["rate"])) / 100
    dates = due_dates(terms) if dates is None else dates
    terms = {**terms, "instalments": len(dates)}
    count, grace = terms["instalments"], terms["grace_instalments"]
    repaying = count - grace - terms["principal_grace"]
    balance = terms["principal_minor"]
    starts = [date.fromisoformat(terms["disbursed_on"])] + dates
    factors = [rate * year_fraction(terms, start, due) for start, due in zip(starts, dates)]
    equal_principal, raised = terms["method"] == "equal_principal_payments", 0
    if equal_principal:
        each = half_up(Fraction(balance, repaying))
    elif terms["method"] == "equal_instalments":
        each = level(balance, rate, repaying)
    else:
        first = count - repaying
        # Without interest-only instalments the first one bills the interest of the grace too.
        billed = factors[first if terms["principal_grace"] else 0:first + 1]
        before = Fraction(0) if terms["principal_grace"] else unbilled
        each, raised = exact_level(balance, half_up(before + balance * sum(billed)), factors[first + 1:])
    rows = []
    for index, (due, factor) in enumerate(zip(dates, factors)):
        unbilled += balance * factor
        interest = principal = fee = 0
        if index >= grace:
            interest, unbilled = half_up(unbilled), Fraction(0)
            fee = terms["fees_minor"] if index == grace else 0
            if index == count - 1:
                principal = balance
            elif index >= count - repaying:
                wanted = each + (index < count - repaying + raised)
                principal = min(each if equal_principal else max(wanted - interest, 0), balance)
        balance -= principal
        rows.append([due.isoformat(), principal, interest, fee, principal + interest + fee, balance])
    return rows


# Annual percentage rate


def apr(terms, rows):
    """By bisection, in percent."""
    start = date.fromisoformat(terms["disbursed_on"])
    flows = [((date.fromisoformat(row[0]) - start).days / 365, row[4]) for row in rows]
    worth = lambda yearly: sum(total * (1 + yearly) ** -years for years, total in flows)
    low, high = 0.0, 1.0
    while worth(high) > terms["principal_minor"] and high < 1e14:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(middle) > terms["principal_minor"] else (low, middle)
    return low * 100


def differs(terms, answer):
    """What is wrong with the answer, or None."""
    expected_faults = faults(terms)
    if expected_faults or "fault" in answer:
        fault = answer.get("fault")
        return None if fault in expected_faults else f"fault {fault}, expected one of {sorted(expected_faults)}"
    rows = schedule(terms)
    for index, (mine, theirs) in enumerate(zip(rows, answer["instalments"])):
        if mine != theirs:
            return f"instalment {index + 1}: {theirs}, expected {mine}"
    if len(rows) != len(answer["instalments"]):
        return f"{len(answer['instalments'])} instalments, expected {len(rows)}"
    expected = apr(terms, rows)
    if answer["apr"] is None:
        return None if expected > 1e12 else f"no annual rate, expected {expected}"
    if abs(float(answer["apr"]) - expected) > max(0.0051, expected * 1e-9):
        return f"annual rate {answer['apr']}, expected {expected}"
    return None


def examine(text):
    line = json.loads(text)
    answer = line["schedule"]
    return line["terms"], "fault" in answer, len(answer.get("instalments", ())), differs(line["terms"], answer)


def made_by_florin(arguments):
    count, seed = (arguments + ["2000", "1"][len(arguments):])[:2]
    done = example("florin-lending", "random_schedules", count, seed, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def main(arguments):
    texts = sys.stdin if arguments == ["-"] else made_by_florin(arguments)
    lines = wrong = refused = instalments = 0
    with Pool() as pool:
        for terms, is_refused, rows, problem in pool.imap(examine, texts, chunksize=50):
            lines += 1
            refused += is_refused
            instalments += rows
            if problem:
                wrong += 1
                if wrong <= 20:
                    print(f"line {lines}: {problem}\n    {json.dumps(terms)}")
    print(f"{lines} terms ({refused} refused), {instalments} instalments, {wrong} differ")
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
