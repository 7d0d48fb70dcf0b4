#!/usr/bin/env python3
"""Drives Florin's simulated direct-debit provider with GoCardless's own client (PyPI: gocardless_pro).

Starts `$FLORIN simulate gocardless`, gives a mandate in every way, collects with it, cancels, retries, lists, breaks
things, and checks each answer as that client understands it; receives a webhook and verifies its signature with that
client; kills the provider (-9) while it works and finds it again as it was. Exits 1 when something differs. Needs the
packages of requirements.txt beside this file.

    FLORIN=./target/debug/florin tests/independent/gocardless_client.py
"""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

import gocardless_pro
from gocardless_pro import errors, webhooks

from florin import FLORIN

SECRET = "a webhook secret"
DETAILS = {
    "customer": {"given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"},
    "customer_billing_detail": {
        "address_line1": "12 St James's Square",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country_code": "GB",
    },
}
ACCOUNT = {
    "account_holder_name": "Ada Lovelace",
    "branch_code": "200000",
    "account_number": "55779911",
    "country_code": "GB",
}

checks = 0


def check(found, expected, what):
    global checks
    checks += 1
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")


def refused(kind, call, what):
    global checks
    checks += 1
    try:
        call()
    except kind as error:
        return error
    sys.exit(f"{what}: was not refused")


def start(journal):
    command = [FLORIN, "simulate", "gocardless", "--listen", "127.0.0.1:0", "--journal", journal]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if "http://" not in line:
        sys.exit(f"the simulator did not start: {line!r}")
    return process, line.split()[-1]


