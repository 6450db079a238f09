/* What has become of an IKE SA, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/names.h"
#include "ike/report.h"

#include <glib.h>

/* What no notify says; by finding. */
static const char *name_of_silence(unsigned finding)
{
    if (finding == IPSEC_FINDING_IKE_NO_ANSWER)
        return "no answer";
    if (finding == IPSEC_FINDING_IKE_FRAGMENT_LOST)
        return "a fragment is missing";
    if (finding == IPSEC_FINDING_IKE_AUTH_FAILED)
        return "authentication refused";
    return finding == IPSEC_FINDING_IKE_CHILD_REFUSED ? "child SA refused" : "failed";
}

static void name_trouble(const ipsec_ike_progress *progress, char *buffer, gsize size)
{
    const char *const name = ipsec_ike_notify_name(progress->version, progress->trouble_notify);

    if (progress->trouble == 0)
        buffer[0] = '\0';
    else if (progress->trouble_notify == 0)
        g_strlcpy(buffer, name_of_silence(progress->trouble - 1u), size);
    else if (name)
        g_strlcpy(buffer, name, size);
    else
        g_snprintf(buffer, size, "error %u", progress->trouble_notify);
}

const char *ipsec_ike_outcome(const ipsec_ike_progress *progress, char buffer[IPSEC_IKE_OUTCOME_SIZE])
{
    char trouble[48], children[32] = "";

    name_trouble(progress, trouble, sizeof trouble);
    if (progress->counts)
        g_snprintf(children, sizeof children, ", %u child SA%s", progress->children,
                   progress->children == 1 ? "" : "s");
    if (progress->is_established)
        g_snprintf(buffer, IPSEC_IKE_OUTCOME_SIZE, "established%s%s%s", children, trouble[0] ? ", " : "", trouble);
    else
        g_strlcpy(buffer, trouble[0] ? trouble : "not finished", IPSEC_IKE_OUTCOME_SIZE);
    return buffer;
}
