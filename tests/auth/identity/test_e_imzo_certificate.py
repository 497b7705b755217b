"""Reading the signer's certificate: what is asked of it, what it may lack, and that nothing else comes out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auth.identity.e_imzo_certificate import CHIPS, PINFL, TIN, SignerCertificate, read_certificate
from auth.identity.e_imzo_statuses import AUTH, CHALLENGE, MOBILE_BACKEND, MOBILE_FRONTEND, check_status
from auth.identity.port import Identity, Organisation, ProviderUnavailable, SignInRefused
from schema.authentication import Amr
from tests.auth.identity.e_imzo_desk import settings

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
NUMBER = "30000000000000"


def info(*, subject: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON
    """Return the vendor's own example, with changes; None leaves a field out."""
    name = {"CN": "IVANOV IVAN IVANOVICH", "Name": "IVAN", "SURNAME": "IVANOV", "UID": "400000000", PINFL: NUMBER}
    fields = {
        "serialNumber": "7700000",
        "subjectName": present({**name, **(subject or {})}),
        "validFrom": "2025-09-16 12:21:38",
        "validTo": "2027-09-16 23:59:59",
    }
    return present({**fields, **changes})


def present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def vouched(certificate: SignerCertificate, now: datetime = NOW, **changes: Any) -> Identity:  # noqa: ANN401 -- any setting
    return certificate.vouch(settings(**changes), now, method="pkcs7", key=Amr.SOFTWARE_KEY)


def test_vendor_s_example_is_read() -> None:
    assert read_certificate(info()) == SignerCertificate(
        pinfl=NUMBER,
        full_name="IVANOV IVAN IVANOVICH",
        organisation=None,
        valid_from=datetime(2025, 9, 16, 12, 21, 38, tzinfo=UTC),
        valid_to=datetime(2027, 9, 16, 23, 59, 59, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "pinfl", [None, "", "  ", "3000000000000", "300000000000000", "3000000000000A", "\uff13" * 14, 3]
)
def test_certificate_of_nobody_is_refused(pinfl: object) -> None:
    with pytest.raises(SignInRefused) as raised:
        read_certificate(info(subject={PINFL: pinfl}))
    assert raised.value.reason == "EIMZO_PINFL_MISSING"


def test_organisation_is_decided_by_its_number() -> None:
    named_only = read_certificate(info(subject={"O": "Enterprise 1"}))
    whole = read_certificate(info(subject={"O": "Enterprise 1", TIN: "300000001"}))
    nameless = read_certificate(info(subject={TIN: "300000001"}))
    assert named_only.organisation is None
    assert whole.organisation == Organisation("300000001", "Enterprise 1", is_primary=True)
    assert nameless.organisation == Organisation("300000001", "300000001", is_primary=True)
    assert whole.full_name == "IVANOV IVAN IVANOVICH"


@pytest.mark.parametrize("tin", ["12345678", "1234567890", "NONE"])
def test_organisation_by_what_is_no_number_is_refused(tin: str) -> None:
    with pytest.raises(SignInRefused) as raised:
        read_certificate(info(subject={TIN: tin}))
    assert raised.value.reason == "EIMZO_TIN_UNREADABLE"


@pytest.mark.parametrize("tin", ["", "  "])
def test_blank_number_is_no_organisation(tin: str) -> None:
    assert read_certificate(info(subject={TIN: tin})).organisation is None


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        info(subjectName=[]),
        info(subjectName=None),
        info(validFrom=None),
        info(validTo=None),
        info(validTo=1_700_000_000),
        info(validTo="16.09.2027"),
        info(validTo="2027-13-16 23:59:59"),
    ],
    ids=range(9),
)
def test_what_is_no_certificate_is_unreadable(given: object) -> None:
    with pytest.raises(ProviderUnavailable) as raised:
        read_certificate(given)
    assert raised.value.reason == "EIMZO_ANSWER_UNREADABLE"


