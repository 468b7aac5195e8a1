"""`python -m burnish` is the command `burnish`."""

from burnish._commands import burnish

burnish()
