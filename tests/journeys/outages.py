"""Outages: legacy systems and providers fail in every way while somebody is on their way through."""

from tests.journeys.careless import CARD
from tests.journeys.guests import query_of, signed_challenge, until, vouched
from tests.journeys.stories import Story


def of_systems(story: Story) -> None:
    """Ask for accounts under names that hold their numbers, while the systems behind fail in every way."""
    demo, user = story.demo, story.demo.user(1)
    number, token = user["accounts"][0], demo.sign_in(1)
    story.hides("access token", token)
    fields = "balance { amount } holder { lastName } meters { id } payments(first: 1) { nodes { id } }"
    query = f'{{ of_{number}: account(number: "{number}") {{ number b{number}: balance {{ amount }} {fields} }} }}'
    for manners in ({"error_rate": 1.0}, {"malformed": True}, {"truncate": True}, {"fault_in_200": True}):
        for system in ("billing", "distribution", "supply"):
            if system != "supply" or "fault_in_200" not in manners:
                demo.disturb(system, **manners)
                story.guest().asks(query, authorization=f"Bearer {token}")
        demo.calm()


def of_providers(story: Story, way: str, method: str, system: str, quirks: list[dict[str, object]]) -> None:
    """Come back from a provider that fails in every way."""
    for each in quirks:
        guest = story.guest()
        back = vouched(story.demo, guest, way, method, "person9")
        story.hides("provider's code", query_of(back)["code"])
        with story.disturbed(system, each):
            guest.get(back)


def of_signatures(story: Story, quirks: list[dict[str, object]]) -> None:
    """Sign while E-IMZO's server fails in every way."""
    for each in quirks:
        guest = story.guest()
        form = signed_challenge(guest.get("/sign-in/e-imzo"), 9)
        with story.disturbed("e_imzo", each):
            guest.post("/sign-in/e-imzo/callback", form)


def of_messages(story: Story) -> None:
    """Ask for one-time passwords while the gateway of messages fails."""
    phone, quirks = story.people[8].phone, ({"outage": True}, {"malformed": True})
    for quirk in quirks:
        with story.disturbed("sms", dict(quirk)):
            story.guest().post("/sign-in/sms/forgotten", {"login": phone})
            for text in ("P", f"P {CARD}"):
                sent = {"phone": phone, "text": text}
                story.demo.client.post(f"{story.demo.facts['phones_url']}/phone", json=sent).raise_for_status()
            until(lambda: [line for line in story.messages() if "sms_not_sent" in line])
