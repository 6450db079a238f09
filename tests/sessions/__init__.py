"""Sessions with forged packets, and what must be said of the genuine ones all the same.

SPDX-License-Identifier: GPL-2.0-or-later
"""
