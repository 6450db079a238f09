"""What Wireshark's window shows with the plugin and the profile "IPsec".

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import time
from pathlib import Path

import pytest

from desktop import PAUSE, SCREEN, Area, find, read, until

BUTTONS = Area(SCREEN[0] // 2, 32, SCREEN[0] // 2, 60)
LIST = Area(SCREEN[0] - 60, 250, 0, 86, rows=True)
STATUS = Area(SCREEN[0], 30, 0, SCREEN[1] - 30)
TREE = Area(760, 370, 0, 460)

COLOUR = re.compile(r"^@IPsec (\w+)@.*@\[(\d+),(\d+),(\d+)\]\[.*\]$", re.MULTILINE)
BAD_ROW = '"ESP","*","198.18.0.1","0xc000a001","AES_GCM_16","8d3c","NONE","","no","tunnel"\n'


def colours_of_rules():
    rules = COLOUR.findall((Path(os.environ["IPSEC_PROFILE"]) / "colorfilters").read_text())
    return {name: "#{:02X}{:02X}{:02X}".format(*(int(part) // 257 for part in parts)) for name, *parts in rules}


# --- without keys -------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def faults(opened):
    return opened("faults")


def test_packet_list(faults):
    """The columns of the profile, and their content for a packet; Info begins with the gravest finding."""
    faults.await_text(faults.main, "Verdict Finding SPI Seq Lag SA Windows Linux counter Info",
                      "198.18.0.7 ESP drop esp.alignment .xc0000007 1 .*13914 .ESP length is not a multiple", area=LIST)


def test_tree(faults, desktop):
    """The tree of the seventh packet."""
    faults.click(faults.main, ".*6.000000", area=LIST)
    faults.click(faults.main, "Encapsulating Security Payload", area=TREE)
    faults.press(faults.main, "shift+Right")
    faults.await_text(faults.main, "IPsec analysis: drop, ESP length is not a multiple of 4 octets .13914",
                      "Advice: Compare the packet length", "Systems", area=TREE)
    desktop.picture(faults.main, "window")


def test_preferences(faults):
    """Opened from the context menu of one of the plugin's items."""
    dialog = faults.menu(r"\[?IPsec analysis.*", "Protocol Preferences", "Open IPsec Analysis preferences.*",
                         area=TREE, button=3)
    faults.await_text(dialog, "Receiver", "Replay window", "Duplicate capture threshold", "IPsec SAs Edit",
                      "Saved dump of SAs", "Treat the key tables as complete")
    faults.close_window(dialog)


def choose(window, dialog, name):
    """Chooses in the last column of the first row of Decode As. A double click opens the list if the row was selected;
    otherwise one more click does."""
    desktop, words = window.desktop, window.desktop.words(dialog)
    column, row = find(words, "Current")[0], find(words, r".*\(?analysis\)")[1]
    known, end = desktop.windows(), time.monotonic() + 2
    desktop.click(dialog, column, row, "--repeat", 2, "--delay", 80)
    while desktop.windows() == known and time.monotonic() < end:
        time.sleep(PAUSE)
    if desktop.windows() == known:
        desktop.click(dialog, column, row)
    choices = until(lambda: next((window for window in desktop.windows() if window not in known), None), "choices")
    window.click(choices, name)
    window.press(dialog, "Return", "Return")    # ends editing, and the dialog


def test_decode_as(faults):
    """The dialog shows the wrapper; the user's choice takes effect, and the stock dissector is wrapped again."""
    dialog = faults.menu(".*6.000000", "Decode As.*", area=LIST, button=3)
    faults.click(dialog, "Default")
    faults.await_text(dialog, r"IP protocol 50 Integer, base 10 ESP \(analysis\) ESP \(analysis\)")
    choose(faults, dialog, "Data")
    faults.await_text(faults.main, "198.18.0.7 IPv4", area=LIST)
    dialog = faults.opened_by(lambda: faults.press(faults.main, "ctrl+shift+u"))
    faults.await_text(dialog, r"IP protocol 50 Integer, base 10 ESP \(analysis\) Data")
    choose(faults, dialog, "ESP")
    faults.await_text(faults.main, "198.18.0.7 ESP drop esp.alignment", area=LIST)


def test_expert_information(faults, desktop):
    faults.filter("ipsec")
    dialog = faults.menu("Analyze", "Expert Information")
    faults.await_text(dialog, "^.* Error ESP length is not a multiple of 4 octets Malformed IPsec 5")
    desktop.picture(dialog, "expert")
    faults.close_window(dialog)


def test_conversations(faults, desktop):
    dialog = faults.menu("Statistics", "Conversations")
    faults.await_text(dialog, "IPsec .* IPv4", "198.18.0.7")
    desktop.picture(dialog, "conversations")
    faults.close_window(dialog)


# --- sequence numbers ---------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def sequence(opened, faults):
    return opened("faults_sequence")


def test_filter_buttons(sequence):
    """Each filter has a button; "This SA" uses the SA of the selected packet."""
    sequence.await_text(sequence.main, "Drops Suspicious Replays Bad ICV Unchecked 13914 This SA IKE errors",
                        area=BUTTONS)
    sequence.click(sequence.main, "Replays", area=BUTTONS)
    sequence.await_text(sequence.main, "1.060000 192.0.2.161 .* replay.dup", "4.063000 192.0.2.161 .* replay.dup", area=LIST)
    sequence.click(sequence.main, ".*7.129000", area=LIST)
    sequence.click(sequence.main, "This SA", area=BUTTONS)
    sequence.await_text(sequence.main, "6.069000 192.0.2.162 .* plausible", area=LIST)
    sequence.await_text(sequence.main, "Displayed: 11 ", area=STATUS)


