"""The entrance: everything that the pages and routes of signing in call, wired once at start."""

from dataclasses import dataclass

from auth.audit import Audit
from auth.callers import Callers
from auth.credentials import Credentials
from auth.identity.flow import SignInFlow
from auth.linking import Linking
from auth.passkeys import Passkeys
from auth.password_sign_in import PasswordSignIn
from auth.phone_change import PhoneChange
from auth.server.server import AuthorizationServer
from auth.sessions import Sessions
from auth.sign_out import SignOut
from auth.sms_credentials import SmsCredentials
from auth.step_up import StepUp
from connectors.store.audit import AuditRows
from connectors.store.grants import GrantRows
from gateway.webhooks import SmsWebhooks
from schema.profile import UtilityProfile


@dataclass(frozen=True, slots=True)
class Entrance:
    """Found by routes in `request.state.entrance`; lives as long as the process.

    `sms` and `webhooks` are None where no gateway is set up, `passkeys` where the public address is no name.
    """

    profile: UtilityProfile
    callers: Callers
    flow: SignInFlow
    sessions: Sessions
    sign_out: SignOut
    step_up: StepUp
    credentials: Credentials
    phone_change: PhoneChange | None
    by_password: PasswordSignIn
    linking: Linking
    audit: Audit
    trail: AuditRows
    grants: GrantRows
    server: AuthorizationServer
    sms: SmsCredentials | None
    webhooks: SmsWebhooks | None
    passkeys: Passkeys | None
