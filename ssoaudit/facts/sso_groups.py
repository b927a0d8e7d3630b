"""Which accounts SSODB names as SSO Administrators and SSO Affiliate Administrators."""

from ssoaudit.facts.global_info import NOT_CONFIGURED, GlobalInfo


def accounts_in(column: str) -> tuple[str, ...]:
    """The accounts in a group column of SSODB, which separates them with semicolons; none if it is not configured."""
    names = tuple(part.strip() for part in column.split(";") if part.strip())
    return () if NOT_CONFIGURED in names else names


def sso_administrators(info: GlobalInfo) -> tuple[str, ...]:
    """The accounts that SSODB has as SSO Administrators; none where it is not configured, or has not one row."""
    return accounts_in(info.rows[0].gi_SSOAdminGroup) if len(info.rows) == 1 else ()


def affiliate_administrators(info: GlobalInfo) -> tuple[str, ...]:
    """The accounts that SSODB has as SSO Affiliate Administrators; none as above."""
    return accounts_in(info.rows[0].gi_AffiliateAppMgrGroup) if len(info.rows) == 1 else ()
