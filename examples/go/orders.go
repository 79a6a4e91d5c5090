package orders

import (
	"errors"
	"fmt"
	"net/http"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

const attempts = 5

// Send sends a message, again after 4yz, never again after 5yz (RFC 5321 section 4.2.1).
func Send(server, recipient string) error {
	var err error
	for range [attempts]struct{}{} {
		err = smtp.SendMail(server, nil, "shop@example.test", []string{recipient},
			[]byte("Subject: Thank you\r\n\r\nIt is on its way.\r\n"))
		var reply *textproto.Error
		if err == nil || errors.As(err, &reply) && reply.Code >= 500 {
			return err
		}
	}
	return fmt.Errorf("still refused after %d attempts: %w", attempts, err)
}

// Order places an order, again while the server says when to come back (RFC 9110 section 10.2.3).
func Order(url string) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := http.Post(url, "application/json", strings.NewReader(`{"article": "b-17"}`))
		if err != nil {
			return nil, err
		}
		wait, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if response.StatusCode < 300 || err != nil || attempt == attempts {
			return response, nil
		}
		response.Body.Close()
		time.Sleep(time.Duration(wait) * time.Second)
	}
}
