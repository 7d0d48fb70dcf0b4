#!/usr/bin/env python3
"""Talks to Florin's external accounts over TLS, as a back end in another language does: Python's own HTTP and OpenSSL.

Starts `$FLORIN serve --tls self-signed`, trusts the certificate that it keeps, and goes a customer's whole way by the
clock: trial deposits, a transfer in, settlement, one out, the loan's hosted page over the simulated provider. Each
request is written as the original's Python client writes it: paths in small letters, every unset property null. Exits 1
when something differs. Needs nothing but Python.

    FLORIN=./target/debug/florin tests/independent/external_accounts_client.py
"""

import base64
import http.client
import json
import re
import signal
import ssl
import subprocess
import sys
import tempfile

from florin import FLORIN

UNSET = dict.fromkeys(
    ["requestId", "externalAccountId", "customerId", "tag", "name", "routingNumber", "accountNumber", "type", "nickName",
     "status", "statusDate", "nocCode", "isActive", "isLocked", "lockedDate", "lockedReason", "fromId", "toId", "amount",
     "transactionId"])

checks = 0


def check(found, expected, what):
    global checks
    checks += 1
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")


class Bank:
    """One connection that is kept."""

    def __init__(self, host, port, context, headers):
        self.connection = http.client.HTTPSConnection(host, port, context=context, timeout=60)
        self.headers = {"Content-Type": "application/json; charset=utf-8", **headers}

    def send(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def get(self, path):
        return self.understood(path, *self.send("GET", path))

    def post(self, path, **body):
        return self.understood(path, *self.send("POST", path, {**UNSET, **body}))

    def understood(self, path, status, text):
        envelope = json.loads(text)
        check(status in (200, 201) and envelope["status"] in (200, 201), True, f"{path}: {text}")
        check(envelope["errors"], [], path)
        return envelope["data"]


def basic(credential):
    pair = f"{credential['key']}:{credential['secret']}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def whole_way(bank):
    check(bank.get("/program/get")["verificationType"], "Any", "the program")
    customer = bank.post("/customer/create", firstName="Brock", lastName="Weaver", tag="b 1")["customerId"]
    inside = bank.get("/customer/getbytag/b%201")["accounts"][0]["accountId"]
    account = bank.post("/externalaccount/initiate", customerId=customer, routingNumber="123456789",
                        accountNumber="0000343434", firstName="Brock", lastName="Weaver", type="Checking",
                        nickName="Mine")["externalAccountId"]
    status, text = bank.send("POST", "/externalaccount/verify", {
        "customerId": customer, "externalAccountId": account, "amount1": 0.24, "amount2": 0.14})
    check((status, json.loads(text)["errors"]), (400, [{
        "code": 62207, "message": "Given amounts do not match what is on record. 2 attempt(s) remaining."}]), "wrong amounts")
    bank.post("/externalaccount/verify", customerId=customer, externalAccountId=account, amount1=0.28, amount2="0.18")
    shown = bank.get(f"/externalaccount/get/{customer}/{account}")
    check((shown["status"], shown["accountNumberMasked"], shown["name"]),
          ("Verified", "******3434", "COREPRO SANDBOX BANK"), "a verified account")
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-05:00", shown["statusDate"]) is not None, True,
          shown["statusDate"])
    moved = bank.post("/transfer/create", customerId=customer, fromId=account, toId=inside, amount=25.0, tag="in")
    check([it["status"] for it in moved], ["Initiated"], "a transfer")
    return customer, account, inside


def settled(bank, customer, account, inside):
    found = bank.get(f"/transaction/list/{customer}/{inside}/Settled//?pageNumber=0&pageSize=200")
    check([(it["tag"], it["amount"], it["isCredit"]) for it in found], [("in", 25.0, True)], "what has settled")
    moved = bank.post("/transfer/create", customerId=customer, fromId=inside, toId=account, amount=10, tag="out")
    voided = bank.post("/transfer/void", customerId=customer, transactionId=moved[0]["transactionId"])
    check(voided[0]["status"], "Voided", "what was called off")
    left = bank.get(f"/customer/get/{customer}")["accounts"][0]
    check((left["accountBalance"], left["availableBalance"]), (25.0, 25.0), "what is left")


def mandate_page(lender):
    """The server reaches its own simulated provider, though it speaks TLS to everybody else."""
    account = {"environment": "simulated", "access_token": "tls", "webhook_secret": "a-long-secret"}
    status, text = lender.send("POST", "/platform/v1/provider-accounts", account)
    check(status, 201, text)
    status, text = lender.send("POST", "/api/v1/end-user/", {
        "type": "individual", "first_name": "Ada", "last_name": "Lovelace"})
    check(status, 201, text)
    status, text = lender.send("POST", "/api/v1/go-cardless-mandate/", {
        "end_user": json.loads(text)["id"], "success_url": "https://lender.example/yes",
        "failure_url": "https://lender.example/no"})
    check(status, 201, text)
    url = json.loads(text)["url"]
    check(url.startswith("https://127.0.0.1:"), True, url)
    status, page = lender.send("GET", "/" + url.split("/", 3)[3])
    check((status, "sort code" in page.lower()), (200, True), page[:500])


def main():
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:{folder}/florin.db"
        tenant = json.loads(subprocess.run(
            [FLORIN, "tenant", "create", "--name", "Bank", "--clock", "2026-12-01", "--json", "--database", database],
            check=True, capture_output=True, text=True).stdout)
        server = subprocess.Popen(
            [FLORIN, "serve", "--database", database, "--listen", "127.0.0.1:0", "--tls", "self-signed", "--log", "error"],
            stdout=subprocess.PIPE, text=True)
        try:
            line = server.stdout.readline()
            check(line.startswith("florin listening on https://127.0.0.1:"), True, line)
            port = int(line.rsplit(":", 1)[1])
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = ssl.create_default_context(cafile=f"{folder}/florin.db.tls-cert.pem")
                context.minimum_version = context.maximum_version = version
                bank = Bank("localhost", port, context, basic(tenant["external_accounts"]))
                bank.get("/program/get")
                check(bank.connection.sock.version(), {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name], "TLS")
            customer, account, inside = whole_way(bank)
            lender = Bank("127.0.0.1", port, context, {"X-Api-Key": tenant["lending"]["api_key"]})
            status, text = lender.send("POST", "/sandbox/v1/clock/advance/", {"days": 9})
            check(status, 200, text)
            settled(bank, customer, account, inside)
            mandate_page(lender)
            try:
                http.client.HTTPSConnection("127.0.0.1", port, timeout=10).request("GET", "/program/get")
                sys.exit("a client that trusts only public authorities was answered")
            except ssl.SSLCertVerificationError:
                pass
            server.send_signal(signal.SIGTERM)
            check(server.wait(60), 0, "the end")
        finally:
            server.kill()
            server.wait()
    print(f"external accounts over TLS: {checks} checks hold")


if __name__ == "__main__":
    main()
