"""`manage.py doctor`: is everything that this deployment needs there, and if not, what to do about it."""
