"""Verifies webhook deliveries with the official library of Standard Webhooks (PyPI: standardwebhooks).

Reads JSON lines {"secret", "headers", "body"} from standard input and prints one line for each:
"ok", or why it was refused. Exits 1 when one was refused.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def main() -> int:
    refused = 0
    for line in sys.stdin:
        delivery = json.loads(line)
        try:
            Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
            print("ok")
        except WebhookVerificationError as error:
            refused += 1
            print(f"refused: {error}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
