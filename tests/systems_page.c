/* Writes the page "your system says this: use that filter", as Markdown, to stdout: what the core knows about each
 * stack, and what systems_data.c adds. Fails if the latter names a report that the core no longer has.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "systems_data.h"

#include "ipsec.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stack with its field and its notes. Those of stacks that were tested list every counter, even if no packet
 * shows it. */
typedef struct {
    ipsec_stack stack;
    const char *field;
    const report_note *notes;
    bool lists_all;
} page_stack;

static const page_stack on_linux = {IPSEC_STACK_LINUX, "ipsec.linux.counter", linux_notes, true};
static const page_stack on_freebsd = {IPSEC_STACK_FREEBSD, "ipsec.freebsd.counter", freebsd_notes, true};
static const page_stack on_openbsd = {IPSEC_STACK_OPENBSD, "ipsec.openbsd.counter", openbsd_notes, false};
static const page_stack on_vpp = {IPSEC_STACK_VPP, "ipsec.vpp.counter", vpp_notes, true};
static const page_stack on_strongswan = {IPSEC_STACK_STRONGSWAN, "ipsec.strongswan.log", strongswan_notes, false};

static void print_head(const char *title, const char *text, const char *says)
{
    printf("\n## %s\n\n%s\n\n| %s | filter | what it means | what to check first |\n|---|---|---|---|\n", title, text,
           says);
}

static void print_lines(const page_line *lines)
{
    for (; lines->says; lines++)
        printf("| %s | %s | %s | %s |\n", lines->says, lines->filter, lines->means, lines->check);
}

/* A link to the finding on the page of all checks; anchors have no dots. */
static void print_link(ipsec_finding_id id)
{
    const char *name = ipsec_catalogue(id)->id;

    printf("[%s](CHECKS.md#", name);
    for (; *name; name++)
        if (*name != '.')
            putchar(*name);
    putchar(')');
}

/* Whether the mapping of a finding to Windows' codes is inferred. The window is assumed to refuse the number, which
 * matters for rows on numbers. */
static bool is_inferred(ipsec_finding_id id)
{
    const bool other_high = id == IPSEC_FINDING_ESN_WRONG_HIGH;
    const ipsec_report as_esp = {
        .header = {.protocol = IPSEC_PROTOCOL_ESP},
        .number = {.seen_by = other_high ? 0 : IPSEC_STACKS_ALL, .wrong_by = other_high ? IPSEC_STACKS_ALL : 0}};

    return ipsec_receiver_row(IPSEC_STACK_WINDOWS, &as_esp, id)->inferred;
}

static bool is_published(ipsec_finding_id id)
{
    return !is_inferred(id);
}

/* Prints the findings that cause a report; only those for which `is_one` is true, unless it is NULL. */
static void print_findings(ipsec_stack stack, const char *text, bool (*is_one)(ipsec_finding_id id), const char *before)
{
    const char *after = "";

    for (unsigned id = 0; id < IPSEC_FINDING_COUNT; id++) {
        const ipsec_finding_id finding = (ipsec_finding_id)id;

        if (ipsec_stack_says(stack, finding, text) == IPSEC_DECISION_PASSES || (is_one && !is_one(finding)))
            continue;
        printf("%s", before);
        print_link(finding);
        before = ", ";
        after = ".";
    }
    printf("%s", after);
}

static bool is_reported(ipsec_stack stack, const char *text)
{
    const char *known;

    for (unsigned i = 0; (known = ipsec_stack_message(stack, i)); i++)
        if (strcmp(known, text) == 0)
            return true;
    return false;
}

static const report_note *note_on(const report_note *notes, const char *text)
{
    for (; notes->report; notes++)
        if (strcmp(notes->report, text) == 0)
            return notes;
    return NULL;
}

/* --- a stack, by its counters or texts -------------------------------------------------------------------- */

