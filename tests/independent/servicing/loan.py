"""A loan at a lender, with its transactions, its statements, its status, and the commands that it takes."""

from datetime import date
from fractions import Fraction

from schedule_check import ONE_DAY, half_up, move

from servicing.course import Course, add_business_days, day_of, next_day_of_month

OPEN = ("active", "late", "arrears", "default")
NO_PARTS = (0, 0, 0)


class Refused(Exception):
    """Why a command is refused: conflict, or the field that is wrong."""


# A loan with its transactions


class Transaction:
    def __init__(self, kind, status, amount, parts, on, name="", period=None):
        self.kind, self.status, self.amount, self.parts = kind, status, amount, parts
        self.on, self.name, self.period = on, name, period
        self.answer_on = None
        self.asked = 0

    def counts(self):
        return self.status == "applied" or (self.status == "pending" and self.kind in ("repayment", "refund"))

    def is_night(self):
        return self.kind == "interest" and not self.name

    def row(self):
        return [self.kind, self.status, self.amount, *self.parts, self.on.isoformat(), self.name]


class Loan:
    """A loan at a lender who lives from day to day."""

    def __init__(self, terms, today):
        self.terms, self.today = terms, today
        self.course = Course(terms)
        self.status = "inactive"
        self.is_written_off = False
        self.transactions = []
        self.pauses = []
        self.statements = []

    # Telling the story again

    def facts(self):
        """By day: the statements, and the money and fees in the order in which they were made."""
        days = {}
        for row in self.statements:
            days.setdefault(row[1], []).append(("statement", row[5], row[6]))
        for it in sorted(self.transactions, key=lambda it: it.asked):
            if it.counts() and it.kind != "interest" and it.amount:
                days.setdefault(it.on, []).append((it.kind, it.amount, it))
        return days

    def bears(self, start):
        return not any(first <= start and (last is None or start < last) for first, last in self.pauses)

    def tell(self, until, facts):
        """The state on a day, how each repayment is split, which were more than was owed, what is left of that, and what
        was given back that was not left."""
        course, splits, too_much, excess, short = Course(self.terms), {}, {}, 0, 0
        day = min(facts, default=until)
        while day <= until:
            course.night(day - ONE_DAY, self.bears(day - ONE_DAY))
            excess -= course.use(excess, day)
            course.fall_due(day)
            for kind, amount, other in facts.get(day, ()):
                if kind == "statement":
                    course.statement(amount, other, day)
                elif kind == "disbursement":
                    course.disburse(amount, day)
                elif kind == "fee":
                    course.fee += amount
                elif kind == "refund":
                    taken = min(amount, excess)
                    excess -= taken
                    short += amount - taken
                    course.ask_back(amount - taken, day)
                else:
                    taken = min(amount, course.total())
                    if taken < amount:
                        too_much[other] = amount - taken
                        # Nobody is owed a debt that was let go and was none.
                        excess += amount - taken if kind != "waiver" else 0
                    splits[other] = course.pay(taken, day)
                excess -= course.use(excess, day)
            day += ONE_DAY
        return course, splits, too_much, excess, short

    def check_not_too_much(self, before, after):
        """A change by which something is more than was owed on its day is refused."""
        known = self.tell(self.today, before)
        if after[4] > known[4] or any(amount > known[2].get(it, 0) for it, amount in after[2].items()):
            raise Refused("conflict")

    def kept(self):
        """What is booked as owed to the borrower."""
        counting = [it for it in self.transactions if it.counts()]
        repaid = [it for it in counting if it.kind in ("repayment", "collection")]
        refunded = sum(it.amount for it in counting if it.kind == "refund")
        return sum(it.amount - sum(it.parts) for it in repaid) - refunded

    def settle(self, story):
        """Books the difference between what is booked and what the story comes to."""
        told, splits, _, excess, _ = story
        booked = self.course.owed()
        difference = [right - wrong for right, wrong in zip(told.owed(), booked)]
        waived = [0, 0, 0]
        for it in self.transactions:
            if it.counts() and it.kind == "waiver":
                pairs = zip(waived, splits.get(it, NO_PARTS), it.parts)
                waived = [total + right - wrong for total, right, wrong in pairs]
        interest = sum(difference) + self.kept() - excess + sum(waived)
        if interest:
            self.note("interest", "applied", (0, interest, 0), name="Recalculation")
        shifted = (-difference[0], interest - difference[1], -difference[2])
        if sum(waived):
            shifted = tuple(whole - part for whole, part in zip(shifted, waived))
            self.correct("waiver", tuple(waived))
        if any(shifted):
            self.correct("repayment", shifted)
        was_overdue = self.overdue_since()
        self.course = told
        if was_overdue:
            self.cure()

    def correct(self, kind, parts):
        self.note(kind, "applied", parts, name="Reallocation").amount = 0

    def pay_with_kept(self):
        """What is owed to the borrower pays what the loan has just come to owe."""
        amount = min(self.kept(), self.course.total())
        if amount > 0:
            self.correct("repayment", self.pay(amount))

    # What is written down

    def period(self):
        return self.course.statements + 1 if self.course.next_statement else None

    def note(self, kind, status, parts, name="", on=None):
        noted = Transaction(kind, status, sum(parts), parts, on or self.today, name, self.period())
        noted.asked = self.next_place()
        self.transactions.append(noted)
        return noted

    def next_place(self):
        """Counts what was asked for, tries again of what failed included."""
        return 1 + max((it.asked for it in self.transactions), default=0)

    def pending(self):
        return [it for it in self.transactions if it.status == "pending"]

    def moving(self):
        """What waits and may change what the loan owes."""
        return [it for it in self.pending() if it.kind != "refund"]

    def overdue_since(self):
        days = [day for day, due in self.course.dues.items() if due[1] > 0]
        since = min(days, default=None)
        return since if since and since < self.today else None

    def cure(self):
        if self.status in ("late", "arrears", "default") and not self.overdue_since():
            self.status = "active"

    def pay(self, amount):
        parts = self.course.pay(amount, self.today)
        self.cure()
        return parts

    def charge_fees(self, event):
        for name, when, kind, figure in self.terms["fees"]:
            amount = fee_amount(kind, figure, self.course.total()) if when == event else 0
            if amount > 0:
                self.course.fee += amount
                self.note("fee", "applied", (0, 0, amount), name=name)

    def close_if_paid(self):
        is_paid = self.course.is_term and self.status in OPEN and not any(self.course.owed())
        if is_paid and not self.moving():
            self.close()

    def close(self):
        self.status, self.course.next_due = "closed", None

    # The day

    def day(self):
        self.today += ONE_DAY
        if self.status in OPEN:
            start = self.today - ONE_DAY
            posted = self.course.night(start, self.bears(start))
            if posted:
                self.note("interest", "applied", (0, posted, 0))
            if self.course.next_due == self.today:
                self.collect(self.course.fall_due(self.today))
            if self.status in OPEN and self.course.next_statement == self.today:
                self.make_statement()
            if self.status in OPEN and self.overdue_since():
                self.fall_behind()
        self.answers()

    def collect(self, asked):
        if self.terms["collections"] == "simulated" and asked > 0:
            if self.terms["penniless"]:
                fee = min(asked, self.course.fee)
                interest = min(asked - fee, self.course.interest)
                self.note("collection", "failed", (asked - fee - interest, interest, fee))
            else:
                self.note("collection", "applied", self.pay(asked))
        self.close_if_paid()

    def make_statement(self):
        course, terms = self.course, self.terms
        closing, unpaid = course.total(), course.unpaid()
        part = max(half_up(Fraction(closing * terms["minimum_percent"], 10_000)), terms["minimum_minor"])
        minimum = min(max(part + course.interest + course.fee, unpaid), closing) if closing > 0 else 0
        due_on = next_day_of_month(terms["due_day"], self.today)
        if terms["holiday_rule"] != "on_day":
            before = terms["holiday_rule"] == "last_business_day_before_the_day"
            due_on = move(terms["calendar"], due_on, -ONE_DAY if before else ONE_DAY)
        if due_on <= self.today:
            due_on = add_business_days(terms["calendar"], self.today, 1)
        opening = self.statements[-1][3] if self.statements else 0
        first = course.statement_on + ONE_DAY if self.statements else course.statement_on
        billed = max(minimum - unpaid, 0)
        self.statements.append([first, self.today, opening, closing, minimum, billed, due_on])
        course.statement(billed, due_on, self.today)

    def fall_behind(self):
        if self.status == "active":
            self.status = "late"
        days_late = (self.today - self.overdue_since()).days - 1
        if self.status == "late" and days_late >= self.terms["arrears_tolerance"]:
            self.status = "arrears"
            self.charge_fees("arrears")

    def answers(self):
        """The provider's."""
        for it in self.pending():
            if it.answer_on and it.answer_on <= self.today:
                if self.terms["penniless"]:
                    self.fail(it)
                else:
                    self.carry_out(it)

    def fail(self, it):
        is_counted = it.counts()
        it.status = "failed"
        if is_counted:
            self.course.add(it.parts)
            self.settle(self.tell(self.today, self.facts()))

    def carry_out(self, it):
        known = list(self.transactions)
        it.status = "applied"
        if it.kind == "disbursement":
            it.on = self.today
            keeps = not self.course.total() and self.kept() > 0
            if self.status == "inactive":
                self.status = "active"
            self.course.disburse(it.amount, self.today)
            self.charge_fees("disbursement")
            it.period = self.period()
            # Asked for before something else of this day, it comes before it: a schedule depends on that.
            later = [other for other in known if other.counts() and other.on == self.today and other.asked > it.asked]
            if keeps or (self.course.is_term and any(other.kind != "interest" for other in later)):
                self.settle(self.tell(self.today, self.facts()))
        elif it.kind == "collection":
            it.on, it.period, it.asked = self.today, self.period(), self.next_place()
            it.parts = self.pay(min(it.amount, self.course.total()))
        self.close_if_paid()

    # Commands

    def check_open(self):
        if self.status not in OPEN:
            raise Refused("conflict")

    def check_repayable(self, amount):
        self.check_open()
        if amount > self.course.total():
            raise Refused("amount")

    def check_available(self, amount):
        if self.status not in ("inactive", "active"):
            raise Refused("conflict")
        used = self.course.disbursed if self.course.is_term else self.course.principal
        used += sum(it.amount for it in self.pending() if it.kind == "disbursement")
        if amount > self.terms["amount_minor"] - used:
            raise Refused("conflict")

    def ask_provider(self, it):
        if self.terms["collections"] == "simulated":
            it.answer_on = add_business_days(self.terms["calendar"], self.today, 3)

    def do_advance(self, to):
        while self.today < day_of(to):
            self.day()

    def do_disburse(self, amount):
        check_amount(amount)
        self.check_available(amount)
        self.note("disbursement", "pending", (amount, 0, 0))

    def do_apply(self, of):
        it = self.transactions[of]
        if it.status != "pending":
            raise Refused("conflict")
        self.carry_out(it)

    def do_repay(self, amount, on=None):
        check_amount(amount)
        self.check_repayable(amount)
        if on:
            self.repay_late(amount, day_of(on))
        else:
            self.ask_provider(self.note("repayment", "pending", self.pay(amount)))

    def repay_late(self, amount, on):
        paid_out = [it.on for it in self.transactions if it.kind == "disbursement" and it.status == "applied"]
        last = max((row[1] for row in self.statements), default=date.min)
        if on > self.today or not paid_out or on < min(paid_out) or on < last:
            raise Refused("effective_date")
        facts, it = self.facts(), Transaction("repayment", "applied", amount, NO_PARTS, on, period=self.period())
        facts.setdefault(on, []).append(("repayment", amount, it))
        story = self.tell(self.today, facts)
        self.check_not_too_much(self.facts(), story)
        it.parts, it.asked = story[1][it], self.next_place()
        self.transactions.append(it)
        self.course.add(it.parts, -1)
        self.settle(story)
        self.cure()
        self.close_if_paid()

    def do_waive(self, amount):
        check_amount(amount)
        self.check_repayable(amount)
        self.note("waiver", "applied", self.pay(amount))
        self.close_if_paid()

    def do_refund(self, amount):
        check_amount(amount)
        most = self.kept() - sum(it.amount for it in self.pending() if it.kind == "repayment")
        if most <= 0 or any(it.kind == "disbursement" for it in self.pending()):
            raise Refused("conflict")
        if amount > most:
            raise Refused("amount")
        self.note("refund", "pending", NO_PARTS).amount = amount

    def do_cancel_refund(self, of):
        it = self.transactions[of]
        it.status = "cancelled"
        if self.status in OPEN + ("inactive",):
            self.settle(self.tell(self.today, self.facts()))
        self.close_if_paid()

    def do_fee(self, name, type=None, figure=None):
        if self.status not in OPEN + ("inactive",):
            raise Refused("conflict")
        for known, _, kind, amount in self.terms["fees"]:
            if known == name:
                type, figure = kind, amount
        amount = fee_amount(type, figure, self.course.total())
        if amount <= 0:
            raise Refused("conflict")
        was_paid = not self.course.total()
        self.course.fee += amount
        self.note("fee", "applied", (0, 0, amount), name=name)
        if was_paid:
            self.pay_with_kept()

    def do_interest(self, enabled):
        if self.status in ("closed", "cancelled"):
            raise Refused("conflict")
        is_enabled = all(last for _, last in self.pauses)
        if enabled and not is_enabled:
            self.pauses = [(first, last or self.today) for first, last in self.pauses]
        elif is_enabled and not enabled:
            self.pauses.append((self.today, None))

    def is_in_closed_statement(self, it):
        return (it.period or 1) <= self.course.statements

    def do_revert(self, of, recalculate):
        asked = self.transactions[of]
        is_final = self.is_written_off or self.status == "cancelled"
        if asked.status != "applied" or self.is_in_closed_statement(asked) or is_final:
            raise Refused("conflict")
        order = {it: (it.on, not it.is_night(), it.asked) for it in self.transactions}
        later = [it for it in self.transactions if it.status in ("applied", "pending") and order[it] > order[asked]]
        later = [it for it in later if not self.is_in_closed_statement(it)]
        if any(it.status == "pending" for it in later):
            raise Refused("conflict")
        taken = [asked] + ([] if recalculate else later)
        pauses, before = list(self.pauses), self.facts()
        for it in taken:
            it.status = "reverted"
        if not recalculate:
            first = asked.on - ONE_DAY if asked.is_night() else asked.on
            if first < self.today:
                self.pauses.append((first, self.today))
        story = self.tell(self.today, self.facts())
        try:
            if recalculate:
                self.check_not_too_much(before, story)
        except Refused:
            self.pauses = pauses
            for it in taken:
                it.status = "applied"
            raise
        for it in taken:
            self.course.add(it.parts, -1 if it.kind in ("disbursement", "fee", "interest") else 1)
        if self.status == "closed":
            self.status = "active"
        self.settle(story)
        if self.course.disbursed == 0:
            self.status = "inactive"

    def do_retry(self, of):
        it = self.transactions[of]
        if it.status != "failed":
            raise Refused("conflict")
        self.check_open()
        if it.amount > self.course.total():
            raise Refused("conflict")
        if it.kind == "collection":
            self.check_not_under_way(it)
        if it.kind == "repayment":
            it.parts = self.pay(it.amount)
        it.status, it.on, it.period = "pending", self.today, self.period()
        if it.kind != "collection":
            # A collection is booked when it has arrived.
            it.asked = self.next_place()
        self.ask_provider(it)

    def check_not_under_way(self, it):
        """What another collection asks for already would be taken twice."""
        under_way = sum(other.amount for other in self.pending() if other.kind == "collection")
        unpaid = sum(due[1] for day, due in self.course.dues.items() if day <= self.today)
        if under_way and max(unpaid - under_way, 0) < it.amount:
            raise Refused("conflict")

    def mark(self, status):
        self.check_open()
        if self.status == status:
            return
        if self.status == "default":
            raise Refused("conflict")
        self.status, was_paid = status, not self.course.total()
        self.charge_fees(status)
        if was_paid:
            self.pay_with_kept()

    def do_arrears(self):
        self.mark("arrears")

    def do_default(self):
        self.mark("default")

    def do_close(self, substatus):
        if self.status in ("closed", "cancelled") or self.moving():
            raise Refused("conflict")
        if substatus == "paid_in_full" and any(self.course.owed()):
            raise Refused("conflict")
        self.is_written_off = substatus == "written_off"
        self.course.dues = {}
        self.course.principal = self.course.interest = self.course.fee = 0
        self.close()

    def do_cancel(self):
        if self.status != "inactive" or any(self.course.owed()):
            raise Refused("conflict")
        for it in self.pending():
            if it.kind == "disbursement":
                it.status = "cancelled"
        self.status = "cancelled"

    # What there is to say

    def state(self):
        course = self.course
        instalments = [[row[0], row[1].isoformat(), *row[2:]] for row in course.instalments]
        for row, source in zip(instalments, course.instalments):
            if source[1] > self.today and row[0] > self.terms["grace_instalments"]:
                row[4] = course.fee
                row[5] = row[2] + row[3] + row[4]
                break
        dues = [
            [day.isoformat(), due[0], due[1], due[2] and due[2].isoformat()]
            for day, due in sorted(course.dues.items()) if due[2] is None or due[2] > day
        ]
        iso = lambda row: [value.isoformat() if isinstance(value, date) else value for value in row]
        return {
            "date": self.today.isoformat(),
            "owed": list(course.owed()),
            "status": self.status,
            "next_due_on": course.next_due and course.next_due.isoformat(),
            "instalments": instalments,
            "dues": dues,
            "statements": [iso(row) for row in self.statements],
        }


def check_amount(amount):
    if amount <= 0:
        raise Refused("amount")


def fee_amount(kind, figure, balance):
    """A flat figure is in cents, a percentage in hundredths of a percent."""
    return figure if kind == "flat" else half_up(Fraction(max(balance, 0) * figure, 10_000))
