"""What a loan owes and is asked for, as docs/LENDING.md has it, worked out day by day with exact fractions."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from schedule_check import ONE_DAY, half_up, month_days, move, schedule, weighed


# Days


def next_day_of_month(day, after):
    """The first such day of a month after a date; in a month that lacks it, its last day."""
    for month in (after, month_days_of(after)[-1] + ONE_DAY):
        days = month_days_of(month)
        here = days[min(day, len(days)) - 1]
        if here > after:
            return here
    raise AssertionError("every month has such a day")


def month_days_of(day):
    return list(month_days(day.year, day.month))


def add_business_days(calendar, day, count):
    for _ in range(count):
        day = move(calendar, day + ONE_DAY, ONE_DAY)
    return day


def day_of(text):
    return date.fromisoformat(text)


# The state that follows from what happened


class Course:
    """What a loan owes and is asked for, and the rules that change it."""

    def __init__(self, terms):
        self.terms = terms
        self.rate = Fraction(Decimal(terms["rate"])) / 100
        self.is_term = terms["type"].endswith("term_loan")
        self.principal = self.interest = self.fee = 0
        self.accrued = Fraction(0)
        self.begun = False
        self.disbursed = self.planned = 0
        self.keeps_totals = False
        self.instalments = []
        self.dues = {}
        self.next_due = None
        self.statements = 0
        self.statement_on = self.next_statement = None

    def owed(self):
        return self.principal, self.interest, self.fee

    def total(self):
        return sum(self.owed())

    def add(self, parts, sign=1):
        self.principal += sign * parts[0]
        self.interest += sign * parts[1]
        self.fee += sign * parts[2]

    def night(self, start, bears):
        """The interest of the night that begins on a day: answers what is posted for it."""
        if not self.begun:
            return 0
        before = half_up(self.accrued)
        if bears:
            terms = self.terms
            part = weighed(terms["day_count"], terms["calendar"], terms["interest_on_holidays"], start)
            self.accrued += self.principal * self.rate * part
        posted = half_up(self.accrued) - before
        self.interest += posted
        return posted

    def unpaid(self):
        return sum(due[1] for due in self.dues.values())

    def ask(self, due_on, amount):
        if amount > 0:
            due = self.dues.setdefault(due_on, [0, 0, None])
            due[0] += amount
            due[1] += amount
            due[2] = None

    def next_unpaid(self, today):
        return min((day for day, due in self.dues.items() if due[1] > 0 and day > today), default=None)

    def fall_due(self, today):
        """What is asked for today."""
        if self.next_due != today:
            return 0
        if not self.is_term:
            self.next_due = self.next_unpaid(today)
            return sum(due[1] for day, due in self.dues.items() if day <= today)
        number, _, principal, interest, _, _, after = next(row for row in self.instalments if row[1] == today)
        asked = 0
        if number > self.terms["grace_instalments"]:
            self.accrued = Fraction(0)
            wanted = max(self.principal - after, 0)
            if self.keeps_totals and principal > 0:
                wanted = min(max(wanted, principal + interest - self.interest), self.principal)
            asked = wanted + self.interest + self.fee
        self.planned = after
        self.next_due = min((row[1] for row in self.instalments if row[1] > today), default=None)
        self.ask(today, asked - self.unpaid())
        return asked

    def pay(self, amount, today):
        """Fees, then interest, then principal; the whole of it for the oldest due first."""
        fee = min(amount, self.fee)
        interest = min(amount - fee, self.interest)
        principal = amount - fee - interest
        parts = (principal, interest, fee)
        self.add(parts, -1)
        for day in sorted(self.dues):
            due = self.dues[day]
            if due[1] > 0:
                paid = min(due[1], amount)
                due[1] -= paid
                amount -= paid
                if due[1] == 0:
                    due[2] = today
        if self.is_term and self.principal < self.planned:
            self.repaid_early(self.planned - self.principal, today)
        return parts

    def use(self, excess, today):
        """What is owed by now is paid with what was repaid too much before; answers how much of it."""
        amount = min(excess, self.total())
        if amount > 0:
            self.pay(amount, today)
        return max(amount, 0)

    def ask_back(self, amount, today):
        """What was given back and was not owed to the borrower is owed by them, at once."""
        self.principal += amount
        self.ask(today, amount)

    def repaid_early(self, early, today):
        self.planned = self.principal
        if self.principal == 0:
            self.next_due = None
        if self.terms["early"] == "reduced_instalments":
            # What had accrued is paid but for a fraction of a cent.
            self.plan(today, self.accrued - half_up(self.accrued))
            return
        self.keeps_totals = True
        past = [row for row in self.instalments if row[1] <= today]
        rest = self.instalments[len(past):]
        while early > 0 and rest:
            last = rest[-1]
            taken = min(early, last[2])
            early -= taken
            last[2] -= taken
            last[5] -= taken
            if last[2] == 0:
                rest.pop()
        while rest and rest[-1][2] == 0:
            rest.pop()
        left = self.planned
        for row in rest:
            left -= row[2]
            row[6] = left
        self.instalments = past + rest

    def plan(self, today, unbilled):
        """Makes the instalments to come anew."""
        past = [row for row in self.instalments if row[1] <= today]
        dates = [row[1] for row in self.instalments[len(past):]]
        self.instalments = past
        if self.planned == 0:
            return
        terms, gone = self.terms, len(past)
        grace = terms["grace_instalments"]
        rows = schedule({
            **terms,
            "principal_minor": self.planned,
            "instalments": max(terms["instalments"] - gone, 1),
            "disbursed_on": today.isoformat(),
            "first_repayment_on": None,
            "grace_instalments": max(grace - gone, 0),
            "principal_grace": max(terms["principal_grace"] - max(gone - grace, 0), 0),
            "fees_minor": 0,
        }, dates or None, unbilled)
        for index, row in enumerate(rows):
            self.instalments.append([gone + index + 1, day_of(row[0])] + row[1:])

    def disburse(self, amount, today):
        # What is owed of the running period is billed by the next instalment, with the fraction of a cent.
        charged = half_up(self.accrued)
        unbilled = self.accrued - (charged - min(charged, self.interest))
        self.begun = True
        self.principal += amount
        self.disbursed += amount
        if self.is_term:
            self.planned += amount
            self.keeps_totals = False
            self.plan(today, unbilled)
            self.next_due = min((row[1] for row in self.instalments if row[1] > today), default=None)
        elif self.next_statement is None and self.terms["type"] == "revolving_credit":
            self.statement_on = today
            self.next_statement = next_day_of_month(self.terms["statement_day"], today)

    def statement(self, billed, due_on, today):
        self.accrued = Fraction(0)
        self.ask(due_on, billed)
        days = [self.next_unpaid(today), due_on]
        self.next_due = min(day for day in days if day) if self.unpaid() else None
        self.statements += 1
        self.statement_on = today
        self.next_statement = next_day_of_month(self.terms["statement_day"], today)
