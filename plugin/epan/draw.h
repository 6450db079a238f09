/* Protocol, fields and expert items, registered from the core's tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_EPAN_DRAW_H
#define IPSEC_EPAN_DRAW_H

#include "../core/ipsec.h"

#include <epan/expert.h>

extern int proto_ipsec;

extern int hf_ipsec_analysis_flags;
extern int hf_ipsec_verdict;
extern int hf_ipsec_protocol;
extern int hf_ipsec_spi;
extern int hf_ipsec_encapsulation;
extern int hf_ipsec_sa;
extern int hf_ipsec_sa_reverse;
extern int hf_ipsec_sa_successor;
extern int hf_ipsec_sa_lost;
extern int hf_ipsec_sa_first_frame;
extern int hf_ipsec_sa_last_frame;
extern int hf_ipsec_sa_packets;
extern int hf_ipsec_sa_octets;
extern int hf_ipsec_seq;
extern int hf_ipsec_seq_highest;
extern int hf_ipsec_seq_lag;
extern int hf_ipsec_seq_skipped;
extern int hf_ipsec_seq_first_seen;
extern int hf_ipsec_icv_status;
extern int hf_ipsec_icv_length;
extern int hf_ipsec_iv_length;
extern int hf_ipsec_trailer_pad_length;
extern int hf_ipsec_trailer_next_header;
extern int hf_ipsec_trailer_tfc_length;
extern int hf_ipsec_key_source;
extern int hf_ipsec_finding;
extern int hf_ipsec_cause;
extern int hf_ipsec_reference;
extern int hf_ipsec_advice;
extern int hf_ipsec_windows_error;
extern int hf_ipsec_windows_status;
extern int hf_ipsec_windows_event;
extern int hf_ipsec_linux_counter;
extern int hf_ipsec_linux_sa_counter;
extern int hf_ipsec_freebsd_counter;
extern int hf_ipsec_openbsd_counter;
extern int hf_ipsec_vpp_counter;
extern int hf_ipsec_strongswan_status;
extern int hf_ipsec_strongswan_log;
extern int hf_ipsec_inferred;

extern int ett_ipsec;
extern int ett_ipsec_finding;

/* Registers all of them; once, at start. */
void ipsec_fields_register(void);

/* The expert field of a finding. */
expert_field *ipsec_fields_expert(ipsec_finding_id id);

#endif
