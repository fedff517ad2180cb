"""People, and the mail that waits for them."""

from accounts.models.mails import OutgoingMail
from accounts.models.users import User, UserManager

__all__ = ["OutgoingMail", "User", "UserManager"]
