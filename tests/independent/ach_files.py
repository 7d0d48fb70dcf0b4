#!/usr/bin/env python3
"""Compares Florin's NACHA files with two implementations that know nothing of it, and with samples of what banks send.

- Files that Florin writes (crates/rails/ach/examples/sample_files.rs) are valid to achkit, and achkit's and carta-ach's
  parsers find in them what Florin finds.
- Random files that carta-ach and achkit generate are taken by `florin ach validate`, and `florin ach inspect` finds in
  them what was put in.
- The files of tests/samples/ach mean what expected.json says.

Known of achkit 0.2.0: it counts no amounts of returned entries (transaction codes 21, 26, 31, 36), so that it calls
the totals of every file of returns wrong; such a complaint is taken for what it is, any other is not.
Exits 1 when anything differs. Needs the packages of requirements.txt beside this file.

    tests/independent/ach_files.py [COUNT [SEED]]    checks COUNT (default 300) random files
"""

import json
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import achkit
from ach.builder import AchFile as CartaFile
from ach.parser import Parser as CartaParser

from florin import FLORIN, ROOT, example

SAMPLES = ROOT / "tests/samples/ach"
TOTALS_OF_RETURNS = {"BAD_BATCH_DEBIT", "BAD_BATCH_CREDIT", "BAD_FILE_DEBIT", "BAD_FILE_CREDIT"}

differences = []


def differ(what, ours, theirs):
    if ours != theirs:
        differences.append(f"{what}: Florin {ours!r}, other {theirs!r}")


def florin(*arguments, text=None):
    data = None if text is None else text.encode()
    return subprocess.run([FLORIN, "ach", *arguments], input=data, capture_output=True)


def inspected(path, text=None):
    run = florin("inspect", "--json", "--show-accounts", str(path), text=text)
    if run.returncode != 0:
        raise SystemExit(f"{path}: {run.stderr.decode()}")
    return json.loads(run.stdout)


def ours(found):
    """Batches, each of (class, description, entries), each of (code, routing number, account, cents, id, name)."""
    return [
        (
            batch["class"],
            batch["description"],
            [
                (
                    entry["transaction_code"],
                    entry["bank"],
                    entry["account"],
                    entry["amount_cents"],
                    entry["individual_id"],
                    entry["name"],
                )
                for entry in batch["entries"]
            ],
        )
        for batch in found["batches"]
    ]


def of_achkit(text):
    return [
        (
            batch["sec"],
            batch["description"],
            [
                (e["txn_code"], e["routing"], e["account"], e["amount_cents"], e["id_number"], e["name"])
                for e in batch["entries"]
            ],
        )
        for batch in achkit.parse(text)["batches"]
    ]


def of_carta(text):
    def entry(record):
        detail = record["entry_detail"]
        return (
            int(detail["transaction_code"]),
            detail["recv_dfi_id"] + detail["check_digit"],
            detail["dfi_acnt_num"].strip(),
            int(detail["amount"]),
            detail["ind_id"].strip(),
            detail["ind_name"].strip(),
        )

    return [
        (
            batch["batch_header"]["std_ent_cls_code"],
            batch["batch_header"]["entry_desc"].strip(),
            [entry(record) for record in batch["entries"]],
        )
        for batch in CartaParser(text).as_dict()["batches"]
    ]


def check_written_files():
    with tempfile.TemporaryDirectory() as folder:
        example("florin-ach", "sample_files", folder)
        paths = sorted(Path(folder).iterdir())
        for path in paths:
            text = path.read_bytes().decode("ascii")
            found = inspected(path)
            differ(f"{path.name}: valid", (found["valid"], found["problems"]), (True, []))
            entries = [entry for _, _, entries in ours(found) for entry in entries]
            returned = any(code % 10 in (1, 6) and cents for code, _, _, cents, _, _ in entries)
            for error in achkit.validate(text)["errors"]:
                if not (returned and error["code"] in TOTALS_OF_RETURNS):
                    differences.append(f"{path.name}: achkit says {error}")
            differ(f"{path.name}: achkit", ours(found), of_achkit(text))
            differ(f"{path.name}: carta-ach", ours(found), of_carta(text.replace("\r\n", "\n")))
    return len(paths)


def routing(chance):
    eight = f"{chance.randrange(1_000_000, 13_000_000):08d}"
    weights = (3, 7, 1, 3, 7, 1, 3, 7)
    return eight + str(-sum(int(digit) * weight for digit, weight in zip(eight, weights)) % 10)


