"""The shapes in which logs, reports and errors write of codes; what a number means depends on what stands around it.

Every pattern is RE2's, so that a hostile line takes no longer than another of its length. The group ``code`` is a
number, ``name`` a word; ``enhanced`` goes with an SMTP reply, and ``part``
is what is shown of the line where that is not all of the match. The first shape that claims a place in a line keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from statuary.explain.words import N_

__all__ = ["OPENING", "SHAPES", "SPEAKERS", "WHOLE", "Shape"]

SPEAKERS: Mapping[str, str] = {
    "remote": N_("the server at the other end"),
    "own": N_("the program that wrote the line"),
    "peer": N_("the other end of the connection"),
    "client": N_("the client program; no server sent it"),
    "unknown": N_("the line does not tell"),
}
"""Who says a code."""

WHOLE = N_("the line is the name or number of a code")
"""Why a line is taken for a code that holds nothing else."""
OPENING = N_("a reply code at the beginning, and words of mail after it")
"""Why a line without any other sign is taken for a reply of SMTP."""


class Shape(NamedTuple):
    """A shape.

    Args:
        protocol: whose codes stand there.
        why: what it is, in English.
        speaker: a key of :data:`SPEAKERS`.
        pattern: how it is written, for RE2.
        weak: it names no protocol of its own: it counts only for codes that the catalogue knows, and not in lines of
            mail servers and of processes that end.
        pair: the reply code and the enhanced one have to be of the same class, else it is something else.
        prefix: how many characters of the value make the code; 0 for all.
    """

    protocol: str
    why: str
    speaker: str
    pattern: str
    weak: bool = False
    pair: bool = False
    prefix: int = 0


_REPLY = r"(?P<code>[2-5][0-9]{2})"
_STATUS = r"(?P<code>[1-9][0-9]{2})"
_ENHANCED = r"(?P<enhanced>[245]\.[0-9]{1,3}\.[0-9]{1,3})"
_BESIDE = rf"(?:[ _-]#?{_ENHANCED})?(?:[^0-9]|$)"
_RESPONSE = r"(?P<code>[2-5]\.[0-3][0-9])"
_REASON = r"(?P<code>1[2-9][0-9]|2[0-5][0-9])"
_PHRASE = r"(?P<name>[A-Za-z][a-z]+(?: [A-Za-z]+){0,6})"
_W3C = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} "
_FTP_COMMANDS = (
    "USER|PASS|RETR|STOR|STOU|APPE|LIST|NLST|MLSD|CWD|CDUP|MKD|RMD|DELE|RNFR|RNTO|PASV|EPSV|PORT|EPRT|AUTH|PBSZ|PROT"
    "|SIZE|MDTM|QUIT|REST|ABOR"
)
_STAMP = r"(?:^|[ |])[0-9]{4}[0-9T:.-]*: "
_END = r"(?:[^0-9A-Za-z/%_.-]|\.?$|\.\s)"

_RELAYED = N_("a remote mail server's reply, as a mail server logs it")
_REFUSED = N_("a refusal, as the refusing mail server logs it")
_MAILER = N_("a reply, as the error of a mail program shows it")
_REPORT = N_("a field of a delivery report (RFC 3464)")
_ACCESS = N_("the status field of a web server's access log")
_HTTP_CLIENT = N_("the error of an HTTP client")
_FIELD = N_("a field that is named like an HTTP status")
_GRPC = N_("the status of a gRPC call")
_DNS = N_("the name of a DNS response code")
_TLS = N_("a TLS alert, as a library reports it")
_WEBSOCKET = N_("a WebSocket close code")
_FRAMES = N_("an error code of HTTP/2, HTTP/3 or QUIC")
_FTP = N_("a reply, as the error of an FTP client shows it")
_BRACKETS = N_("a response code in brackets, as IMAP and POP3 send it")
_SIP = N_("a response, as a SIP server logs it")
_LINE = N_("a status line, as it is sent")
_REQUESTS = N_("the status in an application's log of requests")
_FTP_ACCESS = N_("the status field of an FTP server's log")
_MQTT = N_("a reason code of MQTT, as a broker or client logs it")
_RADIUS = N_("the Error-Cause of a RADIUS answer")
_NNTP = N_("a reply, as a news server or client logs it")
_COAP = N_("a response code, as a CoAP library logs it")

_MAIL_SHAPES = (
    Shape("smtp", _REPORT, "remote", rf"(?i)\bsmtp;[ ]?{_REPLY}{_BESIDE}"),
    Shape("smtp", _REPORT, "remote", rf'(?i)^[>\s]*"?status"?[ ]?:[ ]*"?{_ENHANCED}(?:[^0-9.]|$)'),
    Shape("smtp", _REPORT, "remote", rf"(?i)#{_ENHANCED} smtp;"),
    Shape(
        "smtp", _RELAYED, "remote", rf"\b(?:said|refused to talk to me|Remote[ _]host[ _]said)[:_ ]+{_REPLY}{_BESIDE}"
    ),
    Shape(
        "smtp",
        _RELAYED,
        "remote",
        rf"SMTP error from remote mail(?:er| server) after [^:]+(?::<[^>]*>)?[^:]*: {_REPLY}{_BESIDE}",
    ),
    Shape("smtp", _RELAYED, "remote", rf"\bstatus=[a-z]+ \({_REPLY}{_BESIDE}"),
    Shape("smtp", _RELAYED, "remote", rf"\breply=[^0-9]?{_REPLY}{_BESIDE}"),
    Shape("smtp", _RELAYED, "remote", rf"^[>\s]*<<< {_REPLY}{_BESIDE}"),
    Shape("smtp", _REFUSED, "own", rf"\b(?:milter-)?reject: [^:]*: (?:<[^>]*>: )?{_REPLY}{_BESIDE}"),
    Shape("smtp", _REFUSED, "own", rf"\b(?:milter-)?reject: [^;]*?\]: {_REPLY}{_BESIDE}"),
    Shape("smtp", _MAILER, "remote", rf"""\({_REPLY}, b['"](?:{_ENHANCED}(?:[^0-9.]|$))?"""),
    Shape("smtp", _MAILER, "remote", rf"\bsmtpstatus={_REPLY}(?: smtpmsg='[0-9]{{3}}[ -]{_ENHANCED})?"),
    Shape("smtp", _MAILER, "remote", rf"\b(?:RCPT|MAIL|DATA|AUTH|EHLO|HELO|VRFY) failed: {_REPLY}(?:[^0-9]|$)"),
    Shape("smtp", _MAILER, "remote", rf"\bunexpected smtp-server response: {_REPLY}(?:[^0-9]|$)"),
    Shape("smtp", _MAILER, "remote", rf"\brecipients were rejected: {_REPLY}{_BESIDE}"),
    Shape("smtp", _MAILER, "remote", rf"\bSMTP[A-Za-z]*(?:Error|Exception):? \(?{_REPLY}{_BESIDE}"),
    Shape("smtp", _MAILER, "remote", rf"(?i)\bsmtp (?:error|reply|response|status)(?: code)?[ :=(]+{_REPLY}{_BESIDE}"),
    Shape("smtp", _MAILER, "remote", rf"(?i)\bsmtp code[ :=(]+{_REPLY}{_BESIDE}"),
    Shape("smtp", _MAILER, "remote", rf"^<(?:\*\*|~\*|-|~) +{_REPLY}{_BESIDE}"),
    Shape(
        "smtp",
        N_("a reply code and an enhanced code of the same class"),
        "remote",
        rf"(?:^|[^0-9A-Za-z.:/-]){_REPLY}[ -]#?{_ENHANCED}(?:[^0-9.]|\.?$|\.\s)",
        pair=True,
    ),
    Shape("smtp", _MAILER, "remote", rf"\bThe server response was: {_ENHANCED}(?:[^0-9.]|$)"),
    Shape("smtp", N_("the field dsn of a mail server's log"), "own", rf"\bdsn={_ENHANCED}(?:[^0-9.]|$)"),
)

_HTTP_SHAPES = (
    Shape("http", _ACCESS, "own", rf'[0-9]\] (?P<part>"(?:[^"\\]|\\.)*" {_STATUS} (?:[0-9]+|-))(?:[^0-9]|$)'),
    Shape("http", _ACCESS, "own", rf'\bHTTP/[0-9](?:\.[0-9])?" {_STATUS}(?:[ ,]|$)'),
    Shape(
        "http",
        N_("the status field of HAProxy's log"),
        "own",
        rf" (?:\+?-?[0-9]+/){{4}}\+?-?[0-9]+ {_STATUS} \+?[0-9]+ ",
    ),
    Shape(
        "http",
        N_("the status of a server behind, in a proxy's log"),
        "remote",
        rf'\bupstream_status"?[=:] ?"?{_STATUS}(?:[^0-9]|$)',
    ),
    # IIS and HTTP.sys: sc-status sc-substatus sc-win32-status, then only numbers; and sc-status s-siteid s-reason.
    Shape(
        "http",
        _ACCESS,
        "own",
        rf"{_W3C}(?:[^ ]+ ){{1,4}}[A-Z]+ [/*][^ ]* (?:.* )?- (?:.*[^0-9 ][^ ]* )?"
        rf"(?P<part>{_STATUS} [0-9]{{1,3}} [0-9]{{1,10}})(?: [0-9]+)*\s*$",
    ),
    Shape(
        "http",
        _ACCESS,
        "own",
        rf"{_W3C}.*\bHTTP/[0-9](?:\.[0-9])? [A-Z]+ [^ ]+ (?:[^ ]+ )?"
        rf"(?P<part>{_STATUS} (?:- )?(?:[0-9]+|-) [A-Z][A-Za-z_]+)",
    ),
    Shape("http", _ACCESS, "own", rf" (?P<part>TCP_[A-Z_]+/{_STATUS}) [0-9]+ [A-Z]+ "),
    # A load balancer of AWS: two times three numbers, its own status, that of the target.
    Shape(
        "http",
        _ACCESS,
        "own",
        rf"(?: (?:[0-9.]+|-1)){{3}} (?P<part>{_STATUS}) (?:[0-9]{{3}}|-) [0-9]+ [0-9]+ \"[A-Z-]+ ",
    ),
    Shape("http", _REQUESTS, "own", rf"\bCompleted {_STATUS} [A-Z][A-Za-z' -]+ in [0-9.]+ ?ms"),
    Shape("http", _REQUESTS, "own", rf"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /[^ ]* {_STATUS} [0-9.]+ ?ms\b"),
    Shape("http", _REQUESTS, "own", rf"\[GIN\] [0-9/]+ - [0-9:]+ \| *{_STATUS} \|"),
    Shape("http", _LINE, "remote", rf"\bHTTP/[0-9](?:\.[0-9])? {_STATUS}(?:[^0-9.]|$)"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\brequested URL returned error: {_STATUS}(?:[^0-9]|$)"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\b{_STATUS} (?:Client|Server) Error: "),
    Shape("http", _HTTP_CLIENT, "remote", rf"\b(?:Client|Server) error '{_STATUS} "),
    Shape(
        "http",
        _HTTP_CLIENT,
        "remote",
        rf"\bHTTP (?:error|Error|ERROR|code|response code|status|status code)(?: code)?:? {_STATUS}{_END}",
    ),
    Shape(
        "http",
        _HTTP_CLIENT,
        "remote",
        rf"\b(?:failed with|responded with a|unexpected|received|returned) status(?: code)?(?: of)?:? {_STATUS}{_END}",
        weak=True,
    ),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bUnexpected server response: {_STATUS}{_END}"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bERROR {_STATUS}: [A-Z]", weak=True),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bnpm (?:ERR!|error|err!)(?: code E| ){_STATUS}(?:[^0-9.]|$)"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bHttp(?:Client|Server)Error(?:Exception)?[$.A-Za-z]*: {_STATUS} [A-Z]"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bFeign[A-Za-z]*Exception[$.A-Za-z]*: \[{_STATUS}[] ]"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bstatus code does not indicate success: {_STATUS}{_END}"),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bresulted in a `{_STATUS} "),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bHTTP {_STATUS}{_END}"),
    Shape("http", _FIELD, "unknown", rf"(?i)\bhttp_?(?:status|status_?code|code)\"?[=:] ?\"?{_STATUS}{_END}"),
    Shape(
        "http",
        _FIELD,
        "unknown",
        rf"(?i)\b(?:status|status[_ ]?code|response_code|response_status)\"?(?:=|: ?) ?\"?{_STATUS}{_END}",
        weak=True,
    ),
    Shape("http", _FIELD, "unknown", rf"(?i)\bstatus code {_STATUS}{_END}", weak=True),
)

_OTHER_SHAPES = (
    Shape("sip", _LINE, "remote", rf"\bSIP/2\.0 {_STATUS}(?:[^0-9.]|$)"),
    Shape("sip", _SIP, "remote", rf"\bSIP response {_STATUS}(?:[^0-9.]|$)"),
    Shape("sip", _SIP, "remote", rf"\b(?:Fatal|Temporal) response '{_STATUS}' received from '"),
    Shape("rtsp", _LINE, "remote", rf"\bRTSP/[12]\.0 {_STATUS}(?:[^0-9.]|$)"),
    Shape("ftp", _FTP, "remote", rf"\bftplib\.error_[a-z]+: {_REPLY}(?:[^0-9]|$)"),
    Shape(
        "ftp",
        _FTP,
        "remote",
        rf"\b(?:RETR response|Access denied|Failed FTP upload|Bad PASV/EPSV response): {_REPLY}(?:[^0-9]|$)",
    ),
    Shape("ftp", _FTP, "own", rf'\bFTP response: Client "[^"]*", "{_REPLY}[ -]'),
    Shape(
        "ftp",
        _FTP_ACCESS,
        "own",
        rf"{_W3C}(?:[^ ]+ ){{3}}[0-9]+ (?:{_FTP_COMMANDS}) [^ ]+ (?P<part>{_REPLY} [0-9]+) [0-9]+(?: |$)",
    ),
    Shape("grpc", _GRPC, "remote", r"\bcode = (?P<name>[A-Z][A-Za-z]{1,30})(?:[^A-Za-z]|$)"),
    Shape("grpc", _GRPC, "remote", r"\bStatusCode\.(?P<name>[A-Z][A-Z_]{1,30})(?:[^A-Za-z]|$)"),
    Shape("grpc", _GRPC, "remote", r'\bStatus\(StatusCode="?(?P<name>[A-Z][A-Za-z]{1,30})(?:[^A-Za-z]|$)'),
    Shape("grpc", _GRPC, "remote", r"\bStatus(?:Runtime)?Exception: (?P<name>[A-Z][A-Z_]{1,30})(?:[^A-Za-z]|$)"),
    Shape("grpc", _GRPC, "remote", r"\bError: [0-9]{1,2} (?P<name>[A-Z][A-Z_]{1,30}): "),
    Shape("grpc", _GRPC, "remote", r'(?i)\bgrpc[-_.](?:status|code)"?[=:] ?"?(?P<code>[0-9]{1,2})(?:[^0-9.]|$)'),
    Shape("grpc", _GRPC, "remote", r'(?i)\bgrpc[-_.](?:status|code)"?[=:] ?"?(?P<name>[A-Za-z_]{2,30})(?:[^A-Za-z]|$)'),
    Shape("grpc", _GRPC, "remote", r"\bstatus: (?P<name>[A-Z][A-Za-z]{1,30}), message: .*, details: \["),
    Shape("grpc", _GRPC, "remote", r"^ {2}Code: (?P<name>[A-Z][A-Za-z]{1,30})$"),
    Shape("dns", _DNS, "remote", r"\b(?P<name>(?:NX|YX|SERV|FORM)[A-Z]{3,8})\b"),
    Shape("dns", _DNS, "remote", r"\bopcode: [A-Z]+, status: (?P<name>[A-Z]{5,10})\b"),
    Shape("dns", _DNS, "remote", r"\b(?:RCODE|rcode|query failed)[ :=(]+(?P<name>[A-Z]{5,10})\b"),
    Shape("dns", _DNS, "remote", r"\bnot found: [0-9]{1,2}\((?P<name>[A-Z]{5,10})\)"),
    Shape("dns", _DNS, "remote", r"\bserver can't find [^ ]+: (?P<name>[A-Z]{5,10})\b"),
    Shape("dns", _DNS, "remote", r"\bupdate failed: (?P<name>[A-Z]{5,10})\b"),
    Shape("tls", _TLS, "peer", r"(?i)\b(?:SSL|TLS) alert number (?P<code>[0-9]{1,3})(?:[^0-9]|$)"),
    Shape("tls", _TLS, "peer", r"\b(?:sslv3|tlsv1|tlsv13) alert (?P<name>[a-z]{2,20}(?: [a-z]{2,20}){0,4})"),
    Shape("tls", _TLS, "peer", r"\b(?:SSLV3|TLSV1|TLSV13)_ALERT_(?P<name>[A-Z][A-Z_]{1,50})\b"),
    Shape("tls", _TLS, "peer", r"\bSSL_ERROR_(?P<name>[A-Z][A-Z_]{1,50})_ALERT\b"),
    Shape("tls", _TLS, "peer", r"\bremote error: tls: (?P<name>[a-z]{2,20}(?: [a-z]{2,20}){0,4})"),
    Shape("tls", _TLS, "peer", r"\bSSL routines:[^:]{0,60}:tlsv1 (?P<name>[a-z]{2,20}(?: [a-z]{2,20}){1,4})"),
    Shape(
        "tls",
        _TLS,
        "peer",
        r"\bTLSv1\.[0-3] \(IN\), TLS alert, (?P<name>[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){0,4}) \([0-9]",
    ),
    Shape(
        "tls",
        _TLS,
        "own",
        r"\bTLSv1\.[0-3] \(OUT\), TLS alert, (?P<name>[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){0,4}) \([0-9]",
    ),
    Shape("tls", _TLS, "own", r"\bSSL[A-Za-z]*Exception: \((?P<name>[a-z][a-z_]{1,50})\) "),
    Shape("tls", _TLS, "peer", r"\bReceived alert \[(?P<code>[0-9]{1,3})\]: "),
    Shape("tls", _TLS, "peer", r"(?i)\breceived fatal alert: (?P<name>[a-z][a-z_]{1,50})"),
    Shape("tls", _TLS, "peer", r"\balert (?:read|write):(?:fatal|warning):(?P<name>[a-z]{2,20}(?: [a-z]{2,20}){0,4})"),
    Shape(
        "websocket",
        _WEBSOCKET,
        "peer",
        r"(?i)\bclosed?(?: with)?(?: status)?[ _-]?code[ :=]+(?P<code>[1-4][0-9]{3})(?:[^0-9.]|$)",
    ),
    Shape("http", _HTTP_CLIENT, "remote", rf"\bUnexpected response code: {_STATUS}{_END}"),
    Shape("websocket", _WEBSOCKET, "peer", r"\bwebsocket: close (?P<code>[1-4][0-9]{3})(?:[^0-9.]|$)"),
    Shape(
        "websocket",
        _WEBSOCKET,
        "peer",
        r"(?i)\b(?:websocket|closeevent)[^0-9]{1,80}\bcode[ :=]+(?P<code>[1-4][0-9]{3})(?:[^0-9.]|$)",
    ),
    Shape("websocket", _WEBSOCKET, "peer", r"\breceived (?P<code>[1-4][0-9]{3}) \([A-Za-z][A-Za-z ]+\)"),
    Shape("websocket", _WEBSOCKET, "own", r"\bsent (?P<code>[1-4][0-9]{3}) \([A-Za-z][A-Za-z ]+\)"),
    Shape("http2", _FRAMES, "peer", r"\bHTTP/2 stream [0-9]+ was not closed cleanly: (?P<name>[A-Z][A-Z0-9_]{2,40})\b"),
    Shape("http2", _FRAMES, "peer", r"\b(?:ErrCode=|stream ID [0-9]+; |ERR_HTTP2_)(?P<name>[A-Z][A-Z0-9_]{2,40})\b"),
    Shape("http3", _FRAMES, "peer", r"\b(?P<name>H3_[A-Z][A-Z_]{2,40})\b"),
    # MQTT 5 counts failures from 128 on; what 3.1.1 numbered otherwise is taken by its words.
    Shape("mqtt", _MQTT, "remote", rf"\b[Rr]eceived (?:CONNACK|DISCONNECT) \({_REASON}\)"),
    Shape("mqtt", _MQTT, "own", rf"\bSending (?:CONNACK|DISCONNECT) to [^ ]+ \((?:[01], )?{_REASON}\)"),
    Shape("mqtt", _MQTT, "remote", rf"\breceived PUB(?:ACK|REC|REL|COMP) \(Mid: [0-9]+, RC:{_REASON}\)"),
    Shape("mqtt", _MQTT, "own", rf"\bSending PUB(?:ACK|REC|REL|COMP) to [^ ]+ \(m[0-9]+, rc{_REASON}\)"),
    Shape("mqtt", _MQTT, "own", rf"{_STAMP}Client [^ ]+(?: \[[^]]*\])? disconnected(?:,|:| due to) {_PHRASE}\.?$"),
    Shape("mqtt", _MQTT, "remote", rf"\bConnection error: Connection [R]efused: {_PHRASE}"),
    Shape("mqtt", _MQTT, "remote", rf"^Connection error: {_PHRASE}\.?$"),
    Shape("mqtt", _MQTT, "remote", rf"\bWarning: Publish [0-9]+ failed: {_PHRASE}\."),
    Shape("mqtt", _MQTT, "remote", rf"\bFailed to connect: {_PHRASE}\. loop_forever\(\)"),
    Shape("mqtt", _MQTT, "remote", rf"\bConnected with result code {_PHRASE}$"),
    Shape("mqtt", _MQTT, "remote", rf"\bMqtt(?:Security)?Exception: {_PHRASE} \([0-9]+\)"),
    Shape(
        "radius",
        _RADIUS,
        "remote",
        r"\bError-Cause(?:\([0-9]+\))?(?: l=[0-9]+ val=| ?[:=]+ ?)\"?(?P<name>[A-Z][A-Za-z]+(?:-[A-Za-z]+)+)",
    ),
    Shape(
        "radius",
        _RADIUS,
        "remote",
        r"\bError-Cause(?:\([0-9]+\))?(?: l=[0-9]+ val=| ?[:=]+ ?)(?P<code>[2-5][0-9]{2})(?:[^0-9.]|$)",
    ),
    Shape("nntp", _NNTP, "remote", rf"\bnntplib\.NNTP[A-Za-z]*Error: {_REPLY}(?:[^0-9]|$)"),
    Shape("nntp", _NNTP, "remote", rf"(?i)\bnntp (?:error|reply|response|status)(?: code)?[ :=(]+{_REPLY}(?:[^0-9]|$)"),
    Shape("nntp", _NNTP, "own", r":[0-9]{2}\.[0-9]{3} - [^ ]+ <[^<> ]+> (?P<part>(?P<code>4[0-9]{2}) [A-Z])"),
    Shape("coap", _COAP, "peer", rf"\bv:1 t:(?:CON|NON|ACK|RST) c:{_RESPONSE} i:"),
    Shape("coap", _COAP, "peer", rf"\bv:(?:Reliable|WebSocket) c:{_RESPONSE} \{{"),
    Shape("coap", _COAP, "peer", rf"\baiocoap\.Message(?: at 0x[0-9a-f]+)?: [A-Za-z.]{{1,12}} {_RESPONSE} [A-Z]"),
    Shape("imap", _BRACKETS, "remote", r"\b(?:NO|BAD|BYE) \[(?P<name>[A-Z][A-Z-]{2,30})[\] ]"),
    Shape("imap", _BRACKETS, "remote", r"\bimaplib\.IMAP4\.[a-z]+: b?['\"]?\[(?P<name>[A-Z][A-Z-]{2,30})[\] ]"),
    Shape("pop3", _BRACKETS, "remote", r"-ERR \[(?P<name>[A-Z][A-Z/-]{2,30})\]"),
    Shape(
        "sqlstate",
        N_("a SQLSTATE, whose first two characters are its class"),
        "remote",
        r"\b(?:SQLSTATE|SQLState)[\[:=( ]+\"?(?P<code>[0-9][0-9A-Z]{4})\b",
        prefix=2,
    ),
    Shape(
        "sqlstate",
        N_("a SQLSTATE, whose first two characters are its class"),
        "remote",
        r"\bERROR [0-9]{4} \((?P<code>[0-9][0-9A-Z]{4})\)",
        prefix=2,
    ),
    Shape("ldap", N_("a result code of LDAP"), "remote", r"\bLDAP: error code (?P<code>[0-9]{1,4})(?:[^0-9.]|$)"),
    Shape("ldap", N_("a result code of LDAP"), "remote", r"\bldap\.[A-Z_]+: \{.*'result': (?P<code>[0-9]{1,4})[^0-9]"),
    Shape("ldap", N_("a result code of LDAP"), "remote", r"\bldap_[a-z_]+: [^()]{1,80} \((?P<code>[0-9]{1,4})\)"),
    Shape(
        "ldap",
        N_("a result code of LDAP"),
        "own",
        r"\bRESULT (?:oid=\S* )?tag=[0-9]+ err=(?P<code>[0-9]{1,4})(?:[^0-9.]|$)",
    ),
    Shape("amqp", N_("a reply code of AMQP"), "remote", rf"\b(?:Channel|Connection)Closed[A-Za-z]*: \({_STATUS}, "),
    Shape("amqp", N_("a reply code of AMQP"), "remote", rf"\bamqp\.exceptions\.[A-Za-z]+: [A-Za-z.]+: \({_STATUS}\) "),
    Shape("amqp", N_("a reply code of AMQP"), "remote", rf"\breply-code=#?{_STATUS}(?:[^0-9.]|$)"),
    Shape("diameter", N_("a result code of Diameter"), "remote", r"\b(?P<name>DIAMETER_[A-Z][A-Z_]{2,60})\b"),
    Shape("sysexits", N_("an exit status by its name"), "own", r"\b(?P<name>EX_[A-Z]{2,15})\b"),
)

SHAPES = (*_MAIL_SHAPES, *_HTTP_SHAPES, *_OTHER_SHAPES)
"""Every shape, those that say most first."""
