#!/usr/bin/env python3
"""Compares what Florin makes of the life stories of loans with a second implementation that shares no code with it.

Takes random stories (crates/domain/lending/examples/random_stories.rs plays them on real databases and prints them as
JSON lines: the terms, each command with its answer, and all that Florin says of the loan after it), plays the same
commands day by day with exact fractions by the written rules (docs/LENDING.md, and the schedules of schedule_check.py),
and compares answers, balances, status, schedule, dues, statements and every transaction's split after every step.
Exits 1 when one differs. Standard library only.

    tests/independent/servicing_check.py [COUNT [SEED]]    plays COUNT (default 40) stories a database with cargo
    tests/independent/servicing_check.py - < LINES         reads them from standard input
"""

import json
import subprocess
import sys
from multiprocessing import Pool

from florin import example
from servicing.course import day_of
from servicing.loan import Loan, Refused


# Comparing


def outcome(answer):
    """ok, conflict or the field that is wrong."""
    return answer if answer == "ok" else answer.get("invalid", "conflict")


def answer_of(loan, command):
    rest = {key: value for key, value in command.items() if key != "do"}
    try:
        getattr(loan, "do_" + command["do"])(**rest)
    except Refused as refused:
        return str(refused)
    return "ok"


def differs(story):
    """The place of the first step that differs, with the difference, or None; and how many steps there are."""
    terms, theirs = story["terms"], []
    loan = Loan(terms, day_of(story["start"]))
    for place, step in enumerate(story["steps"]):
        said = step["state"]
        answer = answer_of(loan, step["command"])
        if answer != outcome(step["answer"]):
            return place, f"answered {step['answer']}, expected {answer}"
        for index, row in said.pop("transactions"):
            theirs[index:index + 1] = [row]
        mine = [it.row() for it in loan.transactions]
        for index in range(max(len(mine), len(theirs))):
            pair = [rows[index] if index < len(rows) else None for rows in (theirs, mine)]
            if pair[0] != pair[1]:
                return place, f"transaction {index}: {pair[0]}, expected {pair[1]}"
        for key, value in loan.state().items():
            if said[key] != value:
                return place, f"{key}: {said[key]}, expected {value}"
    return None


def examine(text):
    story = json.loads(text)
    try:
        problem = differs(story)
    except Exception as error:  # The story is needed to find out why.
        problem = len(story["steps"]) - 1, f"the model fails: {error!r}"
    if problem:
        place, what = problem
        commands = [f"{step['command']} {outcome(step['answer'])}" for step in story["steps"][:place + 1]]
        problem = f"story {story['seed']}, step {place}: {what}\n    {json.dumps(story['terms'])}\n    " + "\n    ".join(commands)
    return len(story["steps"]), problem


def played_by_florin(arguments):
    count, seed = (arguments + ["40", "1"][len(arguments):])[:2]
    done = example("florin-lending", "random_stories", count, seed, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def main(arguments):
    texts = sys.stdin if arguments == ["-"] else played_by_florin(arguments)
    stories = steps = wrong = 0
    with Pool() as pool:
        for count, problem in pool.imap(examine, texts, chunksize=4):
            stories += 1
            steps += count
            if problem:
                wrong += 1
                if wrong <= 5:
                    print(problem)
    print(f"{stories} stories of loans, {steps} steps, {wrong} differ")
    return 1 if wrong or not stories else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