class Provider:
    """The control endpoints, which the official client does not know."""

    def __init__(self, url, token):
        self.url, self.token = url, token
        self.client = gocardless_pro.Client(access_token=token, base_url=url)

    def control(self, name, **body):
        request = urllib.request.Request(
            f"{self.url}/simulator/{name}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return json.load(urllib.request.urlopen(request))


def ready_request(client, given_name="Ada", account_number="55779911"):
    request = client.billing_requests.create(
        params={"mandate_request": {"scheme": "bacs", "currency": "GBP", "metadata": {"end_user": "7"}}}
    )
    check(request.status, "pending", "a new billing request")
    check([action["type"] for action in request.actions],
          ["collect_customer_details", "collect_bank_account", "confirm_payer_details"], "its actions")
    details = {**DETAILS, "customer": {**DETAILS["customer"], "given_name": given_name}}
    client.billing_requests.collect_customer_details(request.id, params=details)
    client.billing_requests.collect_bank_account(request.id, params={**ACCOUNT, "account_number": account_number})
    request = client.billing_requests.confirm_payer_details(request.id)
    check(request.status, "ready_to_fulfil", "after all details")
    return request


def new_mandate(client, given_name="Ada", account_number="55779911"):
    request = client.billing_requests.fulfil(ready_request(client, given_name, account_number).id)
    check(request.status, "fulfilled", "after fulfil")
    check(request.mandate_request.links["mandate"], request.links.mandate_request_mandate, "both links to the mandate")
    return client.mandates.get(request.links.mandate_request_mandate)


def mandates(provider):
    client = provider.client
    mandate = new_mandate(client)
    check((mandate.status, mandate.scheme), ("pending_submission", "bacs"), "a new mandate")
    check(mandate.metadata, {"end_user": "7"}, "its metadata")
    check(mandate.next_possible_charge_date, "2026-11-27", "its first charge")
    account = client.customer_bank_accounts.get(mandate.links.customer_bank_account)
    check((account.account_number_ending, account.account_holder_name), ("11", "ADA LOVELACE"), "its account")
    check(client.customers.get(mandate.links.customer).family_name, "Lovelace", "its customer")
    check(client.creditors.list().records[0].id, mandate.links.creditor, "its creditor")

    error = refused(errors.ValidationFailedError,
                    lambda: client.billing_requests.collect_bank_account(
                        ready_request(client).id, params={**ACCOUNT, "branch_code": "2000"}),
                    "a short sort code")
    check(error.errors[0]["field"], "branch_code", "its field")
    check(error.errors[0]["request_pointer"], "/data/branch_code", "its pointer")
    check("branch_code is the wrong length" in str(error), True, f"its text ({error})")
    refused(errors.InvalidStateError, lambda: client.billing_requests.fulfil(mandate_request(client)), "an early fulfil")

    client.scenario_simulators.run("mandate_activated", params={"links": {"resource": mandate.id}})
    check(client.mandates.get(mandate.id).status, "active", "after the scenario")
    other = new_mandate(client)
    client.mandates.cancel(other.id)
    check(client.mandates.get(other.id).status, "cancelled", "after cancel")
    error = refused(errors.InvalidStateError, lambda: client.mandates.cancel(other.id), "a second cancel")
    check(error.errors[0]["reason"], "cancellation_failed", "its reason")
    check(client.mandates.reinstate(other.id).status, "pending_submission", "after reinstate")
    check(len(client.mandates.list(params={"status": "active"}).records), 1, "active mandates")
    return mandate


def mandate_request(client):
    return client.billing_requests.create(params={"mandate_request": {"scheme": "bacs"}}).id


def payments(provider, mandate):
    client = provider.client
    new = {"amount": 5000, "currency": "GBP", "links": {"mandate": mandate.id}, "metadata": {"loan": "7"}}
    key = {"Idempotency-Key": "one key"}
    payment = client.payments.create(params=new, headers=key)
    check((payment.status, payment.amount, payment.charge_date), ("pending_submission", 5000, "2026-11-26"), "a payment")
    check(client.payments.create(params=new, headers=key).id, payment.id, "the same key")
    strict = gocardless_pro.Client(
        access_token=provider.token, base_url=provider.url, raise_on_idempotency_conflict=True)
    error = refused(errors.IdempotentCreationConflictError,
                    lambda: strict.payments.create(params=new, headers=key), "the same key, strictly")
    check(error.conflicting_resource_id, payment.id, "what the key has made")
    check(error.code, 409, "its code")

    # The answer is lost after the work is done: the client asks again with its key.
    provider.control("faults", faults=[{"kind": "cut_after", "method": "POST", "path": "/payments"}])
    kept = client.payments.create(params=new)
    check(len(client.payments.list().records), 2, "payments after a lost answer")

    check(client.payments.cancel(kept.id).status, "cancelled", "after cancel")
    refused(errors.InvalidStateError, lambda: client.payments.cancel(kept.id), "a second cancel")
    check(client.payments.update(payment.id, params={"metadata": {"loan": "8"}}).metadata, {"loan": "8"}, "metadata")

    client.scenario_simulators.run("payment_failed", params={"links": {"resource": payment.id}})
    check(client.payments.get(payment.id).status, "failed", "after the scenario")
    check(client.payments.retry(payment.id).status, "pending_submission", "after retry")
    error = refused(errors.InvalidStateError, lambda: client.payments.retry(payment.id), "a second retry")
    check(error.errors[0]["reason"], "retry_failed", "its reason")

    for params, field in [({"amount": 0}, "amount"), ({"charge_date": "2026-11-24"}, "charge_date")]:
        error = refused(errors.ValidationFailedError, lambda: client.payments.create(params={**new, **params}), field)
        check(error.errors[0]["field"], field, "the field")
    refused(errors.InvalidApiUsageError, lambda: client.payments.get("PM1"), "an unknown payment")
    provider.control("faults", faults=[{"kind": "rate_limit"}])
    refused(errors.RateLimitError, lambda: client.payments.get(payment.id), "a hasty request")
    provider.control("faults", faults=[{"kind": "error_before"}])
    refused(errors.GoCardlessInternalError, lambda: client.payments.get(payment.id), "a broken provider")
    bare = gocardless_pro.Client(access_token="other", base_url=provider.url)
    check(bare.payments.list().records, [], "another organisation's payments")
    return payment


def days(provider, payment):
    client = provider.client
    provider.control("clock", date="2026-12-04")
    paid = client.payments.get(payment.id)
    check(paid.status, "paid_out", "eleven days later")
    payout = client.payouts.get(paid.links.payout)
    check((payout.amount, payout.status, payout.arrival_date), (5000, "paid", "2026-11-30"), "its payout")
    items = client.payout_items.list(params={"payout": payout.id}).records
    check([(item.type, item.amount) for item in items], [("payment_paid_out", "5000.0")], "its items")
    found = client.bank_details_lookups.create(params={"account_number": "55779911", "branch_code": "200000",
                                                       "country_code": "GB"})
    check(found.available_debit_schemes, ["bacs"], "the schemes of an account")

    told = [event.action for event in client.events.all(params={"payment": payment.id, "limit": 2})]
    told.reverse()
    check(told, ["created", "submitted", "failed", "resubmission_requested", "submitted", "confirmed", "paid_out"],
          "the payment's events")
    events = list(client.events.all(params={"limit": 5}))
    check(len({event.id for event in events}), len(events), "events by pages")
    check(len(events) > 20, True, "many events")
    failed = client.events.list(params={"resource_type": "payments", "action": "failed"}).records[0]
    check((failed.details.cause, failed.details.will_attempt_retry), ("insufficient_funds", False), "the failure")
    check(failed.links.payment, payment.id, "its payment")


def page(provider):
    client = provider.client
    request = mandate_request(client)
    flow = client.billing_request_flows.create(params={
        "redirect_uri": "https://lender.example/done", "exit_uri": "https://lender.example/exit",
        "links": {"billing_request": request}})
    form = {**DETAILS["customer"], **DETAILS["customer_billing_detail"], **ACCOUNT}

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Stay)
    check("Direct Debit Guarantee" in opener.open(flow.authorisation_url).read().decode(), True, "the page")
    try:
        opener.open(flow.authorisation_url, data=urllib.parse.urlencode(form).encode())
        sys.exit("the page did not lead on")
    except urllib.error.HTTPError as answer:
        location = answer.headers["Location"]
    check(location.startswith("https://lender.example/done?outcome=success"), True, f"where it leads ({location})")
    check(client.billing_requests.get(request).status, "fulfilled", "after the page")


