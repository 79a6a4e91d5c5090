"""Lines of further software, each in the form that its source code or its manual gives, named beside it."""

from __future__ import annotations

import pytest

from statuary.catalog.store import open_catalogue
from statuary.explain.logline import LineReader

READER = LineReader(open_catalogue())

IIS = "IIS, W3C extended log file format (Microsoft Learn)"
HTTPERR = "HTTP.sys, error logging in HTTP APIs (Microsoft Learn)"
ALB = "AWS, access logs of an Application Load Balancer"
SQUID = "Squid, logformat squid"
RAILS = "Rails, action_controller/log_subscriber.rb"
MORGAN = "morgan, format tiny"
GIN = "Gin, logger.go"
NPM = "npm, lib/utils/error-message.js"
SPRING = "Spring, RestClientResponseException"
FEIGN = "OpenFeign, FeignException.java"
DOTNET = ".NET, HttpResponseMessage.EnsureSuccessStatusCode"
GUZZLE = "Guzzle, RequestException.php"
NET_MAIL = ".NET, SmtpException"
QMAIL = "qmail, qmail-remote.c"
BROKER = "Mosquitto, src/context.c, src/loop.c and src/send_connack.c"
CLIENT = "Mosquitto, lib/handle_connack.c and client/pub_client.c"
PAHO = "Eclipse Paho, README of paho.mqtt.python; MqttException of paho.mqtt.java"
RADIUS = "FreeRADIUS, radclient, share/dictionary.rfc5176"
SHARK = "Wireshark, packet-radius.c"
NNTPLIB = "Python, nntplib.py"
INN = "INN, innreport_inn.pm, which reads the news log"
LIBCOAP = "libcoap, src/coap_debug.c"
OPENSSL = "OpenSSL, ssl/ssl_err.c"
CURL = "curl, lib/vtls/openssl.c, with -v"
JSSE = "JDK, sun/security/ssl/TransportContext.java"
GNUTLS = "GnuTLS, src/common.c"
BIND = "BIND, bin/dig/host.c, bin/dig/nslookup.c, bin/nsupdate/nsupdate.c"
ASTERISK = "Asterisk, res_pjsip_outbound_registration.c"
TONIC = "tonic, Display of Status"
GRPCURL = "grpcurl, cmd/grpcurl/grpcurl.go"
CHROME = "Chromium, net/websockets/websocket_basic_handshake_stream.cc"
IMAPLIB = "Python, imaplib.py"
PYLDAP = "python-ldap, ldap.LDAPError"
HIBERNATE = "Hibernate, SqlExceptionHelper"
PYAMQP = "py-amqp, amqp/exceptions.py"
AIOCOAP = "aiocoap, aiocoap/message.py"

