"""Messages for the user, on standard error.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys


def say(text):
    print(f"ipsec-scale: {text}", file=sys.stderr, flush=True)