def webhook(provider):
    received = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Webhook-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provider.control("webhook", url=f"http://127.0.0.1:{server.server_port}/hook", secret=SECRET)
    mandate = new_mandate(provider.client)
    provider.control("deliver")
    server.shutdown()
    events = []
    for body, signature in received:
        result = webhooks.parse_with_meta(body, SECRET, signature)
        check(result.webhook_id.startswith("WB"), True, "the webhook's id")
        events += result.events
        refused(errors.InvalidSignatureError, lambda: webhooks.parse(body, "another secret", signature), "a wrong secret")
        refused(errors.InvalidSignatureError, lambda: webhooks.parse(body + b" ", SECRET, signature), "a changed body")
    created = [event for event in events if event.resource_type == "mandates"]
    check([(event.action, event.links.mandate) for event in created], [("created", mandate.id)], "the webhook's events")
    check(created[0].resource_metadata, {"end_user": "7"}, "the mandate's metadata")


def everything(client):
    lists = [client.payments, client.mandates, client.events, client.payouts, client.billing_requests]
    return [[thing.attributes for thing in kind.all(params={"limit": 500})] for kind in lists]


def kill(process, provider, mandate, journal):
    """Kills the provider while payments are asked for, and starts it again: what it answered is there, once."""
    answered = {}

    def ask():
        impatient = gocardless_pro.Client(access_token=provider.token, base_url=provider.url, timeout=2)
        for number in range(100_000):
            new = {"amount": 1, "currency": "GBP", "links": {"mandate": mandate.id}}
            try:
                answered[number] = impatient.payments.create(params=new, headers={"Idempotency-Key": f"kill {number}"}).id
            except Exception:
                return

    before = everything(provider.client)
    asking = threading.Thread(target=ask)
    asking.start()
    while len(answered) < 50:
        if not asking.is_alive():
            sys.exit("the provider did not answer")
    process.kill()
    process.wait()
    asking.join()
    process, url = start(journal)
    again = Provider(url, provider.token)
    after = everything(again.client)
    for kept, found in zip(before, after):
        check(found[len(found) - len(kept):], kept, "what was there before")
    found = {payment["id"] for payment in after[0]}
    check(len(found), len(after[0]), "payments once")
    check(set(answered.values()) <= found, True, "every payment that was answered")
    check(len(found) - len(before[0]) - len(answered) in (0, 1), True, "no more than the one that was under way")
    new = {"amount": 1, "currency": "GBP", "links": {"mandate": mandate.id}}
    same = again.client.payments.create(params=new, headers={"Idempotency-Key": "kill 7"})
    check(same.id, answered[7], "its key")
    return process


def main():
    folder = tempfile.TemporaryDirectory()
    journal = os.path.join(folder.name, "journal")
    process, url = start(journal)
    try:
        provider = Provider(url, "sandbox_token")
        provider.control("clock", date="2026-11-23")
        mandate = mandates(provider)
        payment = payments(provider, mandate)
        days(provider, payment)
        page(provider)
        webhook(provider)
        process = kill(process, provider, mandate, journal)
    finally:
        process.terminate()
        process.wait()
        folder.cleanup()
    print(f"gocardless_pro: {checks} answers of the simulated provider are as expected")


if __name__ == "__main__":
    main()
