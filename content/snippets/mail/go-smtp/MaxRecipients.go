package main

import (
	"flag"
	"io"
	"log"

	"github.com/emersion/go-smtp"
)

type session struct{}

func newSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{}, nil
}

func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	return nil
}

func (s *session) Rcpt(to string, opts *smtp.RcptOptions) error {
	return nil
}

func (s *session) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func (s *session) Reset() {}

func (s *session) Logout() error { return nil }

func main() {
	server := smtp.NewServer(smtp.BackendFunc(newSession))
	server.MaxRecipients = 1
	server.Domain = "mx.example.net"
	flag.StringVar(&server.Addr, "listen", "127.0.0.1:2525", "address and port")
	flag.Parse()
	log.Fatal(server.ListenAndServe())
}
