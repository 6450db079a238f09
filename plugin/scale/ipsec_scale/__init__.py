"""ipsec-scale judges many captures on many processors or machines as if they were read by one tshark.

SPDX-License-Identifier: GPL-2.0-or-later
"""