def batches(chance):
    """Random (class, description, entries, whether they are credits)."""
    made = []
    for _ in range(chance.randrange(1, 5)):
        sec = chance.choice(["PPD", "CCD"])
        credits = chance.random() < 0.5
        entries = []
        for number in range(chance.randrange(1, 9)):
            prenote = chance.random() < 0.1
            savings = chance.random() < 0.3
            code = (32 if savings else 22) + (0 if credits else 5) + (1 if prenote else 0)
            cents = 0 if prenote else chance.choice([1, 18, 99_99, chance.randrange(1, 10_000_000)])
            account = str(chance.randrange(10 ** chance.randrange(4, 17)))
            addenda = "INVOICE 4711" if chance.random() < 0.2 else None
            entries.append((code, routing(chance), account, cents, f"ID{number}", f"NAME {number}", addenda))
        made.append((sec, "PAYROLL" if credits else "DUES", entries, credits))
    return made


def by_carta(made, destination):
    settings = {
        "immediate_dest": destination,
        "immediate_org": "121042882",
        "immediate_dest_name": "SOME BANK",
        "immediate_org_name": "SOME COMPANY",
        "company_id": "1234567890",
    }
    file = CartaFile("A", settings)
    for sec, description, entries, credits in made:
        records = [
            {
                "type": str(code),
                "routing_number": bank,
                "account_number": account,
                "amount": f"{cents // 100}.{cents % 100:02d}",
                "name": name,
                "id_number": number,
                "addenda": [{"payment_related_info": addenda}] if addenda else [],
            }
            for code, bank, account, cents, number, name, addenda in entries
        ]
        date = datetime(2026, 11, 20) + timedelta(days=3)
        file.add_batch(sec, records, credits=credits, debits=not credits, eff_ent_date=date, entry_desc=description)
    return file.render_to_string()


def by_achkit(made, destination):
    file = achkit.AchFile.create("121042882", "1234567890", destination, "SOME BANK", "SOME COMPANY")
    for sec, description, entries, credits in made:
        batch = file.batch(sec, description, "2026-11-23")
        for code, bank, account, cents, number, name, addenda in entries:
            add = batch.credit if credits else batch.debit
            kind = "savings" if code >= 30 else "checking"
            add(name, bank, account, cents, kind, number, code % 5 == 3, addenda)
    return file.render()


def check_generated_files(count, seed):
    chance = random.Random(seed)
    for number in range(count):
        made = batches(chance)
        expected = [(sec, description, [e[:6] for e in entries]) for sec, description, entries, _ in made]
        for name, build in (("carta-ach", by_carta), ("achkit", by_achkit)):
            text = build(made, routing(chance))
            place = f"file {number} of {name} (seed {seed})"
            found = inspected("-", text)
            differ(f"{place}: problems", [p["message"] for p in found["problems"]], [])
            differ(place, ours(found), expected)
            checked = florin("validate", "--strict", "-", text=text)
            differ(f"{place}: exit code", checked.returncode, 0)


def check_samples():
    samples = json.loads((SAMPLES / "expected.json").read_text())
    differ("samples", sorted(path.name for path in SAMPLES.glob("*.ach")), sorted(samples))
    for name, expected in samples.items():
        found = inspected(SAMPLES / name)
        differ(f"{name}: valid", found["valid"], expected["valid"])
        checked = florin("validate", str(SAMPLES / name))
        differ(f"{name}: exit code", checked.returncode, 0 if expected["valid"] else 1)
        entries = [{"class": batch["class"], **e} for batch in found["batches"] for e in batch["entries"]]
        if "entries" in expected:
            differ(f"{name}: entries", len(entries), len(expected["entries"]))
        for number, (entry, wanted) in enumerate(zip(entries, expected.get("entries", []))):
            for key, value in wanted.items():
                if key == "says":
                    missing = [line for line in value if line not in (entry["says"] or [])]
                    differ(f"{name}: entry {number} says", missing, [])
                else:
                    differ(f"{name}: entry {number} {key}", entry[key], value)
        told = [[p["severity"], p["line"], p["field"]] for p in found["problems"]]
        for problem in expected.get("problems", []):
            if problem not in told:
                differences.append(f"{name}: {problem} is not among {told}")
        if expected.get("problems") == []:
            differ(f"{name}: problems", told, [])
    return len(samples)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261121
    written = check_written_files()
    check_generated_files(count, seed)
    samples = check_samples()
    for difference in differences[:40]:
        print(difference, file=sys.stderr)
    if differences:
        raise SystemExit(f"{len(differences)} differences from independent NACHA implementations")
    print(
        f"NACHA files: {written} written by Florin, {2 * count} generated by carta-ach and achkit, "
        f"{samples} samples: no difference"
    )


main()
