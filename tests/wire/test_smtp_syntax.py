"""`statuary.wire.smtp.syntax`, `address`, `parameters`: what one command line means by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import EXTENSIONS, Command, CommandError, Mailbox, SmtpLimits, decode_xtext
from statuary.wire.smtp.syntax import CommandParser, parse_auth_line, parse_command, parser_for

LIMITS = SmtpLimits()


def parse(line: str, extensions: frozenset[str] = EXTENSIONS, limits: SmtpLimits = LIMITS) -> Command | CommandError:
    return parse_command(line.encode() + b"\r\n", limits, extensions)


def accepted(line: str) -> Command:
    event = parse(line)
    assert isinstance(event, Command), event
    return event


def mailbox(line: str) -> Mailbox:
    path = accepted(line).path
    assert path is not None
    return path


def hints(line: str | bytes, extensions: frozenset[str] = EXTENSIONS) -> tuple[str, int, str]:
    raw = line if isinstance(line, bytes) else line.encode() + b"\r\n"
    event = parse_command(raw, LIMITS, extensions)
    assert isinstance(event, CommandError), event
    assert event.raw == raw
    assert event.problem
    return event.stage, event.reply_hint, event.enhanced_hint


class TestVerbs:
    """RFC 5321 §4.1.1 and the verbs of extensions that are recognised."""

    @pytest.mark.parametrize(
        ("line", "stage", "verb", "argument"),
        [
            ("EHLO client.example", "ehlo", "EHLO", "client.example"),
            ("helo [192.0.2.1]", "ehlo", "HELO", "[192.0.2.1]"),
            ("LHLO x", "lhlo", "LHLO", "x"),
            ("Data", "data", "DATA", ""),
            ("RSET  \t", "rset", "RSET", ""),
            ("NOOP", "noop", "NOOP", ""),
            ("NOOP any  words ", "noop", "NOOP", "any  words"),
            ("HELP mail", "help", "HELP", "mail"),
            ("VRFY Smith", "vrfy", "VRFY", "Smith"),
            ("EXPN list", "expn", "EXPN", "list"),
            ("QUIT", "quit", "QUIT", ""),
            ("STARTTLS", "starttls", "STARTTLS", ""),
            ("AUTH PLAIN Zm9v", "auth", "AUTH", "PLAIN Zm9v"),
            ("BDAT 86 LAST", "bdat", "BDAT", "86 LAST"),
            ("ETRN example.org", "etrn", "ETRN", "example.org"),
            ("ATRN", "atrn", "ATRN", ""),
        ],
    )
    def test_known_verb(self, line: str, stage: str, verb: str, argument: str) -> None:
        """RFC 5321 §2.4: in any case; §4.1.1: trailing white space is passed over."""
        assert accepted(line) == Command(stage, verb, argument, line.encode() + b"\r\n")

    @pytest.mark.parametrize(
        ("line", "stage"),
        [
            ("", "unknown"),
            (" QUIT", "unknown"),
            ("XCLIENT ADDR=192.0.2.1", "xclient"),
            ("MESSAGE", "unknown"),
            ("CONNECT example.org:25 HTTP/1.1", "unknown"),
            ("mail\tFROM:<a@b.test>", "unknown"),
            ("MAıL FROM:<a@b.test>", "unknown"),
            ("\0\0", "unknown"),
            ("x" * 40, "unknown"),
        ],
    )
    def test_unknown_verb(self, line: str, stage: str) -> None:
        """RFC 5321 §4.2.4; a word that names a stage of another kind is not that stage."""
        assert hints(line) == (stage, 500, "5.5.2")

    @pytest.mark.parametrize(
        ("line", "stage"),
        [
            ("EHLO", "ehlo"),
            ("HELO two words", "ehlo"),
            ("EHLO é", "ehlo"),
            ("DATA now", "data"),
            ("RSET now", "rset"),
            ("QUIT now", "quit"),
            ("STARTTLS now", "starttls"),
            ("VRFY", "vrfy"),
            ("EXPN ", "expn"),
            ("AUTH", "auth"),
            ("BDAT", "bdat"),
            ("BDAT -1", "bdat"),
            ("BDAT 5 FIRST", "bdat"),
            ("NOOP a\0b", "noop"),
            ("HELP \x7f", "help"),
            ("NOOP é", "noop"),
            ("MAIL", "mail"),
            ("MAIL <a@b.test>", "mail"),
            ("MAIL FROM <a@b.test>", "mail"),
            ("RCPT FROM:<a@b.test>", "rcpt"),
            ("RCPT TO:<a@b.test>\0", "rcpt"),
        ],
    )
    def test_bad_argument(self, line: str, stage: str) -> None:
        """RFC 5321 §4.3.2: 501."""
        assert hints(line) == (stage, 501, "5.5.4")

    def test_argument_that_is_not_utf8(self) -> None:
        assert hints(b"RCPT TO:<\xe9@b.test>\r\n") == ("rcpt", 501, "5.5.4")

    @pytest.mark.parametrize(("line", "stage"), [(b"DATA\r\r\n", "unknown"), (b"RSET \r\r\n", "rset")])
    def test_carriage_return_inside_a_line(self, line: bytes, stage: str) -> None:
        """RFC 5321 §2.3.8: CR stands before LF only."""
        assert hints(line)[0] == stage

    def test_bare_lf_is_a_policy(self) -> None:
        """RFC 5321 §2.3.8 forbids it, servers commonly take it."""
        assert parse_command(b"NOOP\n", LIMITS, EXTENSIONS) == Command("noop", "NOOP", "", b"NOOP\n")

        strict = parse_command(b"NOOP\n", SmtpLimits(bare_lf_commands=False), EXTENSIONS)
        assert isinstance(strict, CommandError)
        assert (strict.stage, strict.reply_hint, strict.enhanced_hint) == ("noop", 500, "5.5.2")

    def test_lookup_with_smtputf8(self) -> None:
        """RFC 6531 §3.7.4.2."""
        event = accepted("VRFY 用户 smtputf8")
        assert (event.argument, dict(event.parameters)) == ("用户", {"SMTPUTF8": ""})
        assert hints("EXPN 用户") == ("expn", 550, "5.6.7")
        assert hints("VRFY \x85 SMTPUTF8") == ("vrfy", 501, "5.5.4")

    def test_auth_line(self) -> None:
        """RFC 4954 §4: a line inside the exchange is no command."""
        assert parse_auth_line(b"QUIT\r\n") == Command("auth", "", "QUIT", b"QUIT\r\n")
        event = parse_auth_line(b"\0\r\n")
        assert isinstance(event, CommandError)
        assert (event.reply_hint, event.enhanced_hint) == (501, "5.5.2")


class TestPaths:
    """RFC 5321 §4.1.2 and §4.1.3."""

    @pytest.mark.parametrize(
        ("path", "local_part", "domain", "address"),
        [
            ("user@example.org", "user", "example.org", "user@example.org"),
            ("User@localhost", "User", "localhost", "User@localhost"),
            ("a.b+c=d@x-y.example", "a.b+c=d", "x-y.example", "a.b+c=d@x-y.example"),
            ("rcpt452_4.2.2x2~451@any.test", "rcpt452_4.2.2x2~451", "any.test", "rcpt452_4.2.2x2~451@any.test"),
            ('"a b"@any.test', "a b", "any.test", '"a b"@any.test'),
            ('"ab"@any.test', "ab", "any.test", "ab@any.test"),
            (r'"a\"\\\b>@"@any.test', r'a"\b>@', "any.test", r'"a\"\\b>@"@any.test'),
            ('""@any.test', "", "any.test", '""@any.test'),
            ("@one.test,@two.test:user@any.test", "user", "any.test", "user@any.test"),
            ("user@[192.0.2.1]", "user", "[192.0.2.1]", "user@[192.0.2.1]"),
            ("user@[IPv6:2001:db8::1]", "user", "[IPv6:2001:db8::1]", "user@[IPv6:2001:db8::1]"),
            ("user@[x-tag:any]", "user", "[x-tag:any]", "user@[x-tag:any]"),
        ],
    )
    def test_well_formed(self, path: str, local_part: str, domain: str, address: str) -> None:
        assert mailbox(f"RCPT TO:<{path}>") == Mailbox(local_part, domain, address, path)
        assert mailbox(f"MAIL FROM:<{path}>") == Mailbox(local_part, domain, address, path)

    @pytest.mark.parametrize(
        "path",
        [
            "user",
            "@any.test",
            "user@",
            "us er@any.test",
            ".user@any.test",
            "us..er@any.test",
            "user.@any.test",
            "a@b@any.test",
            "user@any..test",
            "user@any.test.",
            "user@under_score.test",
            "user@-any.test",
            "user@any-.test",
            "user@" + "x" * 64 + ".test",
            "user@" + "x." * 127 + "xx",
            "u" * 513 + "@any.test",
            "(comment)user@any.test",
            '"user@any.test',
            '"us"er"@any.test',
            '"user"any.test',
            r'"a\é"@any.test',
            '"postmaster"x',
            "@one.test:",
            "@one.test,two.test:user@any.test",
            "@one.test",
            "user@[192.0.2.256]",
            "user@[192.0.2]",
            "user@[IPv6:2001:db8::1%eth0]",
            "user@[IPv6:1:2]",
            "user@[]",
            "user@[192.0.2.1",
            "user\\@any.test",
        ],
    )
    def test_not_well_formed(self, path: str) -> None:
        """RFC 5321 §4.1.2: 501, with X.1.7 for a sender and X.1.3 for a recipient (RFC 3463 §3.2)."""
        assert hints(f"MAIL FROM:<{path}>") == ("mail", 501, "5.1.7")
        assert hints(f"RCPT TO:<{path}>") == ("rcpt", 501, "5.1.3")

    @pytest.mark.parametrize("text", ["", "user@any.test", "<user@any.test", "user@any.test>", '<"user>'])
    def test_brackets_are_required(self, text: str) -> None:
        assert hints(f"RCPT TO:{text}") == ("rcpt", 501, "5.1.3")

    def test_null_path_is_for_senders(self) -> None:
        """RFC 5321 §4.5.5."""
        assert mailbox("MAIL FROM:<>") == Mailbox("", "", "", "")
        assert hints("RCPT TO:<>") == ("rcpt", 501, "5.1.3")

    def test_postmaster_without_domain_is_for_recipients(self) -> None:
        """RFC 5321 §4.1.1.3."""
        assert mailbox("RCPT TO:<PostMaster>") == Mailbox("PostMaster", "", "PostMaster", "PostMaster")
        assert hints("MAIL FROM:<postmaster>") == ("mail", 501, "5.1.7")

    def test_space_after_the_colon_is_passed_over(self) -> None:
        """RFC 5321 §3.3 forbids it; clients send it."""
        assert mailbox("mail from:  <a@b.test>").address == "a@b.test"
        assert mailbox("rcpt to: <a@b.test>").address == "a@b.test"

    def test_address_beyond_ascii_needs_smtputf8(self) -> None:
        """RFC 6531 §3.5: 550 for MAIL, 553 for RCPT."""
        plain = EXTENSIONS - {"SMTPUTF8"}
        assert hints("MAIL FROM:<用户@例え.test>") == ("mail", 550, "5.6.7")
        assert hints("MAIL FROM:<用户@例え.test> SIZE=1") == ("mail", 550, "5.6.7")
        assert hints("MAIL FROM:<用户@例え.test>", plain) == ("mail", 550, "5.6.7")
        assert hints("RCPT TO:<用户@例え.test>", plain) == ("rcpt", 553, "5.6.7")
        assert mailbox("MAIL FROM:<用户@例え.test> SMTPUTF8").address == "用户@例え.test"
        assert mailbox('RCPT TO:<"用 户"@例え.test>').local_part == "用 户"

    def test_lengths_count_octets(self) -> None:
        limits = SmtpLimits(max_local_part_octets=3, max_domain_octets=10)
        assert isinstance(parse("RCPT TO:<éa@x.example>", limits=limits), Command)
        assert isinstance(parse("RCPT TO:<éé@x.example>", limits=limits), CommandError)
        assert isinstance(parse("RCPT TO:<a@xx.exampl>", limits=limits), Command)
        assert isinstance(parse("RCPT TO:<a@éé.exampl>", limits=limits), CommandError)

    @given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
    def test_any_local_part_survives_quoting(self, local_part: str) -> None:
        """RFC 5321 §4.1.2: quoted-pairSMTP."""
        quoted = "".join(f"\\{char}" if char in '"\\' else char for char in local_part)
        first = mailbox(f'RCPT TO:<"{quoted}"@any.test>')
        again = mailbox(f"RCPT TO:<{first.address}>")

        assert first.local_part == local_part == again.local_part
        assert first.address == again.address


class TestParameters:
    """RFC 5321 §4.1.1.11, RFC 1870, RFC 6152, RFC 6531, RFC 3461."""

    def test_keywords_are_upper_case_and_values_as_sent(self) -> None:
        event = accepted("MAIL FROM:<a@b.test>  size=1000 Body=8bitmime SMTPUTF8 RET=hdrs ENVID=QQ+2B1")
        assert dict(event.parameters) == {
            "SIZE": "1000",
            "BODY": "8bitmime",
            "SMTPUTF8": "",
            "RET": "hdrs",
            "ENVID": "QQ+2B1",
        }
        event = accepted("RCPT TO:<a@b.test> NOTIFY=Success,DELAY ORCPT=rfc822;Bob+40b.test")
        assert dict(event.parameters) == {"NOTIFY": "Success,DELAY", "ORCPT": "rfc822;Bob+40b.test"}
        assert decode_xtext("Bob+40b.test") == "Bob@b.test"

    @pytest.mark.parametrize(
        "rest",
        [
            "NOTIFY=NEVER",
            "NOTIFY=SUCCESS,FAILURE,DELAY",
            "ORCPT=rfc822;",
            "ORCPT=utf-8;user\\x{5C}@any.test",
            "ORCPT=UTF-8;用户@any.test",
            "ORCPT=rfc822;" + "x" * 493,
        ],
    )
    def test_good_recipient_parameter(self, rest: str) -> None:
        """RFC 3461 §4, RFC 6533 §3."""
        keyword, _, value = rest.partition("=")
        assert dict(accepted(f"RCPT TO:<a@b.test> {rest}").parameters) == {keyword: value}

    @pytest.mark.parametrize(
        "rest",
        [
            "SIZE",
            "SIZE=",
            "SIZE=-1",
            "SIZE=1k",
            "SIZE=²",
            "SIZE=" + "1" * 21,
            "SIZE=1 SIZE=1",
            "BODY",
            "BODY=7",
            "SMTPUTF8=yes",
            "RET",
            "RET=ALL",
            "ENVID",
            "ENVID=a+2",
            "ENVID=a+2b",
            "ENVID=a+00",
            "ENVID=a+FF",
            "ENVID=" + "x" * 101,
            "ENVID=a=b",
            "-X=1",
            "=1",
            "SIZE=a\x7f",
        ],
    )
    def test_bad_sender_parameter(self, rest: str) -> None:
        """RFC 3461 §5.1 (a): 501 for a value that is not valid and for one that stands twice."""
        assert hints(f"MAIL FROM:<a@b.test> SMTPUTF8 {rest}".replace(" SMTPUTF8 SMTPUTF8", " SMTPUTF8")) == (
            "mail",
            501,
            "5.5.4",
        )

    @pytest.mark.parametrize(
        "rest",
        [
            "NOTIFY",
            "NOTIFY=NEVER,DELAY",
            "NOTIFY=,",
            "NOTIFY=SOMETIMES",
            "NOTIFY=NEVER NOTIFY=NEVER",
            "ORCPT",
            "ORCPT=a@b.test",
            "ORCPT=;a",
            "ORCPT=rfc822;a+4",
            "ORCPT=utf-8;",
            "ORCPT=utf-8;\\x{5c",
            "ORCPT=rfc822;é",
            "ORCPT=rfc822;" + "x" * 494,
        ],
    )
    def test_bad_recipient_parameter(self, rest: str) -> None:
        """RFC 3461 §5.1 (b)."""
        assert hints(f"RCPT TO:<a@b.test> {rest}") == ("rcpt", 501, "5.5.4")

    def test_parameters_need_a_space_before_them(self) -> None:
        assert hints("MAIL FROM:<a@b.test>SIZE=1") == ("mail", 501, "5.5.4")

    @pytest.mark.parametrize(
        "line",
        [
            "MAIL FROM:<a@b.test> X-OWN=1",
            "MAIL FROM:<a@b.test> NOTIFY=NEVER",
            "MAIL FROM:<a@b.test> MT-PRIORITY=3",
            "RCPT TO:<a@b.test> SIZE=1",
        ],
    )
    def test_parameter_that_is_not_known(self, line: str) -> None:
        """RFC 5321 §4.1.1.11: 555."""
        assert hints(line)[1:] == (555, "5.5.4")

    @pytest.mark.parametrize(
        ("rest", "extension"),
        [
            ("SIZE=1", "SIZE"),
            ("BODY=7BIT", "8BITMIME"),
            ("SMTPUTF8", "SMTPUTF8"),
            ("RET=FULL", "DSN"),
            ("ENVID=x", "DSN"),
            ("AUTH=<>", "AUTH"),
            ("PRDR", "PRDR"),
        ],
    )
    def test_parameter_belongs_to_its_extension(self, rest: str, extension: str) -> None:
        line = f"MAIL FROM:<a@b.test> {rest}"
        assert hints(line, frozenset()) == ("mail", 555, "5.5.4")
        assert isinstance(parse(line, frozenset({extension})), Command)

    def test_auth_parameter_is_xtext(self) -> None:
        """RFC 4954 §5."""
        assert hints("MAIL FROM:<a@b.test> AUTH=a+4", frozenset({"AUTH"})) == ("mail", 501, "5.5.4")

    def test_binarymime_is_not_offered(self) -> None:
        """RFC 3030 §3; RFC 5321 §4.2.4: a known parameter value that is not implemented."""
        offered = frozenset({"8BITMIME"})
        assert hints("MAIL FROM:<a@b.test> BODY=BINARYMIME", offered) == ("mail", 504, "5.5.4")
        assert isinstance(parse("MAIL FROM:<a@b.test> BODY=BINARYMIME"), Command)

    def test_declared_size_over_the_limit(self) -> None:
        """RFC 1870 §6.1."""
        most = LIMITS.max_message_octets
        assert isinstance(parse(f"MAIL FROM:<a@b.test> SIZE={most}"), Command)
        assert hints(f"MAIL FROM:<a@b.test> SIZE={most + 1}") == ("mail", 552, "5.3.4")


class TestParser:
    def test_latest_lines_are_remembered_within_bounds(self) -> None:
        parser = CommandParser(LIMITS, EXTENSIONS)
        first = parser.parse(b"NOOP\r\n")
        assert parser.latest == {b"NOOP\r\n": first}

        parser.parse(b"NOOP " + b"x" * 300 + b"\r\n")
        assert len(parser.latest) == 1
        for number in range(3000):
            parser.parse(b"NOOP %d\r\n" % number)
            assert len(parser.latest) <= 1024

    def test_sessions_share_a_parser_only_with_equal_settings(self) -> None:
        assert parser_for(SmtpLimits(), EXTENSIONS) is parser_for(SmtpLimits(), EXTENSIONS)
        assert parser_for(SmtpLimits(), frozenset()) is not parser_for(SmtpLimits(), EXTENSIONS)

    @given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
    def test_any_line_is_a_command_or_an_error(self, line: bytes) -> None:
        for verb in (
            b"",
            b"MAIL FROM:",
            b"RCPT TO:<",
            b"MAIL FROM:<a@b.test> ",
            b"RCPT TO:<a@b.test> ORCPT=",
            b"VRFY ",
        ):
            raw = verb + line.replace(b"\n", b"") + b"\r\n"
            event = parse_command(raw, LIMITS, EXTENSIONS)
            assert event.raw == raw
            assert isinstance(event, Command) or 500 <= event.reply_hint <= 555
