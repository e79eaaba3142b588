"""Write one reply: `python example.py https://your.server you@example.org`."""

import sys

from oasst_client import sign_in
from oasst_client.api.tasks import answer_task, claim_task
from oasst_client.models import ClaimOrder, TextAnswer

with sign_in(sys.argv[1], email=sys.argv[2], code=lambda: input("The code we sent you: ")) as client:
    task = claim_task.sync(client=client, body=ClaimOrder(kind="assistant_reply"))
    print(*(f"{turn.role}: {turn.text}" for turn in task.conversation), sep="\n\n")
    receipt = answer_task.sync(task.id, client=client, body=TextAnswer(text=input("Your reply: ")))
    print(f"Thank you. It is stored as message {receipt.message_id}.")
