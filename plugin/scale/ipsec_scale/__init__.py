"""ipsec-scale: many captures, judged on many processors or machines as if by one tshark.

SPDX-License-Identifier: GPL-2.0-or-later
"""
