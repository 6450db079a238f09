/* What has become of an IKE SA, and what the summary of a finding does not say, in words. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "base/advice_case.h"
#include "base/catalogue.h"
#include "ike/names.h"
#include "ike/report.h"

#include <glib.h>
#include <string.h>

/* --- what went wrong ---------------------------------------------------------------------------------------------- */

static const char *describe_notify(uint8_t version, uint16_t notify, char *buffer, gsize size)
{
    const char *const name = ipsec_ike_notify_name(version, notify);

    if (name)
        g_strlcpy(buffer, name, size);
    else
        g_snprintf(buffer, size, "notify %u", notify);
    return buffer;
}

/* Outcomes for which there is no notify, by finding. */
static const char *name_unsaid(unsigned finding)
{
    if (finding == IPSEC_FINDING_IKE_NO_ANSWER)
        return "no response";
    if (finding == IPSEC_FINDING_IKE_FRAGMENT_LOST)
        return "a fragment is missing";
    return finding == IPSEC_FINDING_IKE_AUTH_FAILED ? "consistent with a failed authentication" : "failed";
}

static bool asks_again(const ipsec_ike_progress *progress)
{
    return progress->trouble_inferred && progress->trouble == IPSEC_FINDING_IKE_NO_PROPOSAL + 1;
}

static void name_trouble(const ipsec_ike_progress *progress, char *buffer, gsize size)
{
    char notify[48];

    if (progress->trouble_notify)
        describe_notify(progress->version, progress->trouble_notify, notify, sizeof notify);
    if (progress->trouble_of_child && progress->trouble_notify)
        g_snprintf(buffer, size, "child SA refused: %s", notify);
    else if (progress->trouble_of_child)
        g_snprintf(buffer, size, "%s",
                   progress->trouble_inferred ? "consistent with a refused child SA" : "child SA refused");
    else if (progress->trouble_notify)
        g_snprintf(buffer, size, "%s%s", notify, asks_again(progress) ? " repeatedly" : "");
    else
        g_strlcpy(buffer, name_unsaid(progress->trouble - 1u), size);
}

const char *ipsec_ike_error_name(unsigned finding)
{
    static const struct {
        ipsec_finding_id finding;
        const char *name;
    } names[] = {{IPSEC_FINDING_ICMP_PORT_UNREACHABLE, "port unreachable"},
                 {IPSEC_FINDING_ICMP_PROTOCOL_UNREACHABLE, "protocol unreachable"},
                 {IPSEC_FINDING_ICMP_PROHIBITED, "prohibited"},
                 {IPSEC_FINDING_ICMP_UNREACHABLE, "unreachable"},
                 {IPSEC_FINDING_ICMP_TIME_EXCEEDED, "time exceeded"},
                 {IPSEC_FINDING_ICMP_FRAGMENT_LOST, "fragment lost"},
                 {IPSEC_FINDING_ICMP_TOO_BIG, "packet too big"},
                 {IPSEC_FINDING_ICMP_TOO_BIG_IGNORED, "packet too big"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].finding == finding)
            return names[i].name;
    return "error";
}

/* --- how far it came ---------------------------------------------------------------------------------------------- */

static const char *name_stage(const ipsec_ike_progress *progress)
{
    if (progress->stage == IPSEC_IKE_AUTHENTICATING)
        return "IKE_AUTH did not finish";
    if (progress->stage == IPSEC_IKE_AGREED)
        return "only IKE_SA_INIT was seen";
    return progress->has_spoken[progress->initiator_is_low] ? "did not finish" : "no response";
}

static void describe_established(const ipsec_ike_progress *progress, const char *trouble, char *buffer)
{
    const bool needs_hedge = progress->is_guessed && !(progress->trouble && progress->trouble_inferred);
    char children[32] = "", deleted[32] = "";

    if (progress->counts && (progress->children > 0 || !progress->trouble_of_child || progress->trouble == 0))
        g_snprintf(children, sizeof children, ", %u child SA%s", progress->children,
                   progress->children == 1 ? "" : "s");
    if (progress->deleted_by)
        g_snprintf(deleted, sizeof deleted, ", deleted (frame %u)", progress->deleted_by);
    g_snprintf(buffer, IPSEC_IKE_OUTCOME_SIZE, "established%s%s%s%s%s",
               needs_hedge ? " (judging by message lengths)" : "", children, trouble[0] ? ", " : "", trouble, deleted);
}

static bool is_unanswered(const ipsec_ike_progress *progress)
{
    if (progress->trouble == 0)
        return progress->stage != IPSEC_IKE_ESTABLISHED;
    return progress->trouble == IPSEC_FINDING_IKE_NO_ANSWER + 1;
}

const char *ipsec_ike_outcome(const ipsec_ike_progress *progress, char buffer[IPSEC_IKE_OUTCOME_SIZE])
{
    char trouble[72] = "", error[56];

    if (progress->trouble)
        name_trouble(progress, trouble, sizeof trouble);
    if (progress->stage == IPSEC_IKE_ESTABLISHED)
        describe_established(progress, trouble, buffer);
    else
        g_strlcpy(buffer, trouble[0] ? trouble : name_stage(progress), IPSEC_IKE_OUTCOME_SIZE);
    if (progress->error && is_unanswered(progress)) {
        g_snprintf(error, sizeof error, " (ICMP: %s, frame %u)", ipsec_ike_error_name(progress->error - 1u),
                   progress->error_frame);
        g_strlcat(buffer, error, IPSEC_IKE_OUTCOME_SIZE);
    }
    return buffer;
}

/* --- what the summary of a finding does not say ------------------------------------------------------------------- */

static const char *remark_of(unsigned advice_case)
{
    switch (advice_case) {
    case IPSEC_CASE_IKE_NAT_SOURCE:
        return "sender of this message";
    case IPSEC_CASE_IKE_NAT_DESTINATION:
    case IPSEC_CASE_IKE_NAT_ASKED:
        return "destination of this message";
    case IPSEC_CASE_IKE_NAT_BOTH:
        return "both peers";
    case IPSEC_CASE_IKE_AUTH_LENGTH:
    case IPSEC_CASE_IKE_LENGTH:
        return "judging by its length";
    case IPSEC_CASE_IKE_INFORMED:
    case IPSEC_CASE_IKE_QUICK:
        return "judging by an encrypted Informational message";
    default:
        return NULL;
    }
}

const char *ipsec_ike_remark(const ipsec_ike_said *said, uint8_t version, char buffer[IPSEC_IKE_REMARK_SIZE])
{
    const char *const remark = remark_of(said->advice_case);

    buffer[0] = '\0';
    if (remark)
        g_strlcpy(buffer, remark, IPSEC_IKE_REMARK_SIZE);
    else if (said->advice_case == IPSEC_CASE_IKE_SPI)
        g_snprintf(buffer, IPSEC_IKE_REMARK_SIZE, "SPI 0x%08x", said->detail);
    else if (said->has_notify)
        describe_notify(version, said->notify, buffer, IPSEC_IKE_REMARK_SIZE);
    if (strstr(ipsec_catalogue((ipsec_finding_id)said->finding)->summary, buffer))
        buffer[0] = '\0';
    return buffer;
}