LINES = [
    (IIS, "2026-11-21 09:00:00 192.0.2.1 GET /default.htm - 443 - 192.0.2.7 Mozilla/5.0+(X11) - 503 0 64 120",
     ["http/503"], "own"),
    (IIS, "2026-11-21 09:00:00 W3SVC1 WEB 192.0.2.1 GET /x a=1 80 - 192.0.2.7 curl/8 - - example.com 404 0 2 325 248 0",
     ["http/404"], "own"),
    (IIS, "2026-11-21 09:00:00 192.0.2.1 GET /a - 443 - 192.0.2.7 Mozilla/5.0 https://example.com/404 401 2 5 15",
     ["http/401"], "own"),
    (IIS, "2026-11-21 09:00:00 192.0.2.1 POST /500 id=404 80 EXAMPLE\\emil 192.0.2.7 - - 200 0 0 404",
     ["http/200"], "own"),
    (IIS, "2026-11-21 09:00:00 192.0.2.7 - 192.0.2.1 21 PASS *** 530 1326 41 3e1c /", ["ftp/530"], "own"),
    (HTTPERR, "2026-11-21 09:00:00 192.0.2.7 50123 192.0.2.1 80 HTTP/1.1 GET /x 503 1 AppOffline DefaultAppPool",
     ["http/503"], "own"),
    (HTTPERR, "2026-11-21 09:00:00 192.0.2.7 50123 192.0.2.1 80 HTTP/1.1 GET /x - 400 - Hostname -", ["http/400"],
     "own"),
    (ALB, ('https 2026-11-21T09:00:00.000000Z app/lb/abc 192.0.2.7:1234 192.0.2.9:80 0.000 0.001 0.000 504 502 34 366 '
     '"GET https://example.com:443/ HTTP/1.1" "curl" ECDHE TLSv1.2'), ["http/504"], "own"),
    (ALB, ('http 2026-11-21T09:00:00.000000Z app/lb/abc 192.0.2.7:1234 - -1 -1 -1 503 - 34 366 '
     '"GET http://example.com:80/ HTTP/1.1" "curl" - -'), ["http/503"], "own"),
    (SQUID, "1732179600.123      5 192.0.2.7 TCP_DENIED/407 3900 GET http://example.com/ - HIER_NONE/- text/html",
     ["http/407"], "own"),
    (RAILS, "Completed 422 Unprocessable Content in 12ms (ActiveRecord: 0.0ms)", ["http/422"], "own"),
    (MORGAN, "GET /orders?page=2 404 1.234 ms - 139", ["http/404"], "own"),
    (GIN, '[GIN] 2026/11/21 - 09:00:00 | 404 |  1.2ms | 192.0.2.7 | GET "/x"', ["http/404"], "own"),
    (NPM, "npm error code E403", ["http/403"], "remote"),
    (NPM, "npm ERR! 404 Not Found - GET https://registry.example/x - Not found", ["http/404"], "remote"),
    (SPRING, 'org.springframework.web.client.HttpClientErrorException$TooManyRequests: 429 Too Many Requests: "{}"',
     ["http/429"], "remote"),
    (FEIGN, "feign.FeignException$ServiceUnavailable: [503 Service Unavailable] during [GET] to [http://example.com]",
     ["http/503"], "remote"),
    (DOTNET, "HttpRequestException: Response status code does not indicate success: 401 (Unauthorized).",
     ["http/401"], "remote"),
    (GUZZLE, "Client error: `GET https://example.com` resulted in a `404 Not Found` response:", ["http/404"], "remote"),
    (NET_MAIL, "System.Net.Mail.SmtpException: Mailbox unavailable. The server response was: 5.7.1 Unable to relay",
     ["smtp/5.7.1"], "remote"),
    (QMAIL, "delivery 13: deferral: Remote_host_said:_451_4.3.0_Try_again/", ["smtp/451", "smtp/4.3.0"], "remote"),
    (BROKER, "1732179600: Client auto-1 disconnected, not authorised.", ["mqtt/0x87"], "own"),
    (BROKER, "1732179600: Client auto-1 [192.0.2.7:5000] disconnected: not authorised.", ["mqtt/0x87"], "own"),
    (BROKER, "2026-11-21T09:00:00: Client sensor1 disconnected due to protocol error.", ["mqtt/0x82"], "own"),
    (BROKER, "1732179600: Client sensor1 disconnected due to malformed packet.", ["mqtt/0x81"], "own"),
    (BROKER, "mosquitto  | 1732179600: Sending CONNACK to auto-1 (0, 135)", ["mqtt/0x87"], "own"),
    (BROKER, "1732179600: Sending PUBREC to sensor (m1, rc151)", ["mqtt/0x97"], "own"),
    (CLIENT, "Client mosq-1 received CONNACK (135)", ["mqtt/0x87"], "remote"),
    (CLIENT, "Received DISCONNECT (142)", ["mqtt/0x8e"], "remote"),
    (CLIENT, "Client mosq-1 received PUBACK (Mid: 1, RC:135)", ["mqtt/0x87"], "remote"),
    (CLIENT, "Connection error: Connection Refused: not authorised.", ["mqtt/0x87"], "remote"),
    (CLIENT, "Connection error: Connection Refused: broker unavailable.", ["mqtt/0x88"], "remote"),
    (CLIENT, "Connection error: Connection Refused: identifier rejected.", ["mqtt/0x85"], "remote"),
    (CLIENT, "Connection error: Connection Refused: unacceptable protocol version.", ["mqtt/0x84"], "remote"),
    (CLIENT, "Connection error: Not authorized", ["mqtt/0x87"], "remote"),
    (CLIENT, "Warning: Publish 1 failed: Quota exceeded.", ["mqtt/0x97"], "remote"),
    (PAHO, "Failed to connect: Bad user name or password. loop_forever() will retry connection", ["mqtt/0x86"],
     "remote"),
    (PAHO, "Connected with result code Not authorized", ["mqtt/0x87"], "remote"),
    (PAHO, "org.eclipse.paho.client.mqttv3.MqttSecurityException: Not authorized to connect (5)", ["mqtt/0x87"],
     "remote"),
    (RADIUS, "        Error-Cause = Session-Context-Not-Found", ["radius/503"], "remote"),
    (RADIUS, "(0)   Error-Cause = Proxy-Request-Not-Routable", ["radius/502"], "remote"),
    (RADIUS, "\tError-Cause = Residual-Context-Removed", ["radius/201"], "remote"),
    (RADIUS, "\tError-Cause = Proxy-Processing-Error", ["radius/505"], "remote"),
    (RADIUS, "\tError-Cause = Invalid-EAP-Packet", ["radius/202"], "remote"),
    (SHARK, "AVP: t=Error-Cause(101) l=6 val=Session-Context-Not-Found(503)", ["radius/503"], "remote"),
    (SHARK, "Error-Cause: 503", ["radius/503"], "remote"),
    (NNTPLIB, "nntplib.NNTPTemporaryError: 411 No such group comp.example", ["nntp/411"], "remote"),
    (NNTPLIB, "nntplib.NNTPPermanentError: 502 Authentication Failed", ["nntp/502"], "remote"),
    (INN, 'Nov 21 09:00:00.123 - feed.example.com <abc@example.com> 437 Unwanted newsgroup "alt.test"', ["nntp/437"],
     "own"),
    (LIBCOAP, "Nov 21 09:00:00.123 DEBG v:1 t:ACK c:4.04 i:1b2c {01} [ ]", ["coap/4.04"], "peer"),
    (LIBCOAP, "v:Reliable c:5.03 {0a} [ Max-Age:30 ]", ["coap/5.03"], "peer"),
    (AIOCOAP, "<aiocoap.Message at 0x7f84dfa11c18: Type.ACK 4.04 Not Found (MID 21466, token 6f1d) remote None>",
     ["coap/4.04"], "peer"),
    (AIOCOAP, "DEBUG:coap:Incoming message <aiocoap.Message: CON 5.03 Service Unavailable (ID 1, token b'')>",
     ["coap/5.03"], "peer"),
    (OPENSSL, "curl: (35) TLS connect error: error:0A000458:SSL routines::tlsv1 unrecognized name",
     ["tls/unrecognized_name"], "peer"),
    (CURL, "* TLSv1.3 (IN), TLS alert, unknown CA (560):", ["tls/unknown_ca"], "peer"),
    (CURL, "* TLSv1.3 (OUT), TLS alert, handshake failure (552):", ["tls/handshake_failure"], "own"),
    (JSSE, "javax.net.ssl.SSLHandshakeException: (certificate_unknown) PKIX path building failed",
     ["tls/certificate_unknown"], "own"),
    (GNUTLS, "*** Received alert [40]: Handshake failed", ["tls/handshake_failure"], "peer"),
    (BIND, "Host example.com not found: 5(REFUSED)", ["dns/refused"], "remote"),
    (BIND, "** server can't find example.com: REFUSED", ["dns/refused"], "remote"),
    (BIND, "update failed: NOTAUTH", ["dns/notauth"], "remote"),
    (ASTERISK, "Fatal response '403' received from 'sip:pbx.example.com' on registration attempt to 'sip:a@b.example'",
     ["sip/403"], "remote"),
    (TONIC, 'status: Unavailable, message: "no connection", details: [], metadata: MetadataMap { headers: {} }',
     ["grpc/unavailable"], "remote"),
    (GRPCURL, "  Code: PermissionDenied", ["grpc/permission_denied"], "remote"),
    (CHROME, "WebSocket connection failed: Error during WebSocket handshake: Unexpected response code: 403",
     ["http/403"], "remote"),
    (IMAPLIB, "imaplib.IMAP4.error: b'[AUTHENTICATIONFAILED] Authentication failed.'", ["imap/authenticationfailed"],
     "remote"),
    (PYLDAP, "ldap.INVALID_CREDENTIALS: {'msgtype': 97, 'msgid': 1, 'result': 49, 'desc': 'Invalid credentials'}",
     ["ldap/invalidcredentials"], "remote"),
    (HIBERNATE, "SQL Error: 0, SQLState: 40P01", ["sqlstate/40"], "remote"),
    (PYAMQP, "amqp.exceptions.NotFound: Queue.declare: (404) NOT_FOUND - no queue 'x'", ["amqp/404"], "remote"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "line", "expected", "speaker"), LINES)
