# refuse.py, served by: aiosmtpd -n -s 1000 -c refuse.Handler -l 127.0.0.1:8025
class Handler:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 Ok"
