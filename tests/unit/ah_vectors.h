/* AH packets with their keys, from the IP header on. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPSEC_TESTS_AH_VECTORS_H
#define IPSEC_TESTS_AH_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ah_vector {
    const char *source;
    const char *integrity;
    const char *key, *packet; /* hexadecimal */
    uint8_t outer;            /* octets of the IP header */
    bool esn;
    uint32_t high;
} ah_vector;

/* The ICV of each is right. Those of Linux are from the kernel's traffic between two network namespaces. */
static const ah_vector ah_vectors[] = {
    {.source = "of DPDK's tests",
     .integrity = "AES_128_GMAC",
     .key = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5cafebabe",
     .packet = "450000a4000000004033abd1c0a86f02c0a8de02010700000000007b000000010100000000000000d60ecc2231795972"
               "68c958fb8bb0bbd50800fb3712340000babe01234567cafe000102030405060708090a0b0c0d0e0f1011121314151617"
               "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647"
               "48494a4b4c4d4e4f505152535455565758595a5b",
     .outer = 20},
    {.source = "RFC 4543 3.4 and 4, sealed with OpenSSL",
     .integrity = "AES_128_GMAC",
     .key = "0102030405060708090a0b0c0d0e0f10cafebabe",
     .packet = "45100040000140003f33beefc0000201c00002021107000000001000000000070102030405060708f29fb70287bf9661"
               "69cb57ef0cfe3f9c0007000700080000",
     .outer = 20},
    {.source = "RFC 4543 3.4 and 4, sealed with OpenSSL, ESN",
     .integrity = "AES_192_GMAC",
     .key = "0102030405060708090a0b0c0d0e0f101112131415161718cafebabe",
     .packet = "45100040000140003f33beefc0000201c00002021107000000001000000000070102030405060708dbc77e58a5039391"
               "c003b1dea4d0f5900007000700080000",
     .outer = 20,
     .esn = true,
     .high = 5},
    {.source = "RFC 4543 3.4 and 4, sealed with OpenSSL",
     .integrity = "AES_256_GMAC",
     .key = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20cafebabe",
     .packet = "6ab123450030333f20010db800000000000000000000000120010db80000000000000000000000021108000000001000"
               "00000007010203040506070831182b3c3b7a924ba53d8ede125c0225000000000007000700080000",
     .outer = 40},
    {.source = "RFC 4543 3.4 and 4, sealed with OpenSSL, ESN",
     .integrity = "AES_128_GMAC",
     .key = "0102030405060708090a0b0c0d0e0f10cafebabe",
     .packet = "6ab123450030333f20010db800000000000000000000000120010db80000000000000000000000021108000000001000"
               "0000000701020304050607082f4305bdc156378406c0e59d48b77e76000000000007000700080000",
     .outer = 40,
     .esn = true,
     .high = 1},
    {.source = "Linux, ah-transport-v6-cmac_96, frame 1",
     .integrity = "AES_CMAC_96",
     .key = "aed84d43cf19f5688e990430dc01e8d4",
     .packet = "600475d500203340fd090000000000000000000000000001fd0900000000000000000000000000023a040000a000012f"
               "0000000199ae1d6ab9e78fff4c1e9e30800039654c410000",
     .outer = 40},
    {.source = "Linux, ah-tunnel-v4-rmd160_96, frame 1",
     .integrity = "HMAC_RIPEMD160_96",
     .key = "15394178f38f0b4e7e9c205a3a9e2f6639fa7691",
     .packet = "45000048431040004033e35e0a0900010a09000204040000a000013200000001f588dd07d7f0d4056ec6446d4500001c"
               "94754000400192670a0100010a0200010800abbe4c410000",
     .outer = 20},
    {.source = "Linux, ah-transport-v6-xcbc_96, frame 1",
     .integrity = "AES_XCBC_96",
     .key = "33a8e70799dd772d8499df1d5cd5348a",
     .packet = "600475d500203340fd090000000000000000000000000001fd0900000000000000000000000000023a040000a000012b"
               "00000001f8dd4264435a166df8aca0ca800039654c410000",
     .outer = 40},
    {.source = "Linux, ah-tunnel-v4-md5_96, frame 1",
     .integrity = "HMAC_MD5_96",
     .key = "83e715ba36a239c4e9271020b94b7274",
     .packet = "450000482d0540004033f9690a0900010a09000204040000a000010600000001f292b049c73df2baed5b6a9a4500001c"
               "775940004001af830a0100010a0200010800abbe4c410000",
     .outer = 20},
    {.source = "Linux, ah-transport-v6-sha512_256-esn, frame 1",
     .integrity = "HMAC_SHA2_512_256",
     .key = "51a7196246684de5ebefc2dbbed079bda1285682428215b757b185707520d62cba8d3ed49f2a723db891ca297acf46dbc2185e2c7f"
            "6892174accce985cdcc877",
     .packet = "600475d500383340fd090000000000000000000000000001fd0900000000000000000000000000023a0a0000a0000126"
               "000000018c7c9be2dffc3248dec1790823b09a76cea673f7166bda7dac34ecfd03335d0e00000002800039654c410000",
     .outer = 40,
     .esn = true,
     .high = 0},
    {.source = "Linux, ah-tunnel-v4-sha256_96, frame 1",
     .integrity = "HMAC_SHA2_256_96",
     .key = "8b4e7fe1ad30971b8c727785153b659e9e4b1d803e3ca43bb586089a60cfc5b9",
     .packet = "450000483a6140004033ec0d0a0900010a09000204040000a000011a00000001aef64300a08ea47716c6cbdb4500001c"
               "864a40004001a0920a0100010a0200010800abbe4c410000",
     .outer = 20},
    {.source = "Linux, ah-tunnel-v6-sha384_192, frame 1",
     .integrity = "HMAC_SHA2_384_192",
     .key = "fd9c29c13663edc80745c5aa4b7a331d43b881865db6d76d1142357ccffc21c329047a42edf2a22cca2d55d52664164c",
     .packet = "60083d2700583340fd090000000000000000000000000001fd09000000000000000000000000000229080000a0000120"
               "000000018020cbc8de7b6f526b7116821aef18ec359d93528e32dc620000000060083d2700083a40fd01000000000000"
               "0000000000000001fd020000000000000000000000000001800039754c410000",
     .outer = 40},
};

#endif
