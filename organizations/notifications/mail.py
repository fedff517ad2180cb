"""Mail to people, for everything above `accounts`: the same function, by the name that these apps know."""

from accounts.mail import send

__all__ = ["send"]
