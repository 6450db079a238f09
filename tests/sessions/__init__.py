"""Sessions with forged packets, and what must nevertheless be said about the genuine ones.

SPDX-License-Identifier: GPL-2.0-or-later
"""