def test_lines_of_further_software(source: str, line: str, expected: list[str], speaker: str) -> None:
    """As the source or the manual of the program forms them, with who said it."""
    found = READER.read(line)
    assert [each.code.id for each in found] == expected, source
    assert not found or found[0].speaker == speaker, source


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21 09:00:00 app GET /x took 404 0 12",
        "2026-11-21 09:00:00 192.0.2.7 50123 192.0.2.1 80 - - - - - Timer_ConnectionIdle -",
        "#Fields: date time s-ip cs-method cs-uri-stem sc-status sc-substatus sc-win32-status",
        "1732179600: Sending CONNACK to ::1 (0, 5)",
        "Client mosq-1 received CONNACK (0)",
        "1732179600: Client sensor1 disconnected.",
        "1732179600: Client sensor1 closed its connection.",
        "MqttException: Client is not connected (32104)",
        "Connection error: could not translate host name",
        "Failed to connect: Not authorized",
        "innd: feed.example.com:20 closed seconds 437 accepted 502 refused 435",
        "v:1 t:CON c:GET i:1b2c {} [ Uri-Path:x ]",
        "v:1 t:ACK i:1b2c {01} [ Uri-Path:4.04 ]",
        "<aiocoap.Message: CON GET (ID 1, token b'') remote 4.04>",
        "Error-Cause = none",
        "npm ERR! errno 127",
        "GET /status/404 in 12 ms",
        "TCP_MISS/000 0 GET http://example.com/",
        "Completed 500 rows in 12ms",
        "SSL routines::tlsv1 something else",
        "update failed: TIMEOUT",
        "status: Failed, message: nothing, details: []",
        "  Code: Nothing",
        "ldap.SERVER_DOWN: {'desc': \"Can't contact LDAP server\"}",
        "Received alert 40",
    ],
)
def test_numbers_in_them_that_are_no_codes(line: str) -> None:
    """Times, identifiers of systems, counts, and answers that MQTT 3.1.1 numbers otherwise."""
    assert READER.read(line) == []
