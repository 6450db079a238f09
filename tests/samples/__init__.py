"""The crafted sample captures: packets, and what each must show.

SPDX-License-Identifier: GPL-2.0-or-later
"""