static void print_note(const page_stack *page, const report_note *note)
{
    const bool reported = is_reported(page->stack, note->report);

    if (!reported && !page->lists_all) {
        fprintf(stderr, "%s: nothing is reported as \"%s\" any more; see systems_data.c\n", page->field, note->report);
        exit(EXIT_FAILURE);
    }
    printf("| `%s`%s%s | ", note->report, note->shown ? ": " : "", note->shown ? note->shown : "");
    if (reported)
        printf("`%s == \"%s\"` | %s", page->field, note->report, note->means);
    else
        printf("- | %s The plugin does not show this.", note->means);
    print_findings(page->stack, note->report, NULL, " From: ");
    printf(" | %s |\n", note->check);
}

static void print_stack(const page_stack *page)
{
    const char *text;

    for (const report_note *note = page->notes; note->report; note++)
        print_note(page, note);
    for (unsigned i = 0; (text = ipsec_stack_message(page->stack, i)); i++) {
        if (note_on(page->notes, text))
            continue;
        printf("| `%s` | `%s == \"%s\"` |", text, page->field, text);
        print_findings(page->stack, text, NULL, " From: ");
        puts(" | The advice for the finding. |");
    }
}

/* --- Windows ------------------------------------------------------------------------------------------------ */

/* As Windows' own tools print it: a signed number. */
static int32_t signed_status(uint32_t status)
{
    return (int32_t)status;
}

static void print_windows_error(const ipsec_windows_error *row)
{
    char text[12];
    const report_note *note;

    snprintf(text, sizeof text, "%" PRIu32, row->error);
    note = note_on(windows_notes, text);
    printf("| %s (0x%" PRIX32 ") `%s`, `%s` 0x%" PRIX32 ", %" PRId32 " | ", text, row->error, row->name,
           row->status_name, row->status, signed_status(row->status));
    if (is_reported(IPSEC_STACK_WINDOWS, text))
        printf("`ipsec.windows.error == %s`, `ipsec.windows.status == 0x%" PRIx32 "`", text, row->status);
    for (const windows_elsewhere *other = elsewhere; other->error; other++)
        if (other->error == row->error)
            printf("`%s`", other->filter);
    printf(" | %s", note->means);
    print_findings(IPSEC_STACK_WINDOWS, text, is_published, " From: ");
    print_findings(IPSEC_STACK_WINDOWS, text, is_inferred, " Consistent with: ");
    printf(" | %s |\n", note->check);
}

static void print_dosp_error(const dosp_error *row)
{
    printf("| %" PRIu32 " (0x%" PRIX32 ") `ERROR_IPSEC_DOSP_%s`", row->error, row->error, row->name);
    if (row->status)
        printf(", 0x%" PRIX32 ", %" PRId32, row->status, signed_status(row->status));
    if (row->filter)
        printf(" | `%s`", row->filter);
    else
        printf(" | -");
    printf(" | %s | %s |\n", row->means, row->check);
}

static void print_windows(void)
{
    const ipsec_windows_error *row;

    print_head(
        "13914, step by step",
        "`ERROR_IPSEC_INVALID_PACKET`, `STATUS_IPSEC_INVALID_PACKET`, 0xC0360005, as a signed number -1070202875: "
        "\"IPsec header and/or trailer in the packet is invalid\". Start with `ipsec.windows.error == 13914`. If it "
        "finds the packet, read its advice. If not, go through the steps below, in this order; the advice always ends "
        "with the name of its step. [13927](#windows-dos-protection) is often "
        "confused "
        "with 13914. A retransmission helps if the path damaged the packet, not if the sender built it incorrectly.",
        "step");
    print_lines(steps_of_13914);
    print_head(
        "Windows: error codes",
        "Found in event 1003 of Microsoft-Windows-WFP, or with `netsh wfp show netevents`, which writes "
        "`netevents.xml`. In its event `IPSEC_KERNEL_DROP`, failureStatus seems to be the NTSTATUS, which tools print "
        "as a signed number. The event has SPI, addresses and time: `ipsec.spi == 0xc0000007 and ipsec.verdict >= 3` "
        "shows the packet. Which octets make Windows report which code is not published; what is inferred is marked "
        "\"consistent with\". The NTSTATUS of 13918 is unconfirmed.",
        "it says");
    for (unsigned i = 0; (row = ipsec_windows_error_row(i)); i++)
        print_windows_error(row);
    print_head("Windows: DoS Protection",
               "This is not the receiver's IPsec but the gateway's protection in front of it. It has its own event, "
               "`IPSEC_DOSP_DROP`. No packet shows for certain what it does; the filters show where to look. The "
               "NTSTATUS values are unconfirmed.",
               "it says");
    for (const dosp_error *error = dosp_errors; error->error; error++)
        print_dosp_error(error);
    print_head(
        "Windows: audit events",
        "Security log; off by default. Turn on the events for dropped packets (4960 to 4965) with `auditpol /set "
        "/subcategory:\"IPsec Driver\" /success:enable /failure:enable`, and failed negotiations with the "
        "subcategories \"IPsec Main Mode\", \"IPsec Quick Mode\" and \"IPsec Extended Mode\". If Windows is not "
        "in English, use the GUID in place of the name: `{0CCE9213-69AE-11D9-BED3-505054503030}`, with 9218, "
        "9219 and 921A in place of 9213 for the other three. There is no event for 13911, 13912 or 13914.",
        "it says");
    print_lines(windows_events);
    print_head("Windows: performance counters and WFP statistics",
               "Counter set \"IPsec Driver\" of the performance monitor (each also as \"/sec\"), and the fields of "
               "`IPSEC_AGGREGATE_DROP_PACKET_STATISTICS1`. Which counter goes with which code is inferred.",
               "it counts");
    print_lines(windows_counters);
}