def test_io_graphs(sequence, desktop):
    dialog = sequence.menu("Statistics", "[I1l]/O Graphs")
    sequence.await_text(dialog, "Suspicious", "Late packets", "Skipped sequence numbers", "Longest lag")
    desktop.picture(dialog, "io_graphs")
    sequence.close_window(dialog)


def test_summary(sequence, desktop):
    menu = sequence.menu("Statistics", "^IPsec[^S]{0,2}")
    dialog = sequence.opened_by(lambda: sequence.click(menu, "Summary.*"))
    desktop.resize(dialog, 900, 760)
    sequence.await_text(dialog, "Headers 1289", "drop 55", "replay.duplicate 33", "Reported by systems",
                        "esps_replay 68")
    desktop.picture(dialog, "summary")
    sequence.close_window(dialog)


def test_sas(sequence, desktop):
    dialog = sequence.menu("Statistics", "IPsec SAs")
    desktop.resize(dialog, SCREEN[0], 500)
    sequence.await_text(dialog, "SA .*Protocol Source Destination SPI Encapsulation First frame",
                        "5 ESP 192.0.2.166 198.18.160.5 .xc.00a005 none 161 264")
    desktop.picture(dialog, "sas")
    sequence.close_window(dialog)


def apply_filter(desktop, window, text):
    """Applies a filter in a window of statistics until a single row is left: the button "Apply" only works once the
    filter has been checked."""
    _, row = until(lambda: find(desktop.words(window), "Display filter.*"), "the filter")
    desktop.click(window, SCREEN[0] // 2, row)
    desktop.run("xdotool", "type", text)
    until(lambda: sum("192.0.2." in line for line in read(desktop.words(window))) == 1 or
          desktop.click(window, SCREEN[0] - 60, row), "a single row")


def test_two_windows_of_sas(sequence, desktop):
    """Each window has its own filter; both keep their rows when the file is read again, closed, and another one is
    opened."""
    windows = []
    for top in (580, 300):
        windows.append(sequence.menu("Statistics", "IPsec SAs"))
        desktop.run("xdotool", "windowsize", windows[-1], SCREEN[0], 270, "windowmove", windows[-1], 0, top)
    every, one = windows
    apply_filter(desktop, one, "ipsec.sa in {5}")

    def check():
        sequence.await_text(one, "^5 ESP 192.0.2.166 198.18.160.5")
        sequence.await_text(every, "^1 AH 192.0.2.162", "^5 ESP 192.0.2.166")

    check()
    for keys, title in (("ctrl+r", "faults_sequence.pcap"), ("ctrl+w", "The Wireshark Network Analyzer")):
        sequence.press(sequence.main, keys)
        sequence.await_title(title)
        until(lambda: desktop.window_named("Wireshark · IPsec SAs · [no capture file]"), "windows of no file")
        check()
    dialog = sequence.opened_by(lambda: sequence.press(sequence.main, "ctrl+o"))
    sequence.await_text(dialog, "Files of type")
    desktop.run("xdotool", "type", desktop.root / "captures" / "faults.pcap")
    sequence.press(dialog, "Return")
    sequence.await_title("faults.pcap")
    check()
    for window in windows:
        sequence.close_window(window)


# --- with keys ----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def keyed(opened, desktop, sequence):
    """One row of the table is unusable; a saved dump has the keys."""
    (desktop.configuration / "profiles" / "IPsec" / "ipsec_sa").write_text(BAD_ROW)
    return opened("opening", "-o", f"ipsec.sa_file:{desktop.root}/captures/opening.xfrm-state.txt")


def test_bad_row_of_the_table(keyed, desktop):
    """A message names row and column, and the table's editor shows the row."""
    message = until(lambda: desktop.window_named("Wireshark"), "a message")
    keyed.await_text(message, "cannot use 1 of 1 rows of the table ipsec_sa", "row 1, column encryption_key",
                     "not 2")
    keyed.press(message, "Return")
    until(lambda: not desktop.window_named("Wireshark"), "the end of the message")
    keyed.click(keyed.main, "Encapsulating Security Payload", area=TREE)
    keyed.press(keyed.main, "shift+Right")
    editor = keyed.menu(r"\[?IPsec analysis.*", "Protocol Preferences", r"IPsec SAs.*", area=TREE, button=3)
    keyed.await_text(editor, "Protocol Source Destination SPI Encryption",
                     "ESP .* 198.18.0.1 .xc000a001 AES_GCM_16 8d3c")
    keyed.close_window(editor)


def test_colours(keyed, desktop):
    """Every rule of the profile colours at least one row."""
    keyed.filter("frame.number in {20..26,40..44}")
    keyed.await_text(keyed.main, "suspicious key.wrong", "unchecked capture.cry", "verified", "drop esp.no",
                     area=LIST)
    seen = desktop.colours(keyed.main, LIST)
    rules = colours_of_rules()
    assert set(rules) == {"drop", "suspicious", "unchecked", "verified"}
    assert [name for name, colour in rules.items() if seen.get(colour, 0) < 10 * LIST.width] == []
    desktop.picture(keyed.main, "colours")
