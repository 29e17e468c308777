/*
 * dns_samples: data of every type in the form that BIND prints; read and written again they are the
 * same text.
 */
#ifndef TESTS_WIRE_DNS_SAMPLES_H
#define TESTS_WIRE_DNS_SAMPLES_H

#include <stdint.h>

#include "wire/dns_types.h"

static const struct dns_sample {
    uint16_t type;    /* of the record */
    const char *text; /* its data */
} dns_samples[] = {
    {DNS_A, "192.0.2.1"},
    {DNS_NS, "ns.example."},
    {DNS_MD, "md.example."},
    {DNS_MF, "mf.example."},
    {DNS_CNAME, "Big.example."},
    {DNS_SOA, "ns.example. me.example. 2026010100 7200 3600 1209600 300"},
    {DNS_MB, "."},
    {DNS_MG, "a\\.b.example."},
    {DNS_MR, "\\255\\000.example."},
    {DNS_NULL, "\\# 3 ABCDEF"},
    {DNS_WKS, "192.0.2.1 6 0 25 80 65535"},
    {DNS_WKS, "192.0.2.1 17"},
    {DNS_PTR, "host.example."},
    {DNS_HINFO, "\"PDP-11\" \"UNIX\""},
    {DNS_MINFO, "a.example. b.example."},
    {DNS_MX, "10 mail.example."},
    {DNS_TXT, "\"one\" \"\" \"say \\\"hi\\\" \\\\ \\000\\255; @\""},
    {DNS_RP, "me.example. txt.example."},
    {DNS_AFSDB, "1 afs.example."},
    {DNS_X25, "\"311061700956\""},
    {DNS_ISDN, "\"150862028003217\""},
    {DNS_ISDN, "\"150862028003217\" \"004\""},
    {DNS_RT, "2 relay.example."},
    {DNS_NSAP, "0x47000580005a0000000001e133ffffff00016100"},
    {DNS_NSAP_PTR, "nsap.example."},
    {DNS_SIG, "A 8 2 3600 20300101000000 20260101000000 12345 example. AQIDBA=="},
    {DNS_KEY, "256 3 8 AwEAAQ=="},
    {DNS_KEY, "49152 3 0"},
    {DNS_PX, "10 map822.example. mapx400.example."},
    {DNS_GPOS, "\"-32.6882\" \"116.8652\" \"10.0\""},
    {DNS_AAAA, "2001:db8::1"},
    {DNS_AAAA, "::"},
    {DNS_AAAA, "1::"},
    {DNS_AAAA, "::ffff:192.0.2.1"},
    {DNS_AAAA, "1:0:0:2::3"},
    {DNS_LOC, "51 30 12.748 N 0 7 39.611 W 0.00m 0.00m 0.00m 0.00m"},
    {DNS_LOC, "90 0 0.000 S 180 0 0.000 E -100000.00m 1m 10000m 10m"},
    {DNS_LOC, "0 0 0.001 N 0 0 0.999 E 42849672.95m 90000000m 0.90m 0.01m"},
    {DNS_NXT, "next.example. A MX SIG NXT"},
    {DNS_SRV, "0 5 443 host.example."},
    {DNS_NAPTR, "100 50 \"s\" \"http+I2L+I2C+I2R\" \"!^.*$!\\\\1!\" _http._tcp.example."},
    {DNS_KX, "1 kx.example."},
    {DNS_CERT, "PKIX 12345 RSASHA256 AQIDBAU="},
    {DNS_CERT, "65000 0 0 AQ=="},
    {DNS_DNAME, "other.example."},
    {DNS_APL, "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8"},
    {DNS_APL, ""},
    {DNS_DS, "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237 C7F8EC8D"},
    {DNS_SSHFP, "2 1 123456789ABCDEF67890123456789ABCDEF67890"},
    {DNS_RRSIG, "TYPE1234 8 2 3600 20280229235959 19700101000000 12345 Example. "
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygp Kiss"},
    {DNS_RRSIG, "NSEC3 13 0 0 21060207062815 20240229000000 1 . AQID"},
    {DNS_NSEC, "host.example. A MX RRSIG NSEC TYPE1234"},
    {DNS_DNSKEY, "257 3 8 AwEAAQ=="},
    {DNS_DHCID, "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="},
    {DNS_NSEC3, "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"},
    {DNS_NSEC3, "1 0 0 - 00"},
    {DNS_NSEC3PARAM, "1 0 12 AABBCCDD"},
    {DNS_NSEC3PARAM, "1 0 0 -"},
    {DNS_TLSA, "3 1 1 0123456789ABCDEF"},
    {DNS_SMIMEA, "0 0 0 00"},
    {DNS_CDS, "0 0 0 00"},
    {DNS_CDNSKEY, "0 3 0 AA=="},
    {DNS_OPENPGPKEY, "AQIDBAUG"},
    {DNS_CSYNC, "66 3 A NS AAAA"},
    {DNS_CSYNC, "66 3"},
    {DNS_ZONEMD, "2018031500 1 1 FEBE3D4CE2EC2FFA"},
    {DNS_SVCB, "0 other.example."},
    {DNS_SVCB, "16 . mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" no-default-alpn port=8443 "
               "ipv4hint=192.0.2.1,192.0.2.2 ech=AQID ipv6hint=2001:db8::1,::1 "
               "dohpath=\"/q{?dns}\" key667=\"hello\\210qoo\" key65535"},
    {DNS_HTTPS, "1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
    {DNS_SPF, "\"v=spf1 -all\""},
    {DNS_NID, "10 14:4fff:ff20:ee64"},
    {DNS_L32, "10 10.1.2.0"},
    {DNS_L64, "10 2001:db8:1140:1000"},
    {DNS_LP, "10 l64.example."},
    {DNS_EUI48, "00-00-5e-00-53-2a"},
    {DNS_EUI64, "00-00-5e-ef-10-00-00-2a"},
    {DNS_URI, "10 1 \"https://example.org/a b\""},
    {DNS_CAA, "0 issue \"ca.example; a=\\\"b\\\"\""},
    {DNS_CAA, "128 tbs1 \"\""},
    {DNS_DLV, "1 8 1 00"},
    {999, "\\# 0"},
    {999, "\\# 30 000102030405060708090A0B0C0D0E0F101112131415161718191A1B 1C1D"},
};

#endif