/* --- the page ------------------------------------------------------------------------------------------------ */

static void print_intro(void)
{
    puts("# Your system says ...\n\n"
         "Generated from the catalogue by `cmake --build build --target systems_page`; do not edit.\n\n"
         "**How to use this page.** Capture whole packets at the receiver, and open the capture with the plugin. Find "
         "below what your system says, enter the filter in Wireshark or `tshark -Y`, and read the advice of the packet "
         "it shows.\n\n"
         "- If a filter finds nothing, see [Nothing found?](USING.md#nothing-found) ICVs and encrypted parts can be "
         "judged only with [keys](USING.md#keys), which Windows does not give out.\n"
         "- A system reports only the first check that fails. Its field shows what it would have reported for the "
         "packet. Set the preference `ipsec.receiver` to your system too: the packets it accepts move its replay "
         "window, and "
         "so decide what is a replay later on.\n"
         "- Numbers can be written either way: `ipsec.windows.error == 13914` or `ipsec.windows.error == 0x365a`, "
         "`ipsec.spi == 0xc0000007` or `ipsec.spi == 3221225479`.\n"
         "- Counters are totals: note them before and after, and capture in between.\n"
         "- \"From\" lists the [checks](CHECKS.md) that lead to the report.\n\n"
         "**Tested or not.** Linux 6.1, VPP, FreeBSD and strongSwan's libipsec were given packets one by one, and "
         "their counters or logs were compared with what the plugin says about each (`captures/`). The Windows codes "
         "are inferred from what Microsoft publishes. OpenBSD, Cisco and the others at the end of this page were not "
         "tested; what this page says about them comes from source code and articles.\n\n"
         "Windows: [13914, step by step](#13914-step-by-step), [codes](#windows-error-codes), [DoS "
         "Protection](#windows-dos-protection), [audit events](#windows-audit-events), "
         "[counters](#windows-performance-counters-and-wfp-statistics), [IKE](#windows-ike-13801-to-13909). [The "
         "tunnel does not come up](#the-tunnel-does-not-come-up). [ICMP "
         "errors](#icmp-errors-path-mtu-and-peers-that-cannot-be-reached). Linux: [counters](#linux-procnetxfrm_stat), "
         "[of an SA](#linux-ip--s-xfrm-state), [audit](#linux-audit-log), [host and card](#linux-nstat-and-ethtool). "
         "[FreeBSD](#freebsd-netstat--s), [OpenBSD](#openbsd-netstat--s), [VPP](#vpp-show-errors), "
         "[strongSwan](#strongswan). [Cisco, Juniper, Fortinet and others](#a-log-line-with-spi-and-sequence-number).");
}

