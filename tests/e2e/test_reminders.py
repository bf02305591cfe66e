"""From "remind me" to the mail, the inbox and the webhook: once each, and soon."""

from datetime import datetime

import pytest
from standardwebhooks.webhooks import Webhook

from tests.household import household, soon
from tests.log import until

pytestmark = pytest.mark.anyio

ALL = ("project", "schedule", "work")


async def test_a_reminder_reaches_mail_inbox_and_webhook_once_each(
    database_url: str, redis_url: str
) -> None:
    async with household(database_url, redis_url, *ALL) as house:
        ada = await house.with_mail("ada")
        hook = await ada.ask("POST", "/me/webhooks", {"url": house.hook.url("/told")})
        assert hook.status_code == 201, hook.text
        task = await ada.task("Water the plants", due_at=soon(3600))
        ring = await ada.ask("POST", f"/tasks/{task['id']}/reminders", {"at": soon(1)})
        assert ring.status_code == 201, ring.text

        letter = await house.letter(lambda mail: "Water the plants" in mail.mail["Subject"])
        late = datetime.fromisoformat(letter.mail["Date"].datetime.isoformat())
        assert letter.to == ("ada@annals.example",)
        assert letter.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

        async def hooked() -> bool:
            return bool(house.hook.requests)

        await until(hooked)
        [told] = house.hook.requests
        said = Webhook(hook.json()["secret"]).verify(told.body, told.headers)
        assert said["data"]["title"] == "Water the plants"

        inbox = (await ada.get("/inbox")).json()
        assert [entry["title"] for entry in inbox["items"]] == ["Water the plants"]
        assert inbox["unread"] == 1

        chain = (await ada.get(f"/reminders/{ring.json()['id']}/why")).json()
        events = [step["event"] for step in chain["steps"]]
        assert events[:2] == ["reminder.set", "reminder.triggered"]
        assert events.count("notification.requested") == 3
        assert events.count("notification.sent") == 2
        due_at = datetime.fromisoformat(ring.json()["due_at"])
        assert (late - due_at).total_seconds() < 3
