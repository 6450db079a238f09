/* The analysis of one capture file: the core's database, and the decision of the first pass on each header.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_FRAMES_H
#define IPSEC_EPAN_FRAMES_H

#include "../core/ipsec.h"

#include <epan/packet.h>

/* Starts and ends the analysis of a file; to be called from init and cleanup routines. */
void ipsec_frames_start(void);
void ipsec_frames_end(void);

/* Judges the header on the first pass over its frame, explains it on later ones. Frames in the report are frame
 * numbers; 0 if a read filter rejected the frame. */
void ipsec_frames_report(const packet_info *pinfo, ipsec_view *view, ipsec_report *report);

/* The same, but on the first pass there is only a report if there is something to say. Returns whether there is one. */
bool ipsec_frames_report_any(const packet_info *pinfo, ipsec_view *view, ipsec_report *report);

/* Records a fragment on the first pass over its frame, and reports on it, see ipsec_explain_fragment(). */
void ipsec_frames_fragment(const packet_info *pinfo, ipsec_fragment *fragment, ipsec_report *report);

/* Judges an IKE message on the first pass over its frame, including the content that the stock dissector has decrypted;
 * explains it on later ones, see ipsec_judge_ike(). To be called after ipsec_frames_report() for the same view. */
void ipsec_frames_ike(const packet_info *pinfo, const ipsec_view *view, const ipsec_ike_shown *shown,
                      ipsec_ike_report *report);

/* A change in the state of an IKE SA since its last message, see ipsec_db_ike_news(). */
bool ipsec_frames_ike_news(ipsec_ike_progress *progress);

/* Judges an ICMP error on the first pass over its frame, and explains it, see ipsec_explain_icmp(). */
void ipsec_frames_icmp(const packet_info *pinfo, ipsec_icmp_view *view, ipsec_icmp_report *report);

/* The number of the frame with the ICMP error that quotes the frame's packet of the SA, see ipsec_db_answered_by(). */
uint32_t ipsec_frames_answered_by(const packet_info *pinfo, uint32_t sa);

/* The lowest path MTU reported for an SA up to this frame, or in the whole capture if `pinfo` is NULL; 0: none. */
uint32_t ipsec_frames_sa_mtu(uint32_t sa, const packet_info *pinfo);

/* What is known about an SA of the file, see ipsec_db_sa(). A frame is 0 if a read filter rejected it. */
bool ipsec_frames_sa(uint32_t sa, ipsec_sa_summary *summary);

/* What IKE says about the SA, see ipsec_db_sa_ike(); frames likewise. */
bool ipsec_frames_sa_ike(uint32_t sa, ipsec_sa_ike *ike);

/* How often shared limits were reached in the file, see ipsec_db_limits(); NULL: no file is open. */
const ipsec_limits *ipsec_frames_limits(void);

/* The SA of the innermost header of the frame that has one; IPSEC_SA_NONE if none has, or no file is open. */
uint32_t ipsec_frames_innermost_sa(const packet_info *pinfo);

#endif