int main(void)
{
    print_intro();
    print_windows();
    print_head("Windows: IKE, 13801 to 13909",
               "From RasDial (Application log, source RasClient, event 20227), `netsh wfp show netevents` "
               "(`IPSEC_IKE_MM_FAILURE` and others), and the [audit events](#windows-audit-events). Only "
               "errors that packets can show are listed; the others concern Windows' own policy and certificates. "
               "Microsoft publishes no mapping to what IKE says, so all but the last are \"consistent with\".",
               "it says");
    print_lines(ike_windows_lines);
    print_head("The tunnel does not come up",
               "From the logs of IKE daemons. For an overview of a capture: `tshark -r FILE -q -z ipsec,ike`.",
               "it says");
    print_lines(ike_log_lines);
    print_head("Linux: /proc/net/xfrm_stat", "Also as `nstat -az 'Xfrm*'`. Kernel 6.1.", "it counts");
    print_stack(&on_linux);
    print_head("Linux: ip -s xfrm state",
               "Counters of one SA. They separate what XfrmInStateProtoError and XfrmInStateSeqError combine.",
               "it counts");
    print_lines(linux_sa_lines);
    print_head("Linux: audit log",
               "Records of type MAC_IPSEC_EVENT, if audit is on. They contain the SPI (twice) and the sequence number.",
               "it says");
    print_lines(linux_audit_lines);
    print_head(
        "Linux: nstat and ethtool",
        "Look here if no xfrm counter increments: the host does not support the protocol, or a network card decrypts.",
        "it counts");
    print_lines(linux_other_lines);
    print_head("ICMP errors: path MTU, and peers that cannot be reached",
               "Large transfers hang while pings go through, or nothing goes through at all. Capture at the sender, "
               "because that is where ICMP errors arrive. None of them increments an IPsec counter.",
               "it says");
    print_lines(icmp_lines);
    print_head("FreeBSD: netstat -s",
               "`netstat -sp esp`, `netstat -sp ah`. Tested: `netipsec` of the main branch of October 2024; 13.0 "
               "counts the same. 12.1 differs as noted below, refuses sequence number 0 and packets older than the "
               "window at once, and counts next header 59 in tunnels over IPv4 in `esps_nopf`. `sysctl "
               "net.inet.ipsec.debug=1` logs most refusals.",
               "it counts");
    print_stack(&on_freebsd);
    print_head(
        "OpenBSD: netstat -s",
        "`netstat -sp esp`, `netstat -sp ah`. From the source code, not tested. The window is always 2,100 packets.",
        "it counts");
    print_stack(&on_openbsd);
    print_head(
        "VPP: show errors",
        "Tested: 26.10-rc0. `show errors` prints the text, truncated to 35 characters, and the severity; `show ipsec "
        "sa N` counts the same per SA. `good packets received` includes packets that are too short. ESP in "
        "tunnels arrives through tunnel protection (`esp4-decrypt-tun`), AH and transport SAs through a policy "
        "(`esp4-decrypt`, `ah4-decrypt`).",
        "it counts");
    print_stack(&on_vpp);
    print_head("strongSwan",
               "Usually the kernel handles ESP, and the log does not mention dropped packets: see "
               "[Linux](#linux-procnetxfrm_stat). With the plugin kernel-libipsec, charon logs them under group `esp` "
               "at level 1, unless noted below. An SPI that strongSwan writes as `c9b3d52f_i` (in) or `c9b3d52f_o` "
               "(out) is `ipsec.spi == 0xc9b3d52f`.",
               "it says");
    print_stack(&on_strongswan);
    print_head("A log line with SPI and sequence number",
               "`ipsec.spi == ... and ipsec.seq == ...` finds the packet. Write 0x in front of hexadecimal values even "
               "if the log does not. With ESN, `ipsec.seq` includes the high-order 32 bits but logs have only the "
               "low-order ones: use "
               "`esp.sequence == 0x347bb`. Set `ipsec.replay_window` to the window of the device. The lines follow "
               "public articles; a few are unconfirmed, and the wording differs between versions.",
               "it says");
    print_lines(vendor_lines);
    return 0;
}