@pytest.mark.parametrize("chip", sorted(CHIPS))
def test_parameter_set_tells_a_chip(chip: str) -> None:
    certificate = read_certificate(info(publicKeyParameter={"keyAlgName": "OZDST-1092-2009-2", "paramSetOID": chip}))
    assert (vouched(certificate).amr, vouched(certificate).method) == (("hwk",), chip)


@pytest.mark.parametrize("file", ["1.2.860.3.15.1.1.2.1.1", "1.2.860.3.15.2.1.2.1.1", "1.2.860.9"])
def test_any_other_parameter_set_is_a_file_s_even_on_a_phone(file: str) -> None:
    certificate = read_certificate(info(publicKeyParameter={"paramSetOID": file}))
    identity = certificate.vouch(settings(), NOW, method="mobile", key=Amr.HARDWARE_KEY)
    assert (identity.amr, identity.method) == (("swk",), file)


@pytest.mark.parametrize("parameter", [None, "1.2", {}, {"paramSetOID": 3}, {"paramSetOID": "<script>"}])
def test_unreadable_parameter_set_is_none(parameter: object) -> None:
    assert read_certificate(info(publicKeyParameter=parameter)).parameter_set is None


def test_validity_is_judged_with_a_day_s_slack_because_no_zone_is_told() -> None:
    certificate = read_certificate(info())
    day, second = timedelta(days=1), timedelta(seconds=1)
    assert vouched(certificate, certificate.valid_from - day).subject == NUMBER
    assert vouched(certificate, certificate.valid_to + day).subject == NUMBER
    with pytest.raises(SignInRefused, match="EIMZO_CERTIFICATE_NOT_YET_VALID"):
        vouched(certificate, certificate.valid_from - day - second)
    with pytest.raises(SignInRefused, match="EIMZO_CERTIFICATE_EXPIRED"):
        vouched(certificate, certificate.valid_to + day + second)
    with pytest.raises(SignInRefused, match="EIMZO_CERTIFICATE_EXPIRED"):
        vouched(certificate, certificate.valid_to + second, slack=timedelta(0))


def test_dates_at_the_ends_of_time_are_dates() -> None:
    certificate = read_certificate(info(validFrom="0001-01-01 00:00:00", validTo="9999-12-31 23:59:59"))
    assert vouched(certificate).subject == NUMBER


def test_issuer_is_the_one_that_was_settled() -> None:
    assert vouched(read_certificate(info()), issuer="urn:example").issuer == "urn:example"


def test_nothing_personal_shows_in_a_repr() -> None:
    certificate = read_certificate(info(subject={TIN: "300000001", "O": "Enterprise 1"}))
    assert not any(each in repr(certificate) for each in (NUMBER, "IVANOV", "Enterprise"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([PINFL, TIN, "CN", "O"]), inner),
    max_leaves=12,
)
FIELDS = ("serialNumber", "subjectName", "validFrom", "validTo", "publicKeyParameter")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.dictionaries(st.sampled_from([PINFL, TIN, "CN", "O"]), JSON))
@example({}, {})
def test_any_json_is_a_certificate_or_refused(changes: dict[str, Any], subject: dict[str, Any]) -> None:
    try:
        certificate = read_certificate({**info(subject=subject), **changes})
    except (SignInRefused, ProviderUnavailable) as error:
        assert error.reason.startswith("EIMZO_")  # noqa: PT017 -- either outcome is right
        return
    assert len(certificate.pinfl) == 14
    assert certificate.pinfl.isascii()
    assert certificate.pinfl.isdigit()


@given(JSON, st.sampled_from([AUTH, CHALLENGE, MOBILE_BACKEND, MOBILE_FRONTEND]))
@example(status=1.0, table=AUTH)
@example(status=True, table=AUTH)
@example(status="1", table=AUTH)
def test_no_status_but_one_passes(status: object, table: Any) -> None:  # noqa: ANN401 -- any of the tables
    if status == 1 and type(status) is int:
        check_status(status, table)
        return
    with pytest.raises((SignInRefused, ProviderUnavailable)):
        check_status(status, table)
