package orders

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"testing"
)

var statuary *Statuary

func TestMain(m *testing.M) {
	var err error
	if statuary, err = Start(); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if err := statuary.Stop(); err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// must ends a test that cannot go on, or a check that failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheMailerTriesAgainAfter452(t *testing.T) {
	must(t, statuary.Reset())
	must(t, statuary.On(Rule{"protocol": "smtp", "stage": "rcpt", "match": Rule{"recipient": "full@*"},
		"answer": "452 4.2.2 x2 ~ pass"}))
	must(t, Send(statuary.SMTP, "full@any.test"))
	must(t, statuary.Verify(3, Filter{"protocol": "smtp", "stage": "rcpt", "match": Rule{"recipient": "full@any.test"}}))
	messages, err := statuary.Messages("full@any.test")
	must(t, err)
	if len(messages) != 1 || !strings.HasPrefix(messages[0].Content, "Subject: Thank you\r\n") {
		t.Errorf("messages: %q", messages)
	}
}

func TestTheMailerGivesUpAfter551(t *testing.T) {
	must(t, statuary.Reset())
	must(t, statuary.On(Rule{"protocol": "smtp", "stage": "rcpt", "match": Rule{"recipient": "gone@*"},
		"answer": "551 5.1.6"}))
	var reply *textproto.Error
	if err := Send(statuary.SMTP, "gone@any.test"); !errors.As(err, &reply) || reply.Code != 551 {
		t.Errorf("reply: %v", err)
	}
	must(t, statuary.Verify(1, Filter{"protocol": "smtp", "stage": "rcpt", "code": "551"}))
}

func TestTheClientWaitsWhileTheShopIsBusy(t *testing.T) {
	must(t, statuary.Reset())
	must(t, statuary.On(Rule{"protocol": "http",
		"match":   Rule{"method": "POST", "path": "/orders", "json": Rule{"$.article": "b-*"}},
		"answer":  "503x2 ~ 201",
		"headers": Rule{"Retry-After": "0"},
		"json":    Rule{"number": 7}}))
	response, err := Order(statuary.HTTP + "/orders")
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode != http.StatusCreated || string(body) != `{"number": 7}` {
		t.Errorf("response: %s %s", response.Status, body)
	}
	must(t, statuary.Verify(2, Filter{"protocol": "http", "code": "503"}))
}

func TestACheckThatFailsSaysWhatWasSaid(t *testing.T) {
	must(t, statuary.Reset())
	response, err := http.Get(statuary.HTTP + "/status/204")
	must(t, err)
	response.Body.Close()
	err = statuary.Verify(2, Filter{"protocol": "http"})
	if err == nil || !strings.Contains(err.Error(), "expected exactly 2, found 1; seed ") ||
		!strings.Contains(err.Error(), "GET /status/204") {
		t.Errorf("check: %v", err)
	}
}
